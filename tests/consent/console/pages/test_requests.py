"""The page Requests: taken in, verified, extended, denied, listed, and nobody's address anywhere."""

import csv
import io
import re

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
    assert f"firsthand dsr erase {id}" in text and "seen in person" in text
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


def test_what_cannot_be_done_is_said_in_the_readers_language(people: dict[str, Visitor]) -> None:
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
    assert "there is no request" in officer.get(f"{PAGE}/nope").text
    assert officer.post(f"{PAGE}/nope", PAGE, step="erase", why="x").status_code == 404
    assert officer.post(f"{PAGE}/nope", PAGE, step="deny", why="x").status_code == 422


def test_who_may(weeks: Place, people: dict[str, Visitor]) -> None:
    auditor = people["auditor"]
    assert auditor.get(PAGE).status_code == 200
    assert auditor.post(f"{PAGE}/open", PAGE, kind="erase", law="gdpr", user_id="u").status_code == 403
    text = people["privacy_officer"].post(f"{PAGE}/open", PAGE, kind="access", law="pipl", user_id="u-9").text
    [id] = re.findall(rf'href="{PAGE}/([0-9a-f-]{{36}})"', text)
    assert auditor.get(f"{PAGE}/{id}").status_code == 200 and 'name="step"' not in auditor.get(f"{PAGE}/{id}").text
    assert auditor.post(f"{PAGE}/{id}", PAGE, step="deny", why="x").status_code == 403
    other = weeks.inside("officer-elsewhere", "privacy_officer", sites=("other",))
    assert other.get(f"/console/s/other/requests/{id}").status_code == 404
    for role in ("viewer", "analyst", "approver", "admin"):
        assert people[role].get(PAGE).status_code == 403
