"""Bank accounts: IBAN by ISO 13616 (country's length, mod 97), other accounts only beside a word that says so."""

import re

from consent.pii.checks import mod97
from consent.pii.model import Context, Rule

WORDS = re.compile(
    r"账号|帐号|账户|帐户|卡号|开户|对公|收款|acct|account ?(?:no|num|#)|bank ?account|routing|sort ?code|\biban\b",
    re.I,
)
_LENGTHS = {
    "AD": 24, "AE": 23, "AT": 20, "BE": 16, "BG": 22, "BH": 22, "CH": 21, "CY": 28, "CZ": 24, "DE": 22, "DK": 18,
    "EE": 20, "ES": 24, "FI": 18, "FR": 27, "GB": 22, "GI": 23, "GR": 27, "HR": 21, "HU": 28, "IE": 22, "IL": 23,
    "IS": 26, "IT": 27, "KW": 30, "KZ": 20, "LB": 28, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "MC": 27, "MD": 24,
    "ME": 22, "MT": 31, "NL": 18, "NO": 15, "PL": 28, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "SA": 24, "SE": 24,
    "SI": 19, "SK": 24, "SM": 27, "TR": 26, "UA": 29,
}  # fmt: skip


def _iban(value: str) -> bool:
    plain = value.replace(" ", "").upper()
    return _LENGTHS.get(plain[:2]) == len(plain) and mod97(plain)


IBAN = Rule(
    "iban", "bank", r"(?i)[a-z]{2}[0-9]{2} ?[a-z0-9]{4} ?[a-z0-9]{4} ?[0-9]",
    re.compile(
        r"(?<![A-Za-z0-9])(?P<v>[A-Za-z]{2}\d{2}(?:(?: [A-Za-z0-9]{4}){2,7}(?: [A-Za-z0-9]{1,3})?|[A-Za-z0-9]{11,27}))"
        r"(?![A-Za-z0-9])", re.A), _iban,
)  # fmt: skip
ACCOUNT = Rule(
    "bank_account", "bank", r"(?i)账号|帐号|账户|帐户|卡号|开户|对公|收款|acct|account ?(?:no|num|#)|bank ?account|routing",
    re.compile(r"(?<![\w.-])(?P<v>\d(?:[ -]?\d){7,20})(?![\w]|\.\d)", re.A), bool, Context(needs=WORDS, after=0), by_word=True,
)  # fmt: skip
