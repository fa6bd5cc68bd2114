"""The page Requests: taken in, verified, extended, denied, and nobody's address on it."""

import re

from tests.consent.console.visitors import Place, Visitor

PAGE = "/console/s/default/requests"


def test_a_request_is_taken_in_and_decided(weeks: Place, people: dict[str, Visitor]) -> None:
    officer = people["privacy_officer"]
    assert "No request" in officer.get(PAGE).text
    text = officer.post(f"{PAGE}/open", PAGE, kind="erase", law="gdpr", email="ada@example.com", user_id="u-7").text
    assert "Taken in" in text and "identity not verified" in text
    assert "ada@example.com" not in text
    [id] = re.findall(r"<code>([0-9a-f-]{36})</code></th>", text)
    assert "say how the identity" in officer.post(f"{PAGE}/step", PAGE, id=id, step="verify", why=" ").text
    text = officer.post(f"{PAGE}/step", PAGE, id=id, step="verify", why="seen in person").text
    assert f"firsthand dsr erase {id}" in text
    assert "Recorded." in officer.post(f"{PAGE}/step", PAGE, id=id, step="extend", why="many systems").text
    assert "extended already" in officer.post(f"{PAGE}/step", PAGE, id=id, step="extend", why="again").text
    assert "No request" in officer.post(f"{PAGE}/step", PAGE, id=id, step="deny", why="not ours").text
    assert "denied" in officer.get(f"{PAGE}?all=1").text
    audit = people["auditor"].get("/console/s/default/audit?kind=").text
    assert "dsr.deny" in audit and "ada@example.com" not in audit


def test_what_cannot_be_done_is_said(people: dict[str, Visitor]) -> None:
    officer = people["privacy_officer"]
    assert "name whom it is about" in officer.post(f"{PAGE}/open", PAGE, kind="erase", law="gdpr").text
    assert "there is no request" in officer.post(f"{PAGE}/step", PAGE, id="nope", step="deny", why="x").text
    assert officer.post(f"{PAGE}/step", PAGE, id="nope", step="erase", why="x").status_code == 404


def test_who_may(people: dict[str, Visitor]) -> None:
    assert people["auditor"].get(PAGE).status_code == 200
    assert people["auditor"].post(f"{PAGE}/open", PAGE, kind="erase", law="gdpr", user_id="u").status_code == 403
    for role in ("viewer", "analyst", "approver", "admin"):
        assert people[role].get(PAGE).status_code == 403
