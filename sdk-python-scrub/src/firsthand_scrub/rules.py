"""Values that are somebody's whatever they are called: mail addresses, phones, cards, identity numbers, accounts, secrets.

The strong rules of the collector's firewall (`consent/pii/rules`) as the web SDK has them (`sdk-js/src/pii/rules.ts`);
what needs a dictionary or a place name (names of people, postal addresses, plates, health) is left to the collector.
Pure; vectors: `device`.

Every repeat is bounded, and no two of them can share the same letters in many ways, because `re` tries them all: the
time grows with the text, not with its square (test_hostile.py). A value is the whole match, or the first group.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Callable, NamedTuple

Test = Callable[[str], bool]


class Rule(NamedTuple):
    """`look`: a cheap look; without it in the text the pattern is not tried. `sure`: needs no word, by its spelling.

    `needs` must stand in the field's name or beside the value, `never` must not.
    """

    look: re.Pattern[str]
    pattern: re.Pattern[str]
    valid: Test | None = None
    needs: re.Pattern[str] | None = None
    never: re.Pattern[str] | None = None
    sure: Test | None = None


def _ascii(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """Digits, letters and edges of words as every language of ours knows them."""
    return re.compile(pattern, flags | re.ASCII)


def _digits(text: str) -> str:
    return re.sub(r"[^0-9]", "", text)


def _luhn(digits: str) -> bool:
    """ISO/IEC 7812-1 annex B."""
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits)))
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


_PROVINCE = _ascii(r"1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3]")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def _resident_id(value: str) -> bool:
    """GB 11643-1999, ISO 7064 MOD 11-2, over a province, a day that is in the calendar and a check digit."""
    number = re.sub("[ -]", "", value).upper()
    try:
        date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return False
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, number))
    return _PROVINCE.match(number) is not None and "10X98765432"[total % 11] == number[17]


def _iban(value: str) -> bool:
    """ISO 13616: modulo 97 over letters as numbers."""
    plain = value.replace(" ", "")
    if not 15 <= len(plain) <= 31:
        return False
    return int("".join(str(int(letter, 36)) for letter in plain[4:] + plain[:4])) % 97 == 1


_ISSUERS = (
    ("4", (13, 16, 19)),
    ("5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720", (16,)),
    ("3[47]", (15,)),
    ("62|81", (16, 17, 18, 19)),
    ("35(2[89]|[3-8])", (16,)),
    ("6011|64[4-9]|65|220[0-4]", (16, 19)),
    ("30[0-5]|36|38|39", (14, 16)),
)


def _card(value: str) -> bool:
    digits = _digits(value)
    fits = any(len(digits) in lengths and re.match(prefix, digits) for prefix, lengths in _ISSUERS)
    return fits and len(set(digits)) > 1 and _luhn(digits)


_NO_SSN_DIGITS = _ascii(r"(000|666)|...00|\d{5}0000|(078051120|219099999|123456789|457555462)")
_NO_ITIN_GROUP = ("89", "93", "66", "67", "68", "69")


def _ssn(value: str) -> bool:
    """SSA: no area 000, 666 or 9xx (but ITIN groups), no group 00, no serial 0000, none of the famous samples."""
    digits = _digits(value)
    if _NO_SSN_DIGITS.match(digits):
        return False
    return digits[0] != "9" or (digits[3:5] >= "50" and digits[3:5] not in _NO_ITIN_GROUP)


# Digits of a national number by country code where many use it; others 6 to 12 (ITU-T E.164)
_LENGTHS = {
    "1": (10, 10), "7": (10, 10), "33": (9, 9), "34": (9, 9), "39": (6, 11), "44": (9, 10), "49": (6, 12), "55": (10, 11),
    "61": (9, 9), "65": (8, 8), "81": (9, 10), "82": (8, 10), "86": (10, 11), "91": (10, 10), "852": (8, 8), "853": (8, 8),
    "886": (8, 9),
}  # fmt: skip
_CODE = _ascii(
    r"1|7|20|27|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|2[1-69]\d|3[578]\d|42\d|5[09]\d|6[789]\d|8[0578]\d|9[679]\d"
)


def _international(value: str) -> bool:
    digits = _digits(value)
    code = _CODE.match(digits)
    if code is None or not 8 <= len(digits) <= 15:
        return False
    least, most = _LENGTHS.get(code[0], (6, 12))
    return least <= len(digits) - len(code[0]) <= most


def _american(value: str) -> bool:
    digits = _digits(value)
    return digits[1:3] != "11" and digits[4:6] != "11"


_FILES = re.compile(r"\.(png|jpe?g|gif|svg|webp|css|m?js|ts|json|html|ico|avif)\Z", re.I)


def _mail(value: str) -> bool:
    return not _FILES.search(value)


_GIVEN_AWAY = _ascii(r"[\x20-\x7e]*\d[\x20-\x7e]*")
_CARD_GROUPS = _ascii(r"\d{4}([ -])\d{4}\1\d{4}\1\d{2,4}(?:\1\d{1,3})?|\d{4}([ -])\d{6}\2\d{4,5}")
_PHONE_WORDS = _ascii(
    r"phone|mobile|\bcell|\btel\b|\btel[:.]|telno|\bcall\b|whatsapp|\bsms\b|\btext me|contact|\bring\b|wechat|weixin|reach me|手机|电话|號碼|号码|联系|聯絡|致电|拨打|打给|短信|微信|加我|来电|座机|热线|找我|回电|wx号|vx",
    re.I,
)
_NO_PHONE = _ascii(
    r"order|sku|track|invoice|serial|model|part|item|ean|isbn|\bref\b|coord|version|amount|price|单号|订单|货号|运单|编号|流水|型号|条码|金额|id\Z",
    re.I,
)
_CARD_WORDS = _ascii(r"card|visa|master|amex|union ?pay|\bpay\b|payment|debit|credit|银行|卡|银联|付款|支付", re.I)
_NO_SSN = _ascii(r"sku|part|model|order|item|serial|ref|货号|型号|编号|订单|单号", re.I)
_KEY = r"[sr]k_(?:live|test)_|gh[pousr]_|github_pat_|glpat-|xox[abpr]-|npm_|sk-"

RULES: tuple[Rule, ...] = (
    Rule(
        re.compile("@"),
        # no Han in the local part: in 我的邮箱是ada@… the sentence runs into the address without a blank
        re.compile(
            r"(?<![A-Za-z0-9_])(?![\u2e80-\u9fff])\w(?:(?![\u2e80-\u9fff])[\w.!#$&'*+?^`{|}~-]){0,63}@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,5}(?:[A-Za-z]{2,24}|xn--[A-Za-z0-9-]{2,40}|[\u4e00-\u9fff]{2,4})(?![A-Za-z0-9_-])"
        ),
        valid=_mail,
    ),
    Rule(
        _ascii("1[3-9]"),
        _ascii(
            r"(?<![\d.+A-Fa-f-])(?:(?:00|\+)?86[ -]?)?1[3-9]\d(?:\d{8}|-\d{4}-\d{4}| \d{4} \d{4})(?![\d-]|\.\d|[A-Fa-f]\d)"
        ),
        needs=_PHONE_WORDS,
        sure=lambda value: not value.isdecimal(),
    ),
    Rule(re.compile(r"\+86"), _ascii(r"(?<![\w+])\+86[ -]{0,2}\(?1[3-9]\d\)?[ -]{0,2}\d{4}[ -]{0,2}\d{4}(?!\d)")),
    Rule(
        _ascii("0[1-9]"),
        _ascii(r"(?<![\d.-])\(?0(?:10|2\d|[3-9]\d{2})(?:\)[ -]?|-| )[1-9]\d{6,7}(?![\d-]|\.\d)"),
        never=_NO_PHONE,
    ),
    Rule(
        re.compile(r"\+"),
        # each run of digits is taken whole: cut into pieces in every way, one number would cost thousands of tries
        _ascii(r"(?<![\w+/=])\+\(?[1-9]\d{0,14}(?!\d)\)?(?:[ .-]?\(?\d{1,15}(?!\d)\)?){0,7}(?!\w|\.\d)"),
        valid=_international,
        never=_NO_PHONE,
    ),
    Rule(
        _ascii(r"[2-9]\d{2}[) .-]"),
        _ascii(r"(?<![\w.-])(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[ .-])[2-9]\d{2}[ .-]\d{4}(?![\w-]|\.\d)"),
        valid=_american,
        needs=_PHONE_WORDS,
        sure=lambda value: value[0] == "(",
    ),
    Rule(
        _ascii(r"\d{6}"),
        _ascii(r"(?<!\d)[1-8]\d{5}[ -]?(?:19|20)\d{6}[ -]?\d{3}[\dXx](?![\dA-Za-z])"),
        valid=_resident_id,
    ),
    Rule(
        _ascii(r"\d{4}"),
        _ascii(r"(?<![\w.-])[2-68]\d{3}(?:[ -]?\d){9,15}(?![\w-]|\.\d)"),
        valid=_card,
        needs=_CARD_WORDS,
        sure=lambda value: _CARD_GROUPS.fullmatch(value) is not None,
    ),
    Rule(
        _ascii(r"\d[ -]\d{2}[ -]\d"),
        _ascii(r"(?<![\w.-])(?:\d{3}-\d{2}-\d{4}|\d{3} \d{2} \d{4})(?![\w-]|\.\d)"),
        valid=_ssn,
        never=_NO_SSN,
    ),
    Rule(
        _ascii(r"[A-Za-z]{2}\d{2}"),
        _ascii(
            r"(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?:(?: [A-Za-z0-9]{4}){2,7}(?: [A-Za-z0-9]{1,3})?|[A-Za-z0-9]{11,27})(?![A-Za-z0-9])"
        ),
        valid=_iban,
    ),
    # From the start of a run of letters to the first `eyJ` in it, and no other is tried: a text of nothing else is read once
    Rule(
        re.compile("eyJ"),
        _ascii(r"(?<![\w-])(?:(?!eyJ)[\w-]){0,32768}(eyJ[\w-]{4,32768}\.[\w-]{2,8000}(?:\.[\w-]{0,2000})?)"),
    ),
    Rule(
        _ascii(rf"{_KEY}|AKI|ASIA|AIza|LTAI|-----|earer "),
        _ascii(
            rf"(?<![A-Za-z0-9])(?:(?:{_KEY})[\w-]{{16,255}}|(?:AKIA|ASIA)[A-Z0-9]{{16}}|AIza[\w-]{{35}}|LTAI[A-Za-z0-9]{{12,24}}|AKID[A-Za-z0-9]{{13,40}}|-----BEGIN [A-Z ]{{0,20}}PRIVATE KEY-----|[Bb]earer [\w.~+/=-]{{16,4000}})"
        ),
    ),
    Rule(
        re.compile("pass|pwd|secret|key|token|otp|code|密码|口令|[验校]证?[验码]?码", re.I),
        # blanks as Unicode has them: this pattern alone is not held to ASCII
        re.compile(
            r"""(?:(?:^|[^A-Za-z0-9])(?:passw(?:or)?d|passcode|pwd|secret|api[_ -]?key|access[_ -]?token|otp|verification code)(?:[ \t]{0,3}[:：=][ \t]{0,3}| is | )["']?|(?:密码|口令|验证码|校验码)[是为]?[ \t]{0,3}[:：=]?[ \t]{0,3}["']?)([^\s"',，。;；&]{4,128})""",
            re.I,
        ),
        valid=lambda value: _GIVEN_AWAY.fullmatch(value) is not None and "://" not in value,
    ),
)
# What each of the patterns needs: a text without any of it holds nothing
ANYTHING = re.compile(rf"[@0-9]|eyJ|{_KEY}|AKI|ASIA|AIza|LTAI|-----|earer ")
