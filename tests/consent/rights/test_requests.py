"""Requests: what may follow what, whose clock runs, and that a request keeps nobody's address."""

from datetime import UTC, datetime

import pytest

from consent.admin import Admin, audit
from consent.pii.hashing import Key, pseudonym
from consent.rights import requests
from consent.rights.deadlines import days_left, due, extended
from consent.rights.forms import Forms, Identifier, forms_of
from consent.rights.requests import RequestError
from consent.store import open_store

DAY = 86_400_000
NOW = int(datetime(2026, 1, 31, 12, tzinfo=UTC).timestamp() * 1000)
KEYS = [Key("k2", bytes(range(32))), Key("k1", bytes(32))]
FORMS = Forms(["u-7"], ["u-7"], ["ada@example.com"], ["s1.s1.x"])


def admin(now: int = NOW) -> Admin:
    ids = iter(f"{now}-{n}" for n in range(1000))
    return Admin("officer", now, lambda: next(ids), lambda n: bytes(n))


def test_the_way_of_a_request(tmp_path: object) -> None:
    store = open_store(f"sqlite:///{tmp_path}/consent.db")
    with store.write() as connection:
        me = admin()
        made = requests.open_request(connection, me, "shop", "erase", "gdpr", FORMS, "form")
        assert (made.state, made.forms.raw, days_left(made.due_at, NOW)) == ("received", [], 28)
        with pytest.raises(RequestError, match="identity was not verified"):
            requests.begin(connection, me, made.id, ("erase",))
        with pytest.raises(RequestError, match="say how"):
            requests.verify(connection, me, made.id, " ")
        assert requests.verify(connection, me, made.id, "seen in person").verified_by == "officer: seen in person"
        with pytest.raises(RequestError, match="about erase"):
            requests.begin(connection, me, made.id, ("export",))
        later = requests.extend(connection, me, made.id, "many systems")
        assert datetime.fromtimestamp(later.due_at / 1000, UTC).date().isoformat() == "2026-04-30"
        with pytest.raises(RequestError, match="extended already"):
            requests.extend(connection, me, made.id, "again")
        requests.begin(connection, me, made.id, ("erase",))
        requests.task(connection, me, made.id, "suppress")
        done = requests.finish(connection, me, made.id, "certificate-1")
        assert (done.state, done.forms.ids, done.certificate, list(done.tasks)) == (
            "done",
            [],
            "certificate-1",
            ["suppress"],
        )
        with pytest.raises(RequestError, match="is done"):
            requests.deny(connection, me, made.id, "too late")
        trail = [line.action for line in audit.search(connection, "shop", action="dsr.")]
        assert trail == ["dsr.finish", "dsr.suppress", "dsr.begin", "dsr.extend", "dsr.verify", "dsr.open"]
        assert "u-7" not in str(done.shown(NOW)) + str(audit.search(connection, "shop"))
        other = requests.open_request(connection, me, "shop", "access", "ccpa", FORMS, "api")
        assert [r.id for r in requests.listed(connection, "shop")] == [other.id, made.id]
        assert [r.id for r in requests.listed(connection, "shop", only_open=True)] == [other.id]
        denied = requests.deny(connection, me, other.id, "not our customer")
        assert (denied.state, denied.forms.ids) == ("denied", [])
    store.close()


@pytest.mark.parametrize(
    ("kind", "law", "forms", "what"),
    [
        ("delete", "gdpr", FORMS, "kind is one of"),
        ("erase", "lex", FORMS, "law is one of"),
        ("erase", "gdpr", Forms([], [], []), "name whom"),
    ],
)
def test_what_cannot_be_opened(tmp_path: object, kind: str, law: str, forms: Forms, what: str) -> None:
    store = open_store(f"sqlite:///{tmp_path}/consent.db")
    with store.write() as connection, pytest.raises(RequestError, match=what):
        requests.open_request(connection, admin(), "shop", kind, law, forms, "api")
    with store.read() as connection, pytest.raises(RequestError, match="there is no request"):
        requests.get(connection, "nope")
    store.close()


@pytest.mark.parametrize(
    ("law", "first", "second"),
    [("gdpr", "2026-02-28", "2026-04-30"), ("ccpa", "2026-03-17", "2026-05-01"), ("pipl", "2026-03-02", None)],
)
def test_deadlines(law: str, first: str, second: str | None) -> None:
    assert datetime.fromtimestamp(due(law, NOW) / 1000, UTC).date().isoformat() == first
    later = extended(law, NOW)
    assert (later and datetime.fromtimestamp(later / 1000, UTC).date().isoformat()) == second


def test_a_law_without_an_extension_and_one_that_comes_too_late(tmp_path: object) -> None:
    store = open_store(f"sqlite:///{tmp_path}/consent.db")
    with store.write() as connection:
        pipl = requests.open_request(connection, admin(), "shop", "erase", "pipl", FORMS, "api")
        with pytest.raises(RequestError, match="knows no extension"):
            requests.extend(connection, admin(), pipl.id, "…")
        late = requests.open_request(connection, admin(NOW + 1), "shop", "erase", "gdpr", FORMS, "api")
        with pytest.raises(RequestError, match="has passed"):
            requests.extend(connection, admin(NOW + 40 * DAY), late.id, "…")
    store.close()


def test_a_person_is_looked_for_under_every_live_key_and_spelling() -> None:
    forms = forms_of(
        [Identifier("email", "Ada@Example.com"), Identifier("phone", "138 0013 8000"), Identifier("user_id", "u-7")],
        KEYS,
    )
    for key in KEYS:
        for kind, value in (
            ("email", "ada@example.com"),
            ("phone", "13800138000"),
            ("phone", "+8613800138000"),
            ("user_id", "u-7"),
        ):
            assert pseudonym(key, kind, value) in forms.ids
    assert "u-7" in forms.ids
    assert "Ada@Example.com" in forms.raw
    assert not [form for form in forms.ids + forms.texts if "@" in form or "13800" in form]


def test_a_user_id_that_is_an_address_is_not_kept_as_it_is() -> None:
    forms = forms_of(
        [Identifier("user_id", "ada@example.com"), Identifier("anonymous_id", pseudonym(KEYS[0], "openid", "o"))], KEYS
    )
    assert "ada@example.com" not in forms.ids + forms.texts
    assert pseudonym(KEYS[1], "email", "ada@example.com") in forms.ids
    assert pseudonym(KEYS[0], "openid", "o") in forms.ids
