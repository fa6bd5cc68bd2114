"""What an HTTP request says about the person, for the scope of the events tracked while it is answered.

So that a server's events join the browser's, two first-party cookies of the web SDK are read:
`fh.<write key of the web source>.id` is the anonymous id, `fh.<write key>.consent` names what was granted, with a dot
between. No such cookie: nothing was granted, or nobody was asked; then no choice is known here, and the
client's `consent_resolver` and `consent_policy` have the word. A site that keeps choices in a cookie of its own
(`consent_cookie`, JSON such as `{"analytics":true}`, percent-encoded) or elsewhere (`consent`, a function) says so, and
then only that counts. `Sec-GPC: 1` is always taken over. The browser's session is in no cookie: a page that calls the
server by script may send it (`X-Firsthand-Session: firsthand.getSessionId()`).

Header fields are what anybody may write: `X-Forwarded-*` counts only when the peer is one of `trusted_proxies`, and
then from the right, because a proxy appends and a client may have begun the list. An IP address is sent only when
asked for (`ip=True`), and cut to /24 or /48. Of the page's address the scrubber leaves what analysis needs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Callable, NamedTuple, Optional
from urllib.parse import unquote

from firsthand.scope import LazyScope, Scope, scope

Header = Callable[[str], Optional[str]]
_WEB_COOKIE = re.compile(r"fh\.(.+)\.(?:id|consent)")
_PURPOSES = re.compile(r"[\w-]{1,64}(?:\.[\w-]{1,64}){0,63}", re.A)
_SESSION = re.compile(r"(?=\D*\d)[\w-]{8,100}", re.A)
_TRACEPARENT = re.compile(r"\s*[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}")
_MAX_COOKIES = 16 * 1024  # more than any browser sends
_MAX_AGENT = 1_024
_MAX_ID = 100


class Request(NamedTuple):
    """What a framework's request has in common with every other. `native` is its own object, for the site's
    functions."""

    header: Header
    scheme: str
    host: str
    path: str
    query: str
    peer: str | None
    native: Any


class RequestScopes:
    """Makes scopes. Built once, so that misuse (a network that is none) is told at start and not in a request."""

    def __init__(
        self,
        *,
        web_key: str | None = None,
        consent_cookie: str = "",
        consent: Callable[[Any], Mapping[str, bool] | None] | None = None,
        user_id: Callable[[Any], Any] | None = None,
        trusted_proxies: Sequence[str] = (),
        ip: bool = False,
        page: bool = True,
        trace: bool = False,
    ) -> None:
        """`consent` and `user_id` get the framework's request. Raises ValueError for a network that is none."""
        import ipaddress

        self._web_key, self._consent_cookie = web_key, consent_cookie
        self._consent, self._user_id = consent, user_id
        self._proxies = [ipaddress.ip_network(network) for network in trusted_proxies]
        self._ip, self._page, self._trace = ip, page, trace

    def lazy(self, request: Callable[[], Request]) -> Scope:
        """A scope that is made when an event asks for it."""
        return LazyScope(lambda: self.of(request()))

    def of(self, request: Request) -> Scope:
        header, trusted = request.header, self._is_trusted(request.peer)
        cookies = _cookies(header("cookie") or "")
        entries: dict[str, Any] = {
            "userAgent": (header("user-agent") or "")[:_MAX_AGENT] or None,
            "locale": (header("accept-language") or "").partition(",")[0].partition(";")[0].strip()[:35] or None,
            "sessionId": _session(header("x-firsthand-session")),
            "gpc": True if (header("sec-gpc") or "").strip() == "1" else None,
        }
        if self._page:
            entries["page"] = _page(request, trusted)
        if self._ip:
            entries["ip"] = _cut(self.client_ip(header("x-forwarded-for"), request.peer))
        if self._trace:
            entries["trace"] = _trace(header("traceparent"))
        key = self._web_key or _only_key(cookies)
        return scope(
            user_id=None if self._user_id is None else self._user_id(request.native),
            anonymous_id=_id(cookies.get(f"fh.{key}.id")),
            consent=self._choices(request.native, cookies, cookies.get(f"fh.{key}.consent")),
            context={name: value for name, value in entries.items() if value is not None},
        )

    def client_ip(self, forwarded: str | None, peer: str | None) -> str | None:
        """The first address from the right that is no trusted proxy's; the peer's if it is not trusted itself."""
        if not self._is_trusted(peer):
            return peer
        for entry in reversed((forwarded or "").split(",")):
            address = _bare(entry)
            if address is None:
                break  # "unknown", an obfuscated name, rubbish: nothing left of it can be believed
            peer = address
            if not self._is_trusted(address):
                break
        return peer

    def _is_trusted(self, peer: str | None) -> bool:
        if not self._proxies or peer is None:
            return False
        import ipaddress

        try:
            address = ipaddress.ip_address(peer)
        except ValueError:
            return False  # a Unix socket has no address
        mapped = getattr(address, "ipv4_mapped", None) or address
        return any(mapped in network for network in self._proxies)

    def _choices(self, native: Any, cookies: Mapping[str, str], granted: str | None) -> Mapping[str, bool] | None:
        """`granted`: what the web SDK's cookie says."""
        if self._consent is not None:
            return self._consent(native)
        if not self._consent_cookie:
            return dict.fromkeys(granted.split("."), True) if granted and _PURPOSES.fullmatch(granted) else None
        try:
            choices = json.loads(unquote(cookies.get(self._consent_cookie, "")))
        except (ValueError, RecursionError):
            return None
        # what is neither yes nor no is no choice
        return {k: v for k, v in choices.items() if isinstance(v, bool)} if isinstance(choices, dict) else None


