"""The page Requests: taken in, verified, extended, denied, listed, and nobody's address anywhere."""

import csv
import io
import re

import sqlalchemy as sa

from consent.rights import work
from consent.store.tables import change
from consent.subjects import subjects_of
from tests.consent.console.visitors import Place, Visitor

PAGE = "/console/s/default/requests"


def test_a_request_is_taken_in_and_decided(weeks: Place, people: dict[str, Visitor]) -> None:
    officer = people["privacy_officer"]
    assert "No request" in officer.get(PAGE).text
    text = officer.post(f"{PAGE}/open", PAGE, kind="erase", law="gdpr", email="ada@example.com", user_id="u-7").text
    assert "Taken in" in text and "identity not verified" in text and "GDPR" in text
    assert "ada@example.com" not in text
    [id] = re.findall(rf'href="{PAGE}/([0-9a-f-]{{36}})"', text)
    one = f"{PAGE}/{id}"
    assert "Make sure that it is they who ask" in officer.get(one).text
    unsaid = officer.post(one, one, step="verify", why=" ")
    assert unsaid.status_code == 422 and "say how the identity" in unsaid.text
    text = officer.post(one, one, step="verify", why="seen in person").text
    assert "You verified the identity" in text and "seen in person" in text and "erase-now" not in text
    assert "Recorded." in officer.post(one, one, step="extend", why="many systems").text
    assert 'value="extend"' not in officer.get(one).text, "once"
    assert "extended already" in officer.post(one, one, step="extend", why="again").text
    closed = officer.post(one, one, step="deny", why="=not ours").text
    assert "Nothing is left to do" in closed and 'name="step"' not in closed
    for did in ("took in a request", "verified an identity", "extended a request", "denied a request"):
        assert did in closed
    assert "No request" in officer.get(PAGE).text and "denied" in officer.get(f"{PAGE}?all=1").text
    log = people["auditor"].get("/console/s/default/audit?kind=").text
    assert "denied a request" in log and "ada@example.com" not in log
    sheet = people["auditor"].post(f"{PAGE}/sheet", f"{PAGE}?all=1")
    [row] = csv.DictReader(io.StringIO(sheet.content.decode("utf-8-sig")))
    assert (row["id"], row["state"], row["law"], row["reason"]) == (id, "denied", "gdpr", "'=not ours")
    assert row["received_at"].endswith("+00:00") and "ada" not in sheet.text and "u-7" not in sheet.text


def test_without_the_keys_of_the_pseudonyms_nobody_is_taken_in(weeks: Place, people: dict[str, Visitor]) -> None:
    """Under other keys nobody would be found, and a request would be closed that did nothing."""
    officer, path = people["privacy_officer"], weeks.config.data_dir / "keys" / "pii.json"
    keys, before = weeks.config.pseudonym_keys(), listed(officer)
    path.chmod(0o644)
    try:
        refused = officer.post(f"{PAGE}/open", PAGE, kind="erase", law="gdpr", email="ada@example.com")
        assert refused.status_code == 422 and "keys of the pseudonyms cannot be read here" in refused.text
        form = {"csrf": re.findall(r'name="csrf" value="([^"]+)"', officer.get(PAGE).text)[0], "kind": "erase",
                "law": "gdpr", "email": "ada@example.com"}  # fmt: skip
        assert "无法读取假名密钥" in officer.send(f"{PAGE}/open", form, headers={"accept-language": "zh-CN"}).text
    finally:
        path.chmod(0o600)
    assert weeks.config.pseudonym_keys() == keys
    assert listed(officer) == before


def test_what_cannot_be_done_is_said_in_the_readers_language(weeks: Place, people: dict[str, Visitor]) -> None:
    officer = people["privacy_officer"]
    nobody = officer.post(f"{PAGE}/open", PAGE, kind="erase", law="gdpr")
    assert nobody.status_code == 422 and "name whom it is about" in nobody.text
    chinese = {"accept-language": "zh-CN"}
    form = {
        "csrf": re.findall(r'name="csrf" value="([^"]+)"', officer.get(PAGE).text)[0],
        "kind": "erase",
        "law": "gdpr",
    }
    assert "请说明涉及何人" in officer.send(f"{PAGE}/open", form, headers=chinese).text
    one = f"{PAGE}/{opened(officer, 'erase', 'u-unverified')}"
    form["csrf"] = re.findall(r'name="csrf" value="([^"]+)"', officer.get(one).text)[0]
    unverified = officer.send(f"{one}/erase", form | {"when": "now"}, headers=chinese)
    assert unverified.status_code == 422 and "尚未核实身份" in unverified.text and out(weeks) == set()
    assert "there is no request" in officer.get(f"{PAGE}/nope").text
    assert "没有请求 nope" in officer.send(f"{PAGE}/nope", form | {"step": "deny", "why": "x"}, headers=chinese).text
    assert officer.post(f"{PAGE}/nope", PAGE, step="erase", why="x").status_code == 404
    assert officer.post(f"{PAGE}/nope", PAGE, step="deny", why="x").status_code == 422


