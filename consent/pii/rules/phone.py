"""Phone numbers: Chinese mobiles and fixed lines, North American, and any in international form (ITU-T E.164).

Eleven bare digits are an order number as often as a phone: of random ones every fourteenth looks like a Chinese mobile.
So they need a word or a field's name beside them (a campaign tag counts); written with separators or a country code
they do not.
"""

import re

from consent.pii.checks import digits_of
from consent.pii.model import Context, Rule

WORDS = re.compile(
    r"phone|mobile|\bcell|\btel\b|\btel[:.]|telno|\bcall\b|whatsapp|\bsms\b|\btext me|contact|\bring\b|wechat|weixin|"
    r"reach me|手机|电话|號碼|号码|联系|聯絡|致电|拨打|打给|短信|微信|加我|来电|座机|热线|找我|回电|wx号|vx|"
    # A campaign tag with eleven bare digits comes from a text message that was sent to that number
    r"\butm_[a-z]{2,8}(?:=|$)",
    re.I,
)
_NO_PHONE = re.compile(
    r"order|sku|track|invoice|serial|model|part|item|ean|isbn|\bref\b|coord|version|amount|price|单号|订单|货号|运单|"
    r"编号|流水|型号|条码|金额|id$",
    re.I,
)

# Digits of a national number by country code, where a code is used by many; others 6 to 12
_LENGTHS = {
    "1": (10, 10), "7": (10, 10), "33": (9, 9), "34": (9, 9), "39": (6, 11), "44": (9, 10), "49": (6, 12), "55": (10, 11),
    "61": (9, 9), "65": (8, 8), "81": (9, 10), "82": (8, 10), "86": (10, 11), "91": (10, 10), "852": (8, 8), "853": (8, 8),
    "886": (8, 9),
}  # fmt: skip
_CODE = re.compile(
    r"1|7|20|27|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|2[1-69]\d|3[578]\d|42\d|5[09]\d|6[789]\d|8[0578]\d|9[679]\d"
)


def _mobile(value: str) -> bool:
    digits = digits_of(value)
    return len(digits) in (11, 13, 15) and digits[-11] == "1" and "3" <= digits[-10] <= "9"


def _sure_mobile(value: str) -> bool:
    return not value.isdigit()


def _international(value: str) -> bool:
    digits = digits_of(value)
    code = _CODE.match(digits)
    if code is None or not 8 <= len(digits) <= 15:
        return False
    least, most = _LENGTHS.get(code[0], (6, 12))
    return least <= len(digits) - len(code[0]) <= most


def _north_american(value: str) -> bool:
    digits = digits_of(value)
    # NANP: area and exchange begin with 2 to 9, and neither is a service code such as 911
    return digits[0] in "23456789" and digits[3] in "23456789" and digits[1:3] != "11" and digits[4:6] != "11"


CN_MOBILE = Rule(
    "cn_mobile", "phone",
    r"(?:^|[^0-9])(?:(?:00|\+)?86[ \-]?)?1[3-9][0-9](?:[ \-]?[0-9]{4}){2}(?:[^0-9]|$)",
    re.compile(r"(?<![\d.+-])(?<![A-Fa-f])(?P<v>(?:(?:00|\+)?86[ -]?)?1[3-9]\d(?:\d{8}|([ -])\d{4}\2\d{4}))(?![\d-]|\.\d|[A-Fa-f]\d)", re.A),
    bool, Context(needs=WORDS), _sure_mobile, core=r"1[3-9][0-9](?:[ \-]?[0-9]{4}){2}(?![0-9])",
)  # fmt: skip
CN_PLUS = Rule(
    "cn_plus", "phone", r"\+86",
    re.compile(r"(?<![\w+])(?P<v>\+86[ -]{0,2}\(?1[3-9]\d\)?[ -]{0,2}\d{4}[ -]{0,2}\d{4})(?!\d)", re.A), _mobile,
    core=r"\+86",
)  # fmt: skip
CN_LANDLINE = Rule(
    "cn_landline", "phone",
    r"(?:^|[^0-9])\(?0[1-9][0-9]{1,2}[)\- ]{1,2}[1-9][0-9]{6,7}",
    re.compile(r"(?<![\d.-])(?P<v>\(?0(?:10|2\d|[3-9]\d{2})(?:\)[ -]?|-| )[1-9]\d{6,7})(?![\d-]|\.\d)", re.A),
    bool, Context(never=_NO_PHONE), lambda value: False,
)  # fmt: skip
E164 = Rule(
    "e164", "phone", r"\+ ?\(?[1-9]",
    re.compile(r"(?<![\w+/=])(?P<v>\+\(?[1-9]\d{0,2}\)?(?:[ .\-]?\(?\d{1,5}\)?){2,7})(?![\w]|\.\d)", re.A),
    _international, Context(never=_NO_PHONE), core=r"\+\(?[1-9]",
)  # fmt: skip
NORTH_AMERICAN = Rule(
    "north_american", "phone", r"[2-9][0-9]{2}\)?[ .\-]{1,2}[2-9][0-9]{2}[ .\-][0-9]{4}",
    re.compile(r"(?<![\w.-])(?P<v>(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[ .-])[2-9]\d{2}[ .-]\d{4})(?![\w-]|\.\d)", re.A),
    _north_american, Context(needs=WORDS), lambda value: value.startswith("("),
)  # fmt: skip
