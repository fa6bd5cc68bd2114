"""Logging in at an OpenID provider that is real enough: what it must not accept is most of it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from consent.console import users
from consent.console.config import OpenIdProvider
from consent.console.oidc import OidcError, discover
from tests.consent.console.provider import CLIENT, SECRET, Provider
from tests.consent.console.visitors import Place, Visitor, cheap_passwords, place

BASE = "http://console.test"


@pytest.fixture(scope="module")
def office(provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    config = OpenIdProvider(provider.issuer, CLIENT, SECRET)
    with cheap_passwords(), place(tmp_path_factory.mktemp("oidc"), public_url=BASE, oidc=config) as made:
        provider.now = lambda: made.now
        made.user("anna@shop.example", "auditor")
        yield made


@pytest.fixture(autouse=True)
def honest(provider: Provider) -> None:
    provider.who = {"sub": "1001", "email": "anna@shop.example", "email_verified": True}
    provider.lies, provider.sign, provider.claimed_issuer = {}, provider.signed, provider.issuer


def way_back(visitor: Visitor, onward: str = "") -> str:
    """To the provider, log in there, and the address that the browser is sent back to."""
    begun = visitor.get(f"/console/oidc/start?next={onward}")
    assert begun.status_code == 303, begun.text
    there = httpx.get(begun.headers["location"])
    location: str = there.headers["location"]
    assert location.startswith(f"{BASE}/console/oidc/callback?")
    return location.removeprefix(BASE)


def log_in(office: Place) -> httpx.Response:
    visitor = office.visitor()
    return visitor.get(way_back(visitor))


def test_somebody_who_was_added_is_in_and_goes_on_to_where_they_wanted(office: Place) -> None:
    visitor = office.visitor()
    assert "/console/oidc/start" in visitor.get("/console/login").text
    answer = visitor.get(way_back(visitor, "/console/account"))
    assert answer.status_code == 200, "a page that leads on: a redirect from another site carries no strict cookie"
    assert 'content="0; url=/console/account"' in answer.text
    assert visitor.get("/console/account").status_code == 200
    assert "bound to the OpenID account" in visitor.get("/console/s/default/audit?of=house").text


def test_the_subject_counts_from_then_on_not_the_address(office: Place, provider: Provider) -> None:
    assert log_in(office).status_code == 200
    provider.who = {"sub": "1001", "email": "anna.new@shop.example", "email_verified": False}
    assert log_in(office).status_code == 200, "the same account under another address"
    provider.who = {"sub": "2002", "email": "anna@shop.example", "email_verified": True}
    assert log_in(office).status_code == 403, "another account that was given the old address"


@pytest.mark.parametrize("verified", [False, None, "true", 1])
def test_an_address_that_is_not_verified_opens_nothing(office: Place, provider: Provider, verified: Any) -> None:
    if not any(u.login == "bert@shop.example" for u in everybody(office)):
        office.user("bert@shop.example", "auditor")
    provider.who = {"sub": "3003", "email": "bert@shop.example", "email_verified": verified}
    assert log_in(office).status_code == 403


def everybody(office: Place) -> list[users.User]:
    with office.house.store.read() as connection:
        return users.everybody(connection)


def test_nobody_is_made(office: Place, provider: Provider) -> None:
    before = everybody(office)
    provider.who = {"sub": "4004", "email": "stranger@shop.example", "email_verified": True}
    assert log_in(office).status_code == 403
    assert everybody(office) == before


def unsigned(claims: dict[str, Any]) -> str:
    return jwt.encode({"alg": "none"}, claims, OctKey.import_key("x" * 32), algorithms=["none"])


def by_somebody_else(claims: dict[str, Any]) -> str:
    return jwt.encode({"alg": "RS256", "kid": "k1"}, claims, RSAKey.generate_key(2048, {"kid": "k1"}))


def by_the_shared_secret(claims: dict[str, Any]) -> str:
    return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(SECRET.ljust(32)))


@pytest.mark.parametrize(
    "lies",
    [
        {"iss": "https://evil.example"},
        {"aud": "another client"},
        {"aud": [CLIENT, "another client"]},
        {"aud": [CLIENT, "another client"], "azp": "another client"},
        {"exp": 1},
        {"exp": None},
        {"iat": 9_999_999_999},
        {"nonce": "another nonce"},
        {"sub": ""},
        {"sub": 7},
    ],
    ids=str,
)
def test_tokens_that_are_not_for_us_now(office: Place, provider: Provider, lies: dict[str, Any]) -> None:
    provider.lies = lies
    assert log_in(office).status_code == 403


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
@pytest.mark.parametrize("sign", [unsigned, by_somebody_else, by_the_shared_secret, lambda claims: "not.a.token"])
def test_tokens_that_the_provider_did_not_sign(office: Place, provider: Provider, sign: Any) -> None:
    provider.sign = sign
    assert log_in(office).status_code == 403


def test_the_way_back_is_for_the_browser_that_left_and_once(office: Place) -> None:
    victim, attacker = office.visitor(), office.visitor()
    back = way_back(attacker)
    assert victim.get(back).status_code == 403, "login CSRF: the victim did not begin this"
    way_back(victim)
    assert victim.get(back).status_code == 403, "another state"
    assert attacker.get(back).status_code == 200
    again = office.visitor()
    way_back(again)
    code = parse_qs(urlsplit(back).query)["code"][0]
    assert again.get(f"/console/oidc/callback?code={code}&state=x").status_code == 403
    assert attacker.get(back).status_code == 403, "the code was used"


def test_the_provider_must_be_itself(provider: Provider) -> None:
    provider.claimed_issuer = "https://evil.example"
    with pytest.raises(OidcError, match="another issuer"):
        discover(OpenIdProvider(provider.issuer, CLIENT, SECRET))
    with pytest.raises(OidcError, match="TLS"):
        discover(OpenIdProvider("http://login.example", CLIENT, SECRET))


def test_a_provider_that_is_away_is_said(tmp_path: Path) -> None:
    config = OpenIdProvider("http://127.0.0.1:9", CLIENT, SECRET)
    with place(tmp_path, public_url=BASE, oidc=config) as alone:
        assert alone.visitor().get("/console/oidc/start").status_code == 502


def test_without_a_provider_there_is_no_such_door(here: Place) -> None:
    assert here.visitor().get("/console/oidc/start").status_code == 303
    assert "/console/oidc" not in here.visitor().get("/console/login").text