def test_who_may(weeks: Place, people: dict[str, Visitor]) -> None:
    auditor = people["auditor"]
    assert auditor.get(PAGE).status_code == 200
    assert auditor.post(f"{PAGE}/open", PAGE, kind="erase", law="gdpr", user_id="u").status_code == 403
    id = opened(people["privacy_officer"], "access", "u-9")
    assert auditor.get(f"{PAGE}/{id}").status_code == 200 and 'name="step"' not in auditor.get(f"{PAGE}/{id}").text
    assert auditor.post(f"{PAGE}/{id}", PAGE, step="deny", why="x").status_code == 403
    other = weeks.inside("officer-elsewhere", "privacy_officer", sites=("other",))
    assert other.get(f"/console/s/other/requests/{id}").status_code == 404
    for role in ("viewer", "analyst", "admin"):
        assert people[role].get(PAGE).status_code == 403


def test_an_erasure_is_asked_for_by_somebody_else_and_the_gates_obey_at_once(
    weeks: Place, people: dict[str, Visitor]
) -> None:
    officer, approver = people["privacy_officer"], people["approver"]
    one = f"{PAGE}/{opened(officer, 'erase', 'u-gone')}"
    assert "identity was not verified" in officer.post(f"{one}/erase", one, when="now").text
    officer.post(one, one, step="verify", why="seen in person")
    refused = officer.post(f"{one}/erase", one, when="now")
    assert refused.status_code == 422 and "nobody erases whom they verified" in refused.text
    assert people["auditor"].post(f"{one}/erase", one, when="now").status_code == 403
    assert approver.post(one, one, step="deny", why="x").status_code == 403
    assert "set erase_at" in approver.post(f"{one}/erase", one, when="night").text
    assert out(weeks) == set()
    answer = approver.post(f"{one}/erase", one, when="now")
    assert answer.status_code == 303
    shown = approver.get(answer.headers["location"]).text
    assert "The loader takes it within seconds" in shown and "asked by the-approver" in shown
    assert 'hx-trigger="every 3s"' in shown and "erase-now" not in shown
    assert out(weeks) >= set(subjects_of(weeks.house.ring(), "default", None, "u-gone"))
    assert "being worked on" in approver.post(f"{one}/erase", one, when="now").text
    weeks.now += 120
    assert "does firsthand load (or up) run?" in approver.get(one).text
    log = people["auditor"].get("/console/s/default/audit").text
    assert "had a person erased" in log and "u-gone" not in log


def test_an_export_is_asked_for_and_fetched_by_who_may(weeks: Place, people: dict[str, Visitor]) -> None:
    officer = people["privacy_officer"]
    id = opened(officer, "access", "u-12")
    one = f"{PAGE}/{id}"
    officer.post(one, one, step="verify", why="seen")
    assert officer.post(f"{one}/ask", one, work="erase").status_code == 404
    assert officer.post(f"{one}/ask", one, work="lift").status_code == 422
    assert officer.post(f"{one}/file", one).status_code == 422
    assert officer.post(f"{one}/ask", one, work="export").status_code == 303
    name = f"{'a' * 32}.zip"
    with weeks.house.store.write() as connection:
        ms = int(weeks.now * 1000)
        work.claim(connection, "elsewhere:/srv", ms, work.due(connection, "elsewhere:/srv", ms))
        work.end(connection, id, ms, file=name, until=ms + 1000)
    assert "download" in officer.get(one).text
    away = officer.post(f"{one}/file", one)
    assert away.status_code == 422 and "the loader&#39;s machine elsewhere" in away.text
    folder = weeks.config.data_dir / work.EXPORTS
    folder.mkdir()
    (folder / name).write_bytes(b"PK" + bytes(300_000))
    assert people["auditor"].post(f"{one}/file", one).status_code == 403
    got = officer.post(f"{one}/file", one)
    assert got.content == b"PK" + bytes(300_000) and got.headers["cache-control"] == "no-store"
    assert f'filename="request-{id}.zip"' in got.headers["content-disposition"]
    assert "downloaded an export" in officer.get(one).text
    weeks.now += 2
    late = officer.get(one).text
    assert 'id="download"' not in late and "The file was deleted" in late
    assert officer.post(f"{one}/file", one).status_code == 422


def opened(officer: Visitor, kind: str, user: str) -> str:
    """A new request; its id."""
    before = listed(officer)
    officer.post(f"{PAGE}/open", PAGE, kind=kind, law="gdpr", user_id=user)
    [id] = listed(officer) - before
    return id


def listed(officer: Visitor) -> set[str]:
    """Ids of the open requests."""
    return set(re.findall(rf'href="{PAGE}/([0-9a-f-]{{36}})"', officer.get(PAGE).text))


def out(weeks: Place) -> set[str]:
    """Whom the gates refuse."""
    with weeks.house.store.read() as connection:
        return set(connection.execute(sa.select(change.c.subject).where(change.c.denied == ",*,")).scalars())
