"""Secrets: web tokens (RFC 7519), keys by the prefixes their issuers gave them for this purpose, private keys, and
passwords and codes that a text gives away itself (`password: hunter2`, `验证码 482913`).
"""

import re

from consent.pii.model import Rule

JWT = Rule(
    "jwt", "secret", r"eyJ",
    re.compile(r"(?P<v>eyJ[A-Za-z0-9_-]{4,4000}\.[A-Za-z0-9_-]{2,8000}(?:\.[A-Za-z0-9_-]{0,2000})?)", re.A),
)  # fmt: skip
API_KEY = Rule(
    "api_key", "secret",
    r"sk_(?:live|test)_|rk_live_|gh[pousr]_|github_pat_|glpat-|xox[abpr]-|AKIA|ASIA|AIza|LTAI|AKID|sk-|npm_|PRIVATE KEY|[Bb]earer ",
    re.compile(
        r"(?<![A-Za-z0-9])(?P<v>(?:[sr]k_(?:live|test)_|gh[pousr]_|github_pat_|glpat-|xox[abpr]-|npm_|sk-)[A-Za-z0-9_-]{16,255}"
        r"|(?:AKIA|ASIA)[A-Z0-9]{16}|AIza[A-Za-z0-9_-]{35}|LTAI[A-Za-z0-9]{12,24}|AKID[A-Za-z0-9]{13,40}"
        r"|-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----|[Bb]earer [A-Za-z0-9._~+/=-]{16,4000})", re.A),
)  # fmt: skip
_SAID_EN = r"passw(?:or)?d|passcode|pwd|secret|api[_ -]?key|access[_ -]?token|otp|verification code"
_SAID_ZH = "密码|口令|验证码|校验码"
GIVEN_AWAY = Rule(
    "given_away", "secret",
    rf"(?i){_SAID_EN}|{_SAID_ZH}",
    re.compile(
        rf"(?i)(?:(?<![A-Za-z0-9])(?:{_SAID_EN})(?:[ \t]{{0,3}}[:：=][ \t]{{0,3}}| is | )|(?:{_SAID_ZH})(?:是|为)?[ \t]{{0,3}}[:：=]?[ \t]{{0,3}})"
        r"[\"']?(?P<v>[^\s\"',，。;；&]{4,128})", re.A
    ),
    lambda value: any(c.isdigit() for c in value) and value.isascii() and "://" not in value,
)  # fmt: skip
RESET_LINK = Rule(
    "reset_link", "secret",
    r"(?i)(?:reset|verify|confirm|invite|magic|activate|unsubscribe|token|ticket|session|sid|code|sign|signature)[/=]",
    re.compile(
        r"(?i)(?:reset|verify|confirm|invite|magic|activate|unsubscribe|token|ticket|session|sid|code|sign|signature)"
        r"(?:[_-]?(?:password|email|link|id))?[/=](?P<v>[A-Za-z0-9_.~-]{16,512})", re.A),
    lambda value: any(c.isdigit() for c in value),
)  # fmt: skip
