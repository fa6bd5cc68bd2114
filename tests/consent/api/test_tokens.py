"""Tokens: shown once, kept as a hash, bounded in time, and who they are for four eyes."""

import msgspec
import pytest

from consent.admin import AdminError, audit
from consent.api import tokens
from consent.api.tables import api_token
from consent.store import Store
from tests.consent.officer import NOW, admin

OWNER = admin("command line", owner=True)


def test_made_found_used_and_taken_back(registry: Store, site: str) -> None:
    with registry.write() as connection:
        made, secret = tokens.make(connection, admin("root"), site, ["auditor", "viewer"], ["b", " a "], 90)
        assert (made.roles, made.sites, made.made_by) == (("viewer", "auditor"), ("a", "b"), "root")
        assert made.expires_at == NOW + 90 * tokens.DAY_MS
        assert secret.startswith("fha_") and len(secret) == 47
        stored = str(connection.execute(api_token.select().where(api_token.c.name == site)).one())
        assert secret not in stored and secret[4:] not in stored
        assert tokens.find(connection, secret, NOW) == made
        assert tokens.find(connection, secret, made.expires_at) is None
        for other in ("", "fha_", secret[:-1], secret + "x", secret.upper(), "x" * 10_000):
            assert tokens.find(connection, other, NOW) is None
        assert tokens.is_seldom(made, NOW)
        tokens.used(connection, made, NOW)
        again = tokens.find(connection, secret, NOW + 1)
        assert again and again.used_at == NOW and not tokens.is_seldom(again, NOW + 1)
        assert tokens.revoke(connection, admin("root", NOW + 5), site).revoked_at == NOW + 5
        assert tokens.find(connection, secret, NOW + 5) is None
        assert tokens.revoke(connection, admin("root", NOW + 9), site).revoked_at == NOW + 5
        lines = [line for line in audit.search(connection, "", action="token.") if line.target == site]
        assert [(line.action, line.actor) for line in lines] == [("token.revoke", "root"), ("token.add", "root")]
        assert secret not in str(lines)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"name": "Upper"}, "token.name"),
        ({"name": ""}, "token.name"),
        ({"name": "x" * 57}, "token.name"),
        ({"name": "a b"}, "token.name"),
        ({"roles": []}, "token.roles"),
        ({"roles": ["root"]}, "token.roles"),
        ({"sites": [" "]}, "token.sites"),
        ({"days": 0}, "token.days"),
        ({"days": 367}, "token.days"),
    ],
)
def test_what_a_token_cannot_be(registry: Store, site: str, changed: dict[str, object], code: str) -> None:
    asked: dict[str, object] = {"name": site, "roles": ["viewer"], "sites": ["*"], "days": 1} | changed
    with registry.write() as connection, pytest.raises(AdminError) as failed:
        tokens.make(connection, OWNER, **asked)  # type: ignore[arg-type]
    assert failed.value.code == code


def test_a_name_is_never_given_twice(registry: Store, site: str) -> None:
    with registry.write() as connection:
        tokens.make(connection, OWNER, site, ["viewer"], ["*"], 1)
        tokens.revoke(connection, OWNER, site)
        with pytest.raises(AdminError) as failed:
            tokens.make(connection, OWNER, site, ["viewer"], ["*"], 1)
        assert failed.value.code == "token.taken"
        with pytest.raises(AdminError):
            tokens.revoke(connection, OWNER, f"{site}-never")


def test_what_the_owner_makes_is_nobody_elses_second_name(registry: Store, site: str) -> None:
    with registry.write() as connection:
        made, _ = tokens.make(connection, OWNER, site, ["viewer"], ["*"], 1)
        assert (made.made_by, made.actor, made.everywhere) == ("", f"token {site}", True)
        assert [t.name for t in tokens.listed(connection) if t.name == site] == [site]
    assert msgspec.structs.replace(made, sites=("a",)).sees("a")
    assert not msgspec.structs.replace(made, sites=("a",)).sees("b")
