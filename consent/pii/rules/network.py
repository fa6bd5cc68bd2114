"""Network addresses. The default keeps /24 of IPv4 and /48 of IPv6, as for the address of the request itself."""

import ipaddress
import re

from consent.pii.model import Context, Rule

# 1.2.3.4 is a version as often as an address
_NO = re.compile(r"version|\bver\b|\bv$|release|build|版本|固件|firmware|sdk", re.I)


def _v4(value: str) -> bool:
    return all(len(part) < 4 and int(part) < 256 for part in value.split(".")) and not value.startswith("0.")


def _v6(value: str) -> bool:
    try:
        address = ipaddress.IPv6Address(value)
    except ValueError:
        return False
    return value.count(":") >= 3 and not address.is_loopback and not address.is_unspecified


IPV4 = Rule(
    "ipv4", "ip", r"(?:^|[^0-9.])[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}(?:[^0-9.]|\.[^0-9]|\.?$)",
    re.compile(r"(?<![\w.])(?P<v>\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3})(?![\w-]|\.\d)", re.A), _v4, Context(never=_NO),
)  # fmt: skip
IPV6 = Rule(
    "ipv6", "ip", r"(?i)[0-9a-f]{1,4}:[0-9a-f]{0,4}:[0-9a-f]{0,4}:",
    re.compile(r"(?<![\w:.])(?P<v>[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{0,4}){3,7})(?![\w:])", re.A), _v6,
)  # fmt: skip