def _only_key(names: Iterable[str]) -> str | None:
    """The write key in the names of the web SDK's cookies, None if there are two: guessing would join two persons."""
    keys = {match[1] for match in map(_WEB_COOKIE.fullmatch, names) if match}
    return keys.pop() if len(keys) == 1 else None


def _id(text: str | None) -> str | None:
    """An id that a browser sent; None if it is none that an SDK of ours makes."""
    return text if text and len(text) <= _MAX_ID else None


def _session(text: str | None) -> str | None:
    """A session that a page sent; a script that knows none says `null` or `undefined`, which is not one."""
    return text if text and _SESSION.fullmatch(text) else None


def _cookies(header: str) -> dict[str, str]:
    """The first of each name, as browsers order them: the most specific path first (RFC 6265 §5.4)."""
    found: dict[str, str] = {}
    for part in header[:_MAX_COOKIES].split(";"):
        name, equals, value = part.strip().partition("=")
        if equals:
            found.setdefault(name, value.strip('"'))
    return found


def _page(request: Request, trusted: bool) -> dict[str, str]:
    scheme, host = request.scheme, request.host
    if trusted:
        scheme = (request.header("x-forwarded-proto") or scheme).rpartition(",")[2].strip()
        host = (request.header("x-forwarded-host") or host).rpartition(",")[2].strip()
    search = f"?{request.query}" if request.query else ""
    page = {"url": f"{scheme}://{host}{request.path}{search}", "path": request.path}
    if search:
        page["search"] = search
    referrer = request.header("referer")
    if referrer:
        page["referrer"] = referrer
    return page


def _bare(entry: str) -> str | None:
    """`10.0.0.1:80`, `[::1]:80`, `::1` → the address alone; None if it is none."""
    import ipaddress

    text = entry.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return None


def _cut(ip: str | None) -> str | None:
    """/24 of an IPv4 address, /48 of an IPv6 one."""
    import ipaddress

    try:
        address = ipaddress.ip_address(ip or "")
    except ValueError:
        return None
    address = getattr(address, "ipv4_mapped", None) or address
    return str(ipaddress.ip_network((address, 24 if address.version == 4 else 48), strict=False).network_address)


def _trace(traceparent: str | None) -> dict[str, str] | None:
    """The span that OpenTelemetry has here, else the caller's (W3C Trace Context §3.2)."""
    from firsthand.integrations.opentelemetry import trace_entries

    found: dict[str, str] | None = trace_entries().get("trace")
    if found is not None:
        return found
    match = _TRACEPARENT.match(traceparent or "")
    return {"traceId": match[1], "spanId": match[2]} if match else None
