"""Tokens: what we wrote can be read, and nothing else."""

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from consent.subjects import short, subject_of
from consent.tokens import Claims, TokenError, TokenReader, issue
from tests.consent.officer import RING
from tests.contract.schemas import validator

KEY = RING.token[-1]
SUBJECT = subject_of(RING.subject[-1], "shop", "device", "a-1")
CLAIMS = Claims("firsthand", "shop", SUBJECT, "r-1", 1_000, 2_000, 3, ("analytics",), ("marketing",),
                "pv1_" + "x" * 22, "eu")  # fmt: skip
TOKEN = issue(KEY, CLAIMS)
READER = TokenReader(RING)


def encoded(value: object) -> str:
    return urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def test_there_and_back() -> None:
    token = READER.read(TOKEN)
    assert token.claims == CLAIMS
    assert token.subject == short(SUBJECT)
    body = TOKEN.split(".")[1]
    validator("consent_token").validate(json.loads(urlsafe_b64decode(body + "=" * (-len(body) % 4))))


def test_it_is_a_jwt_that_others_can_read() -> None:
    header, body, signature = TOKEN.split(".")
    assert json.loads(urlsafe_b64decode(header + "==")) == {"alg": "HS256", "kid": "t1", "typ": "consent+jwt"}
    again = hmac.digest(KEY.secret, f"{header}.{body}".encode(), "sha256")
    assert urlsafe_b64encode(again).rstrip(b"=").decode() == signature


@pytest.mark.parametrize("life", [0, -1, 24 * 3600 + 1])
def test_a_day_at_most(life: int) -> None:
    with pytest.raises(ValueError, match="24 hours"):
        issue(KEY, replace(CLAIMS, exp=CLAIMS.iat + life))


@given(st.integers(0, len(TOKEN) - 1), st.characters(min_codepoint=33, max_codepoint=126))
def test_one_changed_letter_is_a_forgery(place: int, letter: str) -> None:
    changed = TOKEN[:place] + letter + TOKEN[place + 1 :]
    if changed == TOKEN:
        return
    # The last letter of a base64 text has bits that mean nothing; ours must be spelt as we spell it
    with pytest.raises(TokenError):
        READER.read(changed)


FORGED = {
    "no algorithm": f"{encoded({'alg': 'none', 'typ': 'consent+jwt'})}.{TOKEN.split('.')[1]}.",
    "a key of no ring": issue(replace(KEY, kid="t9"), CLAIMS),
    "another key's secret": issue(replace(KEY, secret=bytes(32)), CLAIMS),
    "empty": "",
    "dots": "...",
    "three parts of nothing": "a.b.c",
    "not ASCII": TOKEN + "é",
    "huge": TOKEN + "A" * 4_000,
    "a part more": TOKEN + ".x",
}


@pytest.mark.parametrize("name", FORGED)
def test_forgeries(name: str) -> None:
    with pytest.raises(TokenError) as caught:
        READER.read(FORGED[name])
    assert "fh" not in str(caught.value)


def test_claims_that_are_signed_but_no_claims() -> None:
    header = TOKEN.split(".")[0]
    for claims in ({}, {"iss": "firsthand"}, [], {**json.loads('{"sub": 7}')}):
        signed = f"{header}.{encoded(claims)}"
        mac = urlsafe_b64encode(hmac.digest(KEY.secret, signed.encode(), "sha256")).rstrip(b"=").decode()
        with pytest.raises(TokenError):
            READER.read(f"{signed}.{mac}")


@given(st.text(max_size=30), st.text(max_size=30))
def test_subjects_keep_sites_people_and_devices_apart(one: str, other: str) -> None:
    key = RING.subject[-1]
    made = {subject_of(key, s, w, i) for s in ("a", "b") for w in ("device", "person") for i in {one, other}}
    plain = {one.encode("utf-8", "replace"), other.encode("utf-8", "replace")}
    assert len(made) == 4 * len(plain)
    assert all(s.startswith("s1.s1.") and len(s) == 28 for s in made)
