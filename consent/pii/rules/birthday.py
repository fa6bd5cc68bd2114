"""Dates of birth and ages, where the text says what they are. Any other date is a delivery or an order."""

import re

from consent.pii.model import Rule

_SAID = r"生日|出生(?:日期|年月日|年月|于)?|生于|date of birth|birth ?da(?:y|te)|\bd\.?o\.?b\b|born(?: on| in)?"
_DATE = (
    r"(?:19|20)\d{2}[-/.年](?:0?[1-9]|1[0-2])(?:[-/.月](?:0?[1-9]|[12]\d|3[01])日?)?|(?:0?[1-9]|[12]\d|3[01])[-/.](?:0?[1-9]|[12]\d|3[01])"
    r"[-/.](?:19|20)\d{2}|(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
    r"|(?:\d{1,2} )?(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}\.? (?:\d{1,2}(?:st|nd|rd|th)?,? )?(?:19|20)\d{2}"
)
DATE = Rule(
    "birthday", "birthday", r"(?i)生日|出生|生于|birth|\bd\.?o\.?b\b|\bborn\b",
    re.compile(rf"(?i)(?:{_SAID})[ \t]{{0,3}}(?:is|was|是|为)?[ \t]{{0,3}}[:：=]?[ \t]{{0,3}}(?P<v>{_DATE})(?!\d)"),
)  # fmt: skip
AGE = Rule(
    "age", "birthday", r"(?i)[0-9] ?(?:周?岁|years? old|yrs? old)|\baged? ?[:=]? ?[0-9]|年龄",
    re.compile(
        r"(?i)(?P<v>(?:今年|年龄|本人|我|患者|年满|现年)(?:是|为|已)?[ \t:：]{0,3}(?P<a>\d{1,3}) ?周?岁?"
        r"|\b(?:i am|i'm|i’m|aged|age ?[:=]|patient is|she is|he is)[ \t]{1,2}(?P<b>\d{1,3})(?: ?(?:years?|yrs?|y/?o)(?: old)?)?)(?![\d.%元:-]|[周岁]{0,2}以[上下内])"
    ),
    lambda value: bool(re.search(r"\d{1,3}", value)) and 0 < int(re.findall(r"\d+", value)[-1]) < 120
    and bool(re.search(r"岁|year|yr|y/?o|age|年龄|今年|现年", value, re.I)),
)  # fmt: skip
