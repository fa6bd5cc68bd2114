"""The page Policy: what is in force, drafts, history, and the way back."""

import re

from tests.consent.console.visitors import Place, Visitor

BASE = "/console/s/default/policy"


def draft_of(answer: object) -> str:
    location: str = answer.headers["location"]  # type: ignore[attr-defined]
    found = re.fullmatch(rf"{BASE}/draft/([\w-]+)(\?said=\w+)?", location)
    assert found, location
    return found[1]


def test_it_shows_what_is_in_force_and_all_that_was(weeks: Place, people: dict[str, Visitor]) -> None:
    text = people["viewer"].get(BASE).text
    assert "Version 1" in text and "in force" in text and "The shipped policy" in text
    assert "<form" not in text.partition('<main id="main"')[2]
    assert "GDPR 6(1)(a)" in people["viewer"].get(f"{BASE}/version/1").text


def test_numbers_that_are_none_are_not_found(people: dict[str, Visitor]) -> None:
    viewer = people["viewer"]
    assert viewer.get(f"{BASE}/version/x").status_code == 404
    assert viewer.get(f"{BASE}/version/99").status_code == 422
    assert viewer.get(f"{BASE}/draft/nothing").status_code == 422


def test_the_way_back_is_a_draft_that_somebody_else_approves(weeks: Place, people: dict[str, Visitor]) -> None:
    officer, approver = people["privacy_officer"], people["approver"]
    draft = draft_of(officer.post(f"{BASE}/new", BASE, comment="Tokens"))
    page = f"{BASE}/draft/{draft}"
    officer.post(f"{page}/part/general", page, seen=seen(officer, f"{page}/part/general"), proof="token",
                 reconsent="prompt", retention="standard 395")  # fmt: skip
    officer.post(f"{page}/submit", page, comment="Tokens")
    approver.post(f"{page}/publish", page)
    assert "Version 2" in officer.get(BASE).text
    in_force = officer.post(f"{BASE}/version/2/back", f"{BASE}/version/1")
    assert in_force.status_code == 422
    back = draft_of(officer.post(f"{BASE}/version/1/back", f"{BASE}/version/1"))
    assert "waits for approval" in officer.get(f"{BASE}/draft/{back}").text
    assert officer.post(f"{BASE}/draft/{back}/publish", BASE).status_code == 403
    done = approver.post(f"{BASE}/draft/{back}/publish", f"{BASE}/draft/{back}")
    assert done.headers["location"] == f"{BASE}/version/3?said=published"
    text = approver.get(f"{BASE}/version/3").text
    assert "Back to version 1" in text and "<del>&#34;token&#34;</del>" in text


def seen(visitor: Visitor, page: str) -> str:
    found = re.search(r'name="seen" value="(\d+)"', visitor.get(page).text)
    assert found
    return found[1]
