"""Chinese licence plates by GA 36-2018: province, letter, five characters; new energy vehicles six. No I and no O."""

import re

from consent.pii.model import Rule

PROVINCE = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使领"
_CHAR = "A-HJ-NP-Z0-9"
_PATTERN = re.compile(
    rf"(?P<v>[{PROVINCE}][A-HJ-NP-Z][·•・. -]?"
    rf"(?:[DF-KABCE][{_CHAR}]\d{{4}}|\d{{5}}[DFABCEGHJK]|[{_CHAR}]{{4}}[{_CHAR}挂学警港澳使领]))(?![A-Za-z0-9])"
)


def _valid(value: str) -> bool:
    return sum(c.isdigit() for c in value) >= 2


RULE = Rule("plate", "plate", rf"[{PROVINCE}][A-HJ-NP-Z][·•・. \-]?[{_CHAR}]{{4}}", _PATTERN, _valid)
