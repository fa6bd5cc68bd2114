"""Mail addresses (RFC 5321 lengths; letters of any script, RFC 6531).

Found from the `@` outwards by bounded repeats, so that a page of letters costs no more than its length. An icon named
`logo@2x.png` is none: the domain must end in letters that no file has. The address begins with a letter or digit: dots,
brackets and quotes before it are the sentence's.
"""

import re

from consent.pii.model import Rule

_FILES = frozenset(
    {"png", "jpg", "jpeg", "gif", "svg", "webp", "css", "js", "mjs", "ts", "json", "html", "ico", "avif"}
)
# No Han in the local part: in 我的邮箱是ada@… the sentence runs into the address without a blank
_LOCAL = r"(?![\u2e80-\u9fff])\w(?:(?![\u2e80-\u9fff])[\w.!#$&'*+?^`{|}~-]){0,63}"
_TOP = r"(?:[A-Za-z]{2,24}|xn--[A-Za-z0-9-]{2,40}|[\u4e00-\u9fff]{2,4})"
_PATTERN = re.compile(
    rf"(?<![A-Za-z0-9_])(?P<v>{_LOCAL}@(?:[^\W_](?:[\w-]{{0,61}}[^\W_])?\.){{1,5}}{_TOP})(?![A-Za-z0-9_-])"
)
# What is left of it where no Han can stand. Of a text in ASCII it says the same: a test compares them
_ASCII = re.compile(
    r"(?<![A-Za-z0-9_])(?P<v>\w[\w.!#$&'*+?^`{|}~-]{0,63}@(?:[A-Za-z0-9](?:[\w-]{0,61}[A-Za-z0-9])?\.){1,5}"
    r"(?:[A-Za-z]{2,24}|xn--[A-Za-z0-9-]{2,40}))(?![A-Za-z0-9_-])",
    re.A,
)


def _valid(value: str) -> bool:
    return value[value.rfind(".") + 1 :].lower() not in _FILES


RULE = Rule("email", "email", r"@", _PATTERN, _valid, anchor="@", ascii=_ASCII)
