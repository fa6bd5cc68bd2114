"""WeChat's openid and unionid: 28 characters that begin with `o`, letters of both cases and digits mixed."""

import re

from consent.pii.model import Context, Rule

_PATTERN = re.compile(r"(?<![\w/+-])(?P<v>o[A-Za-z0-9_-]{27})(?![\w/+=-])", re.A)


def _mixed(value: str) -> bool:
    upper, digits = sum(c.isupper() for c in value), sum(c.isdigit() for c in value)
    return upper >= 3 and digits >= 1 and sum(c.islower() for c in value) >= 3


RULE = Rule(
    "openid", "openid", r"(?:^|[^0-9A-Za-z_/+\-])o[A-Za-z0-9_\-]{27}", _PATTERN,
    lambda value: any(c.isupper() for c in value), Context(needs=re.compile(r"openid|unionid|wechat|weixin|\bwx|微信", re.I)), _mixed,
)  # fmt: skip
