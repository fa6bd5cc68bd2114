"""Payment cards: issuer's prefix, length and Luhn (ISO/IEC 7812). Each tenth number passes Luhn alone, also of clocks in
milliseconds; with prefix and length it is one in forty. Grouped in fours, or beside a word, that is enough; a bare run
under a name that says order or parcel is not taken.
"""

import re

from consent.pii.checks import digits_of, luhn
from consent.pii.model import Context, Rule

WORDS = re.compile(r"card|visa|master|amex|union ?pay|\bpay\b|payment|debit|credit|银行|卡|银联|付款|支付", re.I)
# prefix (as a regular expression over the digits) → lengths in use
_ISSUERS = (
    (re.compile(r"4"), (13, 16, 19)),
    (re.compile(r"5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720"), (16,)),
    (re.compile(r"3[47]"), (15,)),
    (re.compile(r"62|81"), (16, 17, 18, 19)),
    (re.compile(r"35(?:2[89]|[3-8])"), (16,)),
    (re.compile(r"6011|64[4-9]|65"), (16, 19)),
    (re.compile(r"30[0-5]|36|38|39"), (14, 16)),
    (re.compile(r"220[0-4]"), (16, 19)),
)


def _valid(value: str) -> bool:
    digits = digits_of(value)
    fits = any(len(digits) in lengths and prefix.match(digits) for prefix, lengths in _ISSUERS)
    return fits and len(set(digits)) > 1 and luhn(digits)


def _grouped(value: str) -> bool:
    return re.fullmatch(r"\d{4}([ -])\d{4}\1\d{4}\1\d{2,4}(?:\1\d{1,3})?|\d{4}([ -])\d{6}\2\d{4,5}", value) is not None


RULE = Rule(
    "card", "card", r"(?:^|[^0-9])[2-68][0-9]{3}[ \-]?[0-9]{2}(?:[ \-]?[0-9]){7,13}(?:[^0-9]|$)",
    re.compile(r"(?<![\w.-])(?P<v>[2-68]\d{3}(?:[ -]?\d){9,15})(?![\w-]|\.\d)", re.A), _valid, Context(needs=WORDS), _grouped,
)  # fmt: skip
