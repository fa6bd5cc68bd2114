"""Chinese resident ids: 18 characters by GB 11643-1999 (province, birthday, MOD 11-2), and 15 digits of the old form.

Of random 18-digit numbers some two in a million pass province, date and check digit, so the form needs no context; the
old one has no check digit and does.
"""

import re

from consent.pii.checks import is_date, mod11_2
from consent.pii.model import Context, Rule

WORDS = re.compile(r"身份证|身份證|证件|idcard|id ?card|id ?number|\bid no|national ?id|resident id|citizen", re.I)
# GB/T 2260: the first two digits of a province
PROVINCES = frozenset(
    [
        "11",
        "12",
        "13",
        "14",
        "15",
        "21",
        "22",
        "23",
        "31",
        "32",
        "33",
        "34",
        "35",
        "36",
        "37",
        "41",
        "42",
        "43",
        "44",
        "45",
        "46",
        "50",
        "51",
        "52",
        "53",
        "54",
        "61",
        "62",
        "63",
        "64",
        "65",
        "71",
        "81",
        "82",
        "83",
    ]
)


def _valid(value: str) -> bool:
    plain = value.replace(" ", "").replace("-", "")
    return plain[:2] in PROVINCES and is_date(plain[6:14]) and mod11_2(plain)


def _valid_old(value: str) -> bool:
    return value[:2] in PROVINCES and is_date("19" + value[6:12])


RULE = Rule(
    "cn_id", "id",
    r"(?:^|[^0-9])[1-8][0-9]{5}[ \-]?(?:19|20)[0-9]{6}[ \-]?[0-9]{3}[0-9Xx]",
    re.compile(r"(?<!\d)(?P<v>[1-8]\d{5}[ -]?(?:19|20)\d{6}[ -]?\d{3}[\dXx])(?![\dA-Za-z])", re.A), _valid,
)  # fmt: skip
OLD = Rule(
    "cn_id_15", "id",
    r"(?:^|[^0-9])[1-8][0-9]{14}(?:[^0-9]|$)",
    re.compile(r"(?<!\d)(?P<v>[1-8]\d{14})(?!\d)", re.A), _valid_old, Context(needs=WORDS),
)  # fmt: skip
