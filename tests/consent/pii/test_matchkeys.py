"""The forms that ad platforms compare, by their own documentation; never a guess at a country."""

import hashlib
from typing import Any

import pytest

from consent.pii.matchkeys import COLUMNS, match_keys, of_email, of_phone


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    ("written", "google", "meta"),
    [
        (" Ada.Lovelace@Example.COM ", "ada.lovelace@example.com", "ada.lovelace@example.com"),
        ("Ada.Love.Lace@gmail.com", "adalovelace@gmail.com", "ada.love.lace@gmail.com"),
        ("a.b+tea@googlemail.com", "ab+tea@googlemail.com", "a.b+tea@googlemail.com"),
    ],
)
def test_mail(written: str, google: str, meta: str) -> None:
    assert of_email(written) == {"match_google_email": sha(google), "match_meta_email": sha(meta)}


@pytest.mark.parametrize(
    ("written", "digits"),
    [("+86 138-0013-8000", "8613800138000"), ("13800138000", "8613800138000"), ("0044 20 7946 0958", "442079460958"),
     ("+1 (650) 555-0123", "16505550123")],
)  # fmt: skip
def test_phone(written: str, digits: str) -> None:
    assert of_phone(written) == {"match_google_phone": sha(f"+{digits}"), "match_meta_phone": sha(digits)}


@pytest.mark.parametrize(
    "value", ["", " ", "555-0123", "(650) 555-0123", "+0123456789", "+12", "ada@", "@x.example", "a b@x.example"]
)
def test_no_key_for_what_is_none_or_has_no_country(value: str) -> None:
    assert of_email(value) == of_phone(value) == {}


@pytest.mark.parametrize(
    ("traits", "user", "columns"),
    [
        ({"email": "a@x.example", "phone": 13800138000}, "", set(COLUMNS)),
        ({"workEmail": "a@x.example", "手机号": "13800138000"}, "", set(COLUMNS)),
        ({"name": "Ada", "note": "a@x.example", "email": True, "phone": ["13800138000"]}, "u-1", set()),
        ({}, "a@x.example", {"match_google_email", "match_meta_email"}),
    ],
)
def test_what_identify_says(traits: dict[str, Any], user: str, columns: set[str]) -> None:
    assert set(match_keys(traits, user)) == columns


def test_the_first_of_several_counts() -> None:
    assert match_keys({"email": "a@x.example", "workEmail": "b@x.example"})["match_meta_email"] == sha("a@x.example")
