"""US social security and individual taxpayer numbers (SSA: no area 000, 666, 9xx; IRS: an ITIN begins with 9)."""

import re

from consent.pii.checks import digits_of
from consent.pii.model import Context, Rule

WORDS = re.compile(r"\bssn\b|ssn$|social ?sec|\bitin\b|taxpayer|tax ?id|社会安全|社安", re.I)
_NO = re.compile(r"sku|part|model|order|item|serial|ref|货号|型号|编号|订单|单号", re.I)
# Numbers printed on sample cards and in advertisements: nobody's
_FAMOUS = frozenset({"078051120", "219099999", "123456789", "457555462"})


def _valid(value: str) -> bool:
    digits = digits_of(value)
    area, group, serial = digits[:3], digits[3:5], digits[5:]
    if area in ("000", "666") or group == "00" or serial == "0000" or digits in _FAMOUS:
        return False
    # ITIN groups: 50-65, 70-88, 90-92, 94-99
    return area[0] != "9" or ("50" <= group <= "99" and group not in ("89", "93") and not "66" <= group <= "69")


RULE = Rule(
    "ssn", "ssn", r"(?:^|[^0-9])[0-9]{3}[\- ][0-9]{2}[\- ][0-9]{4}(?:[^0-9]|$)",
    re.compile(r"(?<![\w.-])(?P<v>\d{3}([- ])\d{2}\2\d{4})(?![\w-]|\.\d)", re.A), _valid, Context(never=_NO),
)  # fmt: skip
BARE = Rule(
    "ssn_bare", "ssn", r"(?i)ssn|social ?sec|itin|taxpayer|tax ?id|社会安全|社安",
    re.compile(r"(?<![\w.-])(?P<v>\d{9})(?![\w-]|\.\d)", re.A), _valid, Context(needs=WORDS), by_word=True,
)  # fmt: skip
