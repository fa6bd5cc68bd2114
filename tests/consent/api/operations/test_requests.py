"""What a program asks of the loader for people: who may, when, what the gates hear at once, and the file. On both
databases; the loader's part is done by the functions that it calls."""

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from consent.rights import requests, work
from consent.store.tables import change
from tests.consent.api.caller import Caller, caller
from tests.consent.console.visitors import Place, cheap_passwords, place

AT = "/sites/default/requests"


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.stores)])
def there(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("requests")
    url = {"store": request.getfixturevalue("postgres_consent_url")} if request.param == "postgres" else {}
    with cheap_passwords(), place(folder, erase_at="03:00", **url) as made:
        yield made


@pytest.fixture(scope="module")
def officer(there: Place) -> Caller:
    return caller(there, "takes-in", "privacy_officer")


@pytest.fixture(scope="module")
def another(there: Place) -> Caller:
    return caller(there, "acts", "privacy_officer", by="ada")


def taken_in(officer: Caller, kind: str, user: str) -> str:
    """A verified request; where it is asked for work."""
    made = officer.post(AT, {"kind": kind, "law": "gdpr", "userId": user}, 201)
    officer.post(f"{AT}/{made['id']}/verify", {"how": "in person"})
    assert made["work"] is None
    return f"{AT}/{made['id']}"


def loader(there: Place, at: str, problem: str = "", file: str | None = None) -> None:
    """Takes the request and ends it, as `firsthand load` does."""
    id, now = at.rpartition("/")[2], int(there.now * 1000)
    with there.house.store.write() as connection:
        mine = [one for one in work.due(connection, "here:/data", now) if one.request == id]
        assert [one.request for one in work.claim(connection, "here:/data", now, mine)] == [id]
        if not problem and mine[0].kind != "lift":
            requests.finish(connection, there.house.admin("loader", there.now), id)
        work.end(connection, id, now, problem, file, now + 60_000)


def heard(there: Place, officer: Caller, at: str) -> set[str]:
    """What the gates hear of the people of a request: `,*,` keeps them out."""
    with there.house.store.read() as connection:
        subjects = requests.get(connection, at.rpartition("/")[2]).forms.subjects
        query = sa.select(change.c.denied).where(change.c.site == "default", change.c.subject.in_(subjects))
        return set(connection.execute(query).scalars())


def work_of(officer: Caller, at: str) -> dict[str, Any]:
    found: dict[str, Any] = officer.get(at)["work"]
    return found


def test_an_export_and_its_file(there: Place, officer: Caller, another: Caller) -> None:
    at = taken_in(officer, "access", "u-export")
    asked = officer.post(f"{at}/export", status=202)
    assert (asked["state"], asked["work"]["state"], asked["work"]["hasFile"]) == ("running", "waiting", False)
    assert officer.refused("POST", f"{at}/export") == (409, "request.underWay")
    assert officer.refused("POST", f"{at}/file") == (409, "request.noFile")
    name = f"{'a' * 32}.zip"
    loader(there, at, file=name)
    assert officer.refused("POST", f"{at}/file") == (409, "request.fileElsewhere"), "the loader has another machine"
    folder = there.config.data_dir / work.EXPORTS
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(b"PK of a person")
    assert work_of(officer, at)["hasFile"] is True
    answer = another.ask("POST", f"{at}/file")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    assert answer.content == b"PK of a person" and "attachment" in answer.headers["content-disposition"]
    lines = officer.get("/sites/default/audit?action=dsr.&limit=5")["lines"]
    assert (lines[0]["action"], lines[0]["actor"]) == ("dsr.download", "token acts")
    there.now += 61
    assert officer.refused("POST", f"{at}/file") == (409, "request.noFile"), "its days are over"


def test_an_erasure_needs_other_eyes_and_the_gates_hear_of_it_at_once(
    there: Place, officer: Caller, another: Caller
) -> None:
    at = taken_in(officer, "erase", "u-erase")
    assert officer.refused("POST", f"{at}/erase", {}) == (403, "fourEyes.erase")
    assert heard(there, officer, at) == set(), "nothing was done"
    assert another.refused("POST", f"{at}/export") == (409, "request.other")
    night = another.ask("POST", f"{at}/erase", {"when": "night"}).json()
    assert (night["work"]["night"], night["work"]["askedBy"]) == (True, "token acts")
    assert heard(there, officer, at) == {",*,"}, "whenever the tables follow"
    assert another.post(f"{at}/erase", {"when": "now"}, 202)["work"]["night"] is False, "sooner"
    loader(there, at, problem="the catalog is away; `firsthand doctor` shows why")
    failed = work_of(officer, at)
    assert (failed["state"], failed["problem"][:23]) == ("failed", "the catalog is away; `f")
    assert another.post(f"{at}/erase", {}, 202)["work"]["state"] == "waiting", "tried again at once"
    loader(there, at)
    done = officer.get(at)
    assert (done["state"], done["work"]["state"], done["identifiers"]) == ("done", "done", 0)
    assert another.refused("POST", f"{at}/erase", {}) == (409, "request.state")


def test_no_night_where_none_is_set(tmp_path_factory: pytest.TempPathFactory) -> None:
    with cheap_passwords(), place(tmp_path_factory.mktemp("nightless")) as made:
        at = taken_in(caller(made, "one", "privacy_officer"), "erase", "u-1")
        other = caller(made, "two", "privacy_officer", by="ada")
        assert other.refused("POST", f"{at}/erase", {"when": "night"}) == (422, "request.noNight")
        assert other.refused("POST", f"{at}/erase", {"when": "soon"}) == (400, "invalid")


def test_a_restriction_and_its_end(there: Place, officer: Caller) -> None:
    at = taken_in(officer, "restrict", "u-restrict")
    assert officer.refused("POST", f"{at}/lift") == (409, "request.state")
    assert officer.post(f"{at}/restrict", status=202)["work"]["kind"] == "restrict"
    assert heard(there, officer, at) == {",*,"}
    loader(there, at)
    assert officer.post(f"{at}/lift", status=202)["work"]["kind"] == "lift"
    loader(there, at)
    assert work_of(officer, at)["state"] == "done"


def test_who_may_not_and_what_is_not_theirs(there: Place, officer: Caller) -> None:
    erase, access = taken_in(officer, "erase", "u-x"), taken_in(officer, "access", "u-y")
    for role in ("viewer", "analyst", "auditor"):
        one = caller(there, f"only-{role}", role)
        for path, body in ((f"{erase}/erase", {}), (f"{access}/export", None), (f"{access}/file", None)):
            assert one.refused("POST", path, body) == (403, "forbidden"), (role, path)
    elsewhere = caller(there, "elsewhere", "privacy_officer", sites=("other",))
    assert elsewhere.ask("POST", f"{access}/export").status_code == 404
    assert officer.refused("POST", access.replace("default", "other") + "/export")[0] == 404, "another site's"
    assert officer.get(access)["work"] is None, "nothing was asked for"
    assert officer.post(AT, {"kind": "access", "law": "pipl", "userId": "u-z"}, 201)["state"] == "received"


def test_not_before_the_identity_was_verified(officer: Caller) -> None:
    id = officer.post(AT, {"kind": "access", "law": "ccpa", "userId": "u-early"}, 201)["id"]
    assert officer.refused("POST", f"{AT}/{id}/export") == (409, "request.unverified")
    denied = officer.post(f"{AT}/{id}/deny", {"reason": "not the person"})
    assert denied["state"] not in ("received", "running")
    assert officer.refused("POST", f"{AT}/{id}/export")[0] == 409
