"""Mail addresses (RFC 5321 lengths; letters of any script, RFC 6531).

Found from the `@` outwards by bounded repeats, so that a page of letters costs no more than its length. An icon named
`logo@2x.png` is none: the domain must end in letters that no file has.
"""

import re
from string import ascii_letters, digits

from consent.pii.model import Rule

_FILES = frozenset(
    {"png", "jpg", "jpeg", "gif", "svg", "webp", "css", "js", "mjs", "ts", "json", "html", "ico", "avif"}
)
# No Han in the local part: in 我的邮箱是ada@… the sentence runs into the address without a blank
_LOCAL = r"(?:(?![\u2e80-\u9fff])[\w.!#$&'*+?^`{|}~-]){1,64}"
_TOP = r"(?:[A-Za-z]{2,24}|xn--[A-Za-z0-9-]{2,40}|[\u4e00-\u9fff]{2,4})"
_PATTERN = re.compile(
    rf"(?<![A-Za-z0-9_.+-])(?P<v>{_LOCAL}@(?:[^\W_](?:[\w-]{{0,61}}[^\W_])?\.){{1,5}}{_TOP})(?![A-Za-z0-9_-])"
)


def _valid(value: str) -> bool:
    local, _, domain = value.rpartition("@")
    return domain.rpartition(".")[2].lower() not in _FILES and not local.startswith(".") and ".." not in domain


_ASCII_LOCAL = f"{ascii_letters}{digits}_.!#$&'*+?^`{{|}}~-"
RULE = Rule("email", "email", r"@", _PATTERN, _valid, anchor="@", before_anchor=_ASCII_LOCAL)
