"""Postal addresses inside text: Chinese by their grammar (… 区 … 路 … 号), English by number, words and street type."""

import re

from consent.pii.model import Rule

_HAN = "[\u4e00-\u9fff]"
CHINESE = Rule(
    "address_zh", "address", r"[0-9A-Za-z一二三四五六七八九十] ?(?:号|弄|栋|幢|室|单元|號)",
    re.compile(
        rf"(?P<v>(?:{_HAN}{{2,7}}?(?:省|自治区|特别行政区))?(?:{_HAN}{{2,7}}?(?:市|自治州|地区|盟))?(?:{_HAN}{{1,7}}?(?:区|县|市|旗))?"
        rf"(?:{_HAN}{{1,7}}?(?:镇|乡|街道))?{_HAN}{{1,8}}?(?:路|街|道|巷|弄|村|胡同|大街|大道|里|條|条)(?:[东南西北中]段?)?"
        rf"[0-9一二三四五六七八九十百]{{1,5}} ?(?:号|弄|號)(?:院)?"
        rf"(?:[\u4e00-\u9fffA-Za-z0-9]{{0,12}}?[0-9A-Za-z一二三四五六七八九十]{{1,5}} ?(?:栋|幢|号楼|座|楼|层|室|单元|房|号)){{0,5}})"
    ),
)  # fmt: skip
_TYPE = (
    "Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Place|Pl|Square|Sq|Terrace|Ter|Way|Parkway|Pkwy|"
    "Highway|Hwy|Crescent|Close"
)
ENGLISH = Rule(
    "address_en", "address", rf"[0-9][0-9A-Za-z]{{0,5}} (?:[NSEW]\.? )?[A-Z0-9][^0-9\"]{{1,50}}\b(?:{_TYPE})\b",
    re.compile(
        rf"(?<![\w.-])(?P<v>\d{{1,5}}[A-Za-z]? (?:[NSEW]\.? )?(?:[A-Z][a-z'’]{{1,15}} ){{1,3}}(?:{_TYPE})\b\.?"
        r"(?:,? (?:Apt|Apartment|Unit|Suite|Ste|Flat|#)\.? ?#?[A-Za-z0-9-]{1,6})?"
        r"(?:, [A-Z][A-Za-z' ]{1,24}(?:, [A-Z]{2})?(?: \d{5}(?:-\d{4})?)?)?)"
    ),
)  # fmt: skip
PO_BOX = Rule(
    "po_box", "address", r"(?i)p\.? ?o\.? ?box",
    re.compile(r"(?i)(?<!\w)(?P<v>p\.? ?o\.? ?box \d{1,6})(?!\d)"),
)  # fmt: skip
