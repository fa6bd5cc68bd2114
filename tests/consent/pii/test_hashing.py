"""Pseudonyms: the same person under every spelling, different under every key and class."""

import hashlib
import hmac
from base64 import urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.pii.hashing import Key, normalise, pseudonym

KEY = Key("t1", bytes(range(32)))


@pytest.mark.parametrize("secret", [bytes(range(32)), b"k" * 64, bytes(range(100))])
def test_the_formula(secret: bytes) -> None:
    digest = hmac.new(secret, b"email\x1fada@example.com", hashlib.sha256).digest()
    expected = "p1.t1." + urlsafe_b64encode(digest).decode().rstrip("=")
    assert pseudonym(Key("t1", secret), "email", " Ada@Example.COM ") == expected


@pytest.mark.parametrize(
    ("kind", "spellings"),
    [
        ("email", ["ada@example.com", "ADA@example.COM", " ada@example.com\n", "ａda@example.com"]),
        ("phone", ["+8613800138000", "+86 138 0013 8000", "+86-138-0013-8000", "＋86（138）00138000"]),
        ("id", ["11010519491231002X", "110105 19491231 002x", "110105-19491231-002x"]),
    ],
)
def test_one_person_one_pseudonym(kind: str, spellings: list[str]) -> None:
    assert len({pseudonym(KEY, kind, s) for s in spellings}) == 1


@given(st.sampled_from(["email", "phone", "id", "user_id"]), st.text())
def test_idempotent_and_never_the_value(kind: str, value: str) -> None:
    once = pseudonym(KEY, kind, value)
    assert pseudonym(KEY, kind, once) == once
    assert normalise(kind, normalise(kind, value)) == normalise(kind, value)
    if len(value) > 3 and not value.startswith("p1."):
        assert value not in once.removeprefix("p1.t1.")


def test_class_and_key_are_part_of_it() -> None:
    other = Key("t2", bytes(32))
    found = {pseudonym(k, c, "13800138000") for k in (KEY, other) for c in ("phone", "id", "user_id")}
    assert len(found) == 6


def test_a_key_does_not_show_its_secret() -> None:
    assert "secret" not in repr(KEY)
    assert str(bytes(range(32))) not in repr(KEY)
