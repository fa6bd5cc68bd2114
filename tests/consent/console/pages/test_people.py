"""The page People: what holds for one person, and withdrawing for them."""

import re

from tests.consent.console.seeds import Said, choose
from tests.consent.console.visitors import NOW, Place, Visitor

PAGE = "/console/s/default/people"


def test_a_person_is_looked_up_and_everything_withdrawn(weeks: Place, people: dict[str, Visitor]) -> None:
    officer = people["privacy_officer"]
    choose(weeks.house, NOW - 60, Said("device-of-anna"))
    found = officer.post(PAGE, anonymous="device-of-anna")
    subject = re.search(r'name="subject" value="(s1\.[^"]+)"', found.text)
    assert subject and 'class="tag good">granted' in found.text
    fields = {"anonymous": "device-of-anna", "subject": subject[1]}
    done = officer.send(
        f"{PAGE}/withdraw", {"csrf": re.findall(r'name="csrf" value="([^"]+)"', found.text)[0], **fields}
    )
    assert "Withdrawn." in done.text
    assert 'class="tag good">granted' not in done.text
    audit = people["auditor"].get("/console/s/default/audit").text
    assert "withdrew for a person" in audit
    assert "device-of-anna" not in audit and subject[1] not in audit


def test_a_subject_that_was_not_looked_up_is_not_withdrawn(weeks: Place, people: dict[str, Visitor]) -> None:
    officer = people["privacy_officer"]
    choose(weeks.house, NOW - 55, Said("device-of-bert"))
    text = officer.post(PAGE, anonymous="device-of-bert").text
    subject = re.search(r'name="subject" value="(s1\.[^"]+)"', text)
    assert subject
    other = officer.post(f"{PAGE}/withdraw", PAGE, anonymous="device-of-nobody", subject=subject[1])
    assert other.status_code == 422
    assert "granted" in officer.post(PAGE, anonymous="device-of-bert").text


def test_nobody_is_found_under_what_nobody_is(people: dict[str, Visitor]) -> None:
    text = people["privacy_officer"].post(PAGE, user="' or '1'='1", anonymous="%").text
    assert text.count("Nothing was chosen under this id") == 2


def test_only_officers_look_people_up(people: dict[str, Visitor]) -> None:
    for role in ("viewer", "analyst", "approver", "auditor", "admin"):
        assert people[role].get(PAGE).status_code == 403
