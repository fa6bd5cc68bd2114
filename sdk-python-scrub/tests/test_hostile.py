"""No text takes long: the time grows with it, not with its square. The bounds are wide, for busy machines."""

import time

import pytest

from firsthand_scrub.rules import RULES
from firsthand_scrub.scan import MAX_CHARS, scan_object

HOSTILE = {
    "letters": "a",
    "at signs": "@",
    "addresses that never end": "a@",
    "names of hosts": "a@" + "b." * 40,
    "dots": "a.",
    "digits": "1",
    "digits and blanks": "1 ",
    "digits and dashes": "1-",
    "plus and digits": "+" + "1" * 36 + "x",
    "plus, groups, letter": "+1 (1) 1 1 1 1 1 1 1x",
    "parentheses": "+(1)(1)(1)(1)(1)(1)(1)(1)x",
    "mobiles": "138-0013-800x",
    "landlines": "(010) 1234567-",
    "cards": "4111 1111 1111 111x",
    "account": "DE89 3704 0044 0532 0130 0000 0000 0000x",
    "tokens": "eyJ",
    "tokens with dots": "eyJa-a.",
    "tokens and letters": "eyJaaaa",
    "keys": "sk-",
    "bearers": "Bearer a",
    "passwords": "password: 1 ",
    "passwords without an end": "password:1",
    "keys of PEM": "-----BEGIN ",
    "percent": "%25",
    "percent and digits": "%3",
    "full width": "１",
    "braces": "{",
    "brackets": '["',
    "mails": "ada@example.com ",
    "han": "我的邮箱",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_no_text_takes_long(name: str) -> None:
    piece = HOSTILE[name]
    text = (piece * MAX_CHARS)[:MAX_CHARS]
    began = time.process_time()
    scan_object({"contact": text, text[:2_000]: 1})
    assert time.process_time() - began < 3


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.pattern.pattern[:20])
def test_every_repeat_is_bounded(rule: object) -> None:
    pattern = rule.pattern.pattern  # type: ignore[attr-defined]
    bare = pattern.replace(r"\+", "")
    outside = "".join(part.rpartition("]")[2] if i else part for i, part in enumerate(bare.split("[")))
    assert "*" not in outside
    assert "+" not in outside
