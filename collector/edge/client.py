"""Who is at the other end: the client's address, as far as it can be believed, and its truncated form.

`X-Forwarded-For` is read only if the connection comes from a trusted proxy, from the right, and only as far as the
addresses are trusted proxies themselves: the first other one is the client. Whatever stands left of it, the client
may have written.
"""

import ipaddress
from collections.abc import Sequence
from functools import lru_cache

from collector.protocol import cacheable

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class ClientAddress:
    """`(peer, forwarded) -> (address, truncated)`, cached. Both None if there is no usable address."""

    def __init__(self, trusted: Sequence[str]) -> None:
        """`trusted`: addresses or networks. Raises ValueError naming one that is neither."""
        self._trusted = tuple(ipaddress.ip_network(t, strict=False) for t in trusted)
        self._cached = lru_cache(16_384)(self._resolve)

    def of(self, peer: str, forwarded: str) -> tuple[str | None, str | None]:
        # A client may have written the header: a long one must not fill the cache
        look = self._cached if not forwarded or cacheable(forwarded) else self._resolve
        return look(peer, forwarded)

    @property
    def reads_forwarded(self) -> bool:
        return bool(self._trusted)

    def _resolve(self, peer: str, forwarded: str) -> tuple[str | None, str | None]:
        address = _parse(peer)
        if forwarded and address is not None and self._is_trusted(address):
            for hop in reversed(forwarded.split(",")):
                found = _parse(_without_port(hop.strip()))
                if found is None:
                    return (
                        None,
                        None,
                    )  # a trusted proxy passed on something else: better none than a wrong one
                address = found
                if not self._is_trusted(found):
                    break
        return (None, None) if address is None else (str(address), truncate(address))

    def _is_trusted(self, address: Address) -> bool:
        return any(address.version == n.version and address in n for n in self._trusted)


def truncate(address: Address) -> str:
    """The network that is kept: /24 of IPv4, /48 of IPv6.

    >>> truncate(ipaddress.ip_address("203.0.113.77"))
    '203.0.113.0'
    """
    prefix = 24 if address.version == 4 else 48
    return str(ipaddress.ip_network((address, prefix), strict=False).network_address)


def _parse(text: str) -> Address | None:
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped or address


def _without_port(hop: str) -> str:
    if hop.startswith("["):  # [2001:db8::1]:443
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop
