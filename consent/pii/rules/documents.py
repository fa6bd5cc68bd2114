"""Travel and identity documents: passports, machine-readable lines (ICAO 9303), and cards and permits of Hong Kong,
Macau and Taiwan. Their numbers are short, so most need a word beside them; those with a check digit need less.
"""

import re

from consent.pii.model import Context, Rule

PASSPORT_WORDS = re.compile(r"passport|护照|護照|travel ?doc", re.I)
PERMIT_WORDS = re.compile(
    r"通行证|回乡证|回鄉|台胞|港澳|居住证|居住證|permit|hkid|香港身份|台湾身份|台灣身份|身份證|身分證|统一编号|統一編號",
    re.I,
)
_TAIWAN = "ABCDEFGHJKLMNPQRSTUVXYWZIO"


def _hong_kong(value: str) -> bool:
    """HKID: one or two letters, six digits, check character; weights 9 to 2, modulo 11."""
    plain = value.upper().replace("(", "").replace(")", "")
    letters = plain[:-7].rjust(2)
    total = sum(
        weight * (36 if c == " " else int(c, 36))
        for weight, c in zip(range(9, 1, -1), letters + plain[-7:-1], strict=True)
    )
    return "0123456789A"[(11 - total % 11) % 11] == plain[-1]


def _taiwan(value: str) -> bool:
    """National identification number of Taiwan: letter as two digits, weights 1, 9 … 1, modulo 10."""
    plain = value.upper()
    first = _TAIWAN.index(plain[0]) + 10
    digits = [first // 10, first % 10, *map(int, plain[1:])]
    return sum(w * d for w, d in zip((1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1), digits, strict=True)) % 10 == 0


PASSPORT = Rule(
    "passport", "passport", r"(?i)passport|护照|護照|travel ?doc",
    re.compile(r"(?<![A-Za-z0-9])(?P<v>[A-Za-z]{1,2}\d{6,8}|\d{9}|[A-Z]\d{2}[A-Z]{2}\d{4})(?![A-Za-z0-9])", re.A),
    bool, Context(needs=PASSPORT_WORDS), by_word=True,
)  # fmt: skip
MRZ = Rule(
    "mrz", "passport", r"[PIAC][A-Z<][A-Z]{3}[A-Z<]{5}|<<<",
    re.compile(r"(?<![A-Z0-9<])(?P<v>P[A-Z<][A-Z]{3}[A-Z<]{39}(?:\s{0,2}[A-Z0-9<]{44})?|[A-Z0-9<]{9}\d[A-Z]{3}\d{7}[MF<X]\d{7}[A-Z0-9<]{14}[\d<]\d)"
               r"(?![A-Z0-9<])", re.A),
)  # fmt: skip
PERMIT = Rule(
    "permit", "permit", r"(?i)通行证|回乡证|回鄉|台胞|港澳|居住证|居住證|permit",
    re.compile(r"(?<![A-Za-z0-9])(?P<v>[HMChmc]\d{8}(?:\d{2})?|\d{8}(?:\d{2})?|8[123]0000(?:19|20)\d{9}[\dXx])(?![A-Za-z0-9])", re.A),
    bool, Context(needs=PERMIT_WORDS), by_word=True,
)  # fmt: skip
HONG_KONG = Rule(
    "hkid", "permit", r"[A-Za-z][0-9]{6}\(?[0-9Aa]\)?",
    re.compile(r"(?<![A-Za-z0-9])(?P<v>[A-Za-z]{1,2}\d{6}(?:\([\dAa]\)|[\dAa]))(?![A-Za-z0-9(])", re.A),
    _hong_kong, Context(needs=PERMIT_WORDS), lambda value: value.endswith(")"),
)  # fmt: skip
TAIWAN = Rule(
    "taiwan_id", "permit", r"[A-Za-z][1289][0-9]{8}",
    re.compile(r"(?<![A-Za-z0-9])(?P<v>[A-Za-z][1289]\d{8})(?![A-Za-z0-9])", re.A), _taiwan, Context(needs=PERMIT_WORDS),
)  # fmt: skip
