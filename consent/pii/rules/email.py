"""Mail addresses (RFC 5321 lengths; letters of any script, RFC 6531).

Found from the `@` outwards by bounded repeats, so that a page of letters costs no more than its length. An icon named
`logo@2x.png` is none: the domain must end in letters that no file has.
"""

import re

from consent.pii.model import Rule

_FILES = frozenset(
    {"png", "jpg", "jpeg", "gif", "svg", "webp", "css", "js", "mjs", "ts", "json", "html", "ico", "avif"}
)
_PATTERN = re.compile(
    r"(?<![\w.+-])(?P<v>[\w.!#$&'*+?^`{|}~-]{1,64}@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,5}[^\W\d_]{2,24})(?![\w-])"
)


def _valid(value: str) -> bool:
    local, _, domain = value.rpartition("@")
    return domain.rpartition(".")[2].lower() not in _FILES and not local.startswith(".") and ".." not in domain


RULE = Rule("email", "email", r"@", _PATTERN, _valid, anchor="@")
