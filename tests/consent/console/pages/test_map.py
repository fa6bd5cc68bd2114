"""The page Events ↔ purposes: rules in their order, and what arrives without one."""

import re
from pathlib import Path

import pytest

from consent.admin import events
from consent.console.pages.map import rows_of, rules_of
from consent.model import EventRule, FieldRule
from consent.policy import PolicyError
from tests.consent.console.visitors import Place, Visitor, place

PAGE = "/console/s/default/map"


def basis(visitor: Visitor) -> str:
    found = re.search(r'name="basis" value="(\d+)"', visitor.get(PAGE).text)
    assert found
    return found[1]


def test_rules_as_rows_and_back() -> None:
    rules = (
        EventRule("Order *", "necessary", (FieldRule("properties.email", "marketing"),)),
        EventRule("*", "analytics"),
    )
    assert rules_of(rows_of(rules)) == rules


@pytest.mark.parametrize("fields", ["properties.email", "email marketing", "properties.a.b marketing", "a b c"])
def test_field_rules_that_are_none(fields: str) -> None:
    with pytest.raises(PolicyError):
        rules_of([("Order *", "necessary", fields)])


def test_before_a_policy_there_is_nothing_to_map(tmp_path: Path) -> None:
    with place(tmp_path) as fresh:
        assert "There are no purposes yet" in fresh.inside("early", "privacy_officer").get(PAGE).text


def test_an_alarm_one_click_and_the_event_is_in_the_map(weeks: Place, people: dict[str, Visitor]) -> None:
    officer = people["privacy_officer"]
    assert "stand in no rule: 2" in officer.get(PAGE).text
    saved = officer.post(PAGE, basis=basis(officer), add="Product Viewed", **{"for": "personalization"})
    assert saved.status_code == 303
    with weeks.house.store.read() as connection:
        rules = events.current(connection, "default")
    assert rules[0] == EventRule("Product Viewed", "personalization")
    assert len(rules) == 3


def test_the_whole_map_is_saved_in_its_order(weeks: Place, people: dict[str, Visitor]) -> None:
    officer = people["privacy_officer"]
    fields = {
        "match": ["B", "", "A *"],
        "purpose": ["marketing", "analytics", "analytics"],
        "fields": ["", "", "traits.x marketing"],
    }
    assert officer.post(PAGE, basis=basis(officer), **fields).status_code == 303
    with weeks.house.store.read() as connection:
        rules = events.current(connection, "default")
    assert [r.match for r in rules] == ["B", "A *"]
    assert rules[1].fields == (FieldRule("traits.x", "marketing"),)


def test_what_is_wrong_is_said_and_what_was_typed_stays(people: dict[str, Visitor]) -> None:
    officer = people["privacy_officer"]
    answer = officer.post(PAGE, basis=basis(officer), match="X", purpose="nothing", fields="")
    assert answer.status_code == 422
    assert 'value="X"' in answer.text


def test_a_map_that_somebody_changed_meanwhile_is_not_overwritten(people: dict[str, Visitor]) -> None:
    officer = people["privacy_officer"]
    old = basis(officer)
    officer.post(PAGE, basis=old, match="One", purpose="analytics", fields="")
    late = officer.post(PAGE, basis=old, match="Two", purpose="analytics", fields="")
    assert late.status_code == 422 and "meanwhile" in late.text


def test_a_viewer_sees_the_rules_and_no_form(people: dict[str, Visitor]) -> None:
    text = people["viewer"].get(PAGE).text
    assert "<code>" in text and 'name="match"' not in text
