"""What becomes of a value: hashed, dropped, masked, truncated or kept.

    hash      p1.<kid>.…: the same person stays the same person, nobody reads who
    drop      the field goes; inside a text `:redacted` stands in its place
    mask      a little of it stays, for support desks: 138****8000, a***@example.com
    truncate  only what analysis needs: /24 of an address, the year of a birthday, the city of an address
    keep      untouched, and counted

Where masking or truncating a class would leave nothing useful, or too much, the value is dropped.
"""

import ipaddress
import re

from consent.pii.checks import digits_of
from consent.pii.hashing import Key, pseudonym
from consent.pii.model import CLASSES, Action
from consent.pii.urls import REDACTED

_YEAR = re.compile(r"(?:19|20)\d{2}")
_CITY = re.compile(r"^(?:[\u4e00-\u9fff]{2,8}?(?:省|自治区))?[\u4e00-\u9fff]{2,7}?(?:市|自治州)")


def acted(cls: str, action: Action, value: str, key: Key) -> str | None:
    """The text that takes the value's place; None if nothing may."""
    if action == "keep":
        return value
    if action == "hash":
        return pseudonym(key, CLASSES[cls].kind, value)
    if action == "mask":
        return masked(cls, value)
    if action == "truncate":
        return truncated(cls, value)
    return None


def masked(cls: str, value: str) -> str | None:
    """At most the ends of a value; None where even those say too much."""
    if cls == "email":
        local, _, domain = value.rpartition("@")
        return f"{local[:1]}***@{domain}"
    if cls in ("phone", "card", "bank"):
        digits = digits_of(value)
        return f"{digits[:3] if cls == 'phone' else ''}****{digits[-4:]}" if len(digits) >= 8 else None
    if cls in ("id", "permit", "passport", "plate"):
        return f"{value[:1]}****{value[-2:]}" if len(value) >= 6 else None
    if cls == "name":
        return f"{value[:1]}*"
    return truncated("ip", value) if cls == "ip" else None


def truncated(cls: str, value: str) -> str | None:
    """The coarse form of a value, for classes that have one."""
    if cls == "ip":
        try:
            address = ipaddress.ip_address(value.strip())
        except ValueError:
            return None
        bits = 24 if address.version == 4 else 48
        return str(ipaddress.ip_network(f"{address}/{bits}", strict=False).network_address)
    if cls == "birthday":
        if year := _YEAR.search(value):
            return year[0]
        digits = digits_of(value)
        if len(digits) in (1, 2, 3) and int(digits) < 120:
            decade = int(digits) // 10 * 10
            return f"{decade}-{decade + 9}"
        return None
    if cls == "address":
        city = _CITY.match(value)
        return city[0] if city else None
    if cls == "phone" and value.startswith("+86"):
        return "+86"
    return None


__all__ = ["REDACTED", "acted", "masked", "truncated"]
