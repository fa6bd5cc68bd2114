"""A draft: edited in parts, seen before it holds, published by somebody else."""

import re
from html import unescape

import pytest

from tests.consent.console.pages.test_policy import BASE, draft_of, seen
from tests.consent.console.visitors import Place, Visitor

HOSTILE = "</p><script>window.hurt=1</script><img src=x onerror=hurt()>"


@pytest.fixture
def draft(people: dict[str, Visitor]) -> str:
    made = draft_of(people["privacy_officer"].post(f"{BASE}/new", BASE, comment="a change"))
    return f"{BASE}/draft/{made}"


def purpose(visitor: Visitor, draft: str, **changed: str) -> dict[str, str]:
    """What the form of `marketing` sends when nothing is changed."""
    page = f"{draft}/part/purpose?key=marketing"
    text = visitor.get(page).text
    fields = dict(re.findall(r'<input id="[\w.-]+" name="([\w.-]+)" type="\w+" value="([^"]*)"', text))
    fields |= dict(re.findall(r'<textarea id="[\w.-]+" name="([\w.-]+)"[^>]*>\n([^<]*)</textarea>', text))
    return {k: unescape(v) for k, v in fields.items()} | {"seen": seen(visitor, page), "key": "marketing"} | changed


def test_a_part_is_changed_and_the_difference_is_shown(people: dict[str, Visitor], draft: str) -> None:
    officer = people["privacy_officer"]
    page = f"{draft}/part/purpose?key=marketing"
    sent = officer.post(f"{draft}/part/purpose", page, **purpose(officer, draft, **{"title.en": "Ads", "gpc": "deny"}))
    assert sent.headers["location"] == f"{draft}?said=saved"
    text = officer.get(draft).text
    assert "purposes[marketing].texts.en.title" in text and "<ins>&#34;Ads&#34;</ins>" in text


def test_what_is_wrong_is_said_beside_what_was_typed(people: dict[str, Visitor], draft: str) -> None:
    officer = people["privacy_officer"]
    page = f"{draft}/part/purpose?key=marketing"
    answer = officer.post(f"{draft}/part/purpose", page, **purpose(officer, draft, id="Not An Id"))
    assert answer.status_code == 422
    assert 'value="Not An Id"' in answer.text
    taken = officer.post(f"{draft}/part/purpose", page, **purpose(officer, draft, id="analytics"))
    assert "there is a purpose analytics already" in taken.text


def test_two_officers_do_not_overwrite_each_other_unseen(weeks: Place, people: dict[str, Visitor], draft: str) -> None:
    officer = people["privacy_officer"]
    page = f"{draft}/part/purpose?key=marketing"
    first, second = purpose(officer, draft), purpose(officer, draft, **{"title.en": "Second"})
    weeks.now += 1
    assert officer.post(f"{draft}/part/purpose", page, **first).status_code == 303
    assert officer.post(f"{draft}/part/purpose", page, **second).status_code == 409


def test_a_member_is_removed(people: dict[str, Visitor], draft: str) -> None:
    officer = people["privacy_officer"]
    page = f"{draft}/part/purpose?key=marketing"
    officer.post(f"{draft}/part/purpose", page, **purpose(officer, draft, remove="1"))
    assert "part/purpose?key=marketing" not in officer.get(draft).text


def test_nobody_publishes_what_they_wrote_whatever_their_roles(weeks: Place) -> None:
    both = weeks.inside("both", "privacy_officer", "approver")
    page = f"{BASE}/draft/{draft_of(both.post(f'{BASE}/new', BASE, comment='mine'))}"
    both.post(f"{page}/submit", page, comment="mine")
    assert "somebody else has to approve" in both.get(page).text
    answer = both.send(f"{page}/publish", {"csrf": re.findall(r'name="csrf" value="([^"]+)"', both.get(page).text)[0]})
    assert answer.status_code == 422 and "four-eyes" in answer.text


def test_it_is_sent_back_with_a_reason(people: dict[str, Visitor], draft: str) -> None:
    officer, approver = people["privacy_officer"], people["approver"]
    officer.post(f"{draft}/submit", draft, comment="a change")
    assert officer.get(draft).text.count("/part/purpose") == 0, "what is under review is not edited"
    approver.post(f"{draft}/reject", draft, comment="say who receives it")
    assert "sent back" in officer.get(draft).text
    assert "say who receives it" in people["auditor"].get("/console/s/default/audit").text


def test_the_preview_serves_the_draft_as_the_place_would_get_it(people: dict[str, Visitor], draft: str) -> None:
    viewer = people["viewer"]
    assert "PIPL" in viewer.get(f"{draft}/preview?region=CN").text
    california = viewer.get(f"{draft}/preview?region=US-CA&gpc=1").text
    assert "CCPA" in california
    unknown = viewer.get(f"{draft}/preview?region=%3Cscript%3E").text
    assert "<script>" not in unknown.partition("<main")[2]
    frame = viewer.get(f"{draft}/frame?region=CN&locale=zh-CN")
    assert "frame-ancestors 'self'" in frame.headers["content-security-policy"]
    assert "/banner.js" in frame.text and "cross_border" in frame.text


@pytest.mark.parametrize("name", ["title.en", "description.en"])
def test_texts_of_purposes_are_text_wherever_they_are_shown(people: dict[str, Visitor], draft: str, name: str) -> None:
    officer = people["privacy_officer"]
    page = f"{draft}/part/purpose?key=marketing"
    officer.post(f"{draft}/part/purpose", page, **purpose(officer, draft, **{name: HOSTILE}))
    for path in (draft, page, f"{draft}/preview", f"{draft}/frame"):
        text = officer.get(path).text
        assert "<script>window" not in text and "<img src=x" not in text, path
    assert "&lt;script&gt;window" in officer.get(draft).text


def test_a_draft_of_another_site_is_none(weeks: Place, people: dict[str, Visitor], draft: str) -> None:
    other = weeks.inside("other-site", "privacy_officer", "approver", sites=("other",))
    for path in (draft, f"{draft}/preview", f"{draft}/frame", draft.replace("default", "other")):
        assert other.get(path).status_code in (404, 422)
