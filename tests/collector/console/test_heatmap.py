"""The arithmetic of the page PII."""

from datetime import UTC, datetime, timedelta

from collector.console.heatmap import (
    CLASS_ORDER,
    LEVELS,
    MOST_FIELDS,
    Cell,
    cell_of,
    class_action,
    classes_of,
    course_of,
    heat_of,
    rules_of,
)
from collector.findings import NEVER, Found
from consent.pii.policy import DEFAULT, Entry, policy_of
from consent.pii.rules import PII_RULES

HOUR = datetime(2026, 3, 4, 12, tzinfo=UTC)


def one(field: str, cls: str = "email", times: int = 1, action: str = "hash", rule: str = "email", hours: int = 0,
        source: str = "shop") -> Found:  # fmt: skip
    return Found(HOUR + timedelta(hours=hours), source, field, cls, action, rule, times)


def test_fields_by_class_the_most_frequent_first_and_nothing_rare_vanishes() -> None:
    heat = heat_of([one("a", times=1), one("b", times=1_000_000), one("b", "phone", 5, "shadow"), one("b", hours=1)])
    assert heat.classes == ["email", "phone"]
    assert [(name, total) for name, _, total in heat.rows] == [("b", 1_000_006), ("a", 1)]
    assert heat.rows[0][1] == {"email": Cell(1_000_001, 0, LEVELS), "phone": Cell(0, 5, 1)}
    assert heat.rows[1][1]["email"].level == 1
    assert (heat.acted, heat.shadow, heat.more) == (1_000_002, 5, 0)
    assert heat_of([]) == ([], [], 0, 0, 0)


def test_a_thousand_fields_are_counted_and_sixty_shown() -> None:
    heat = heat_of(one(f"f{n}") for n in range(MOST_FIELDS + 7))
    assert (len(heat.rows), heat.more, heat.acted) == (MOST_FIELDS, 7, MOST_FIELDS + 7)


def test_what_was_too_long_to_read_has_a_column_of_its_own() -> None:
    assert heat_of([one("a", "unread", rule="limit", action="truncate")]).classes == ["unread"]
    assert CLASS_ORDER[-1] == "unread"


def test_the_course_has_no_holes() -> None:
    found = [one("a", times=2), one("b", action="shadow"), one("a", times=4, hours=2)]
    hours = course_of(found, HOUR - timedelta(minutes=30), HOUR + timedelta(hours=2), days=False)
    assert [(at.hour, acted, shadow) for at, acted, shadow in hours] == [(11, 0, 0), (12, 2, 1), (13, 0, 0), (14, 4, 0)]
    days = course_of(found, HOUR - timedelta(days=1), HOUR + timedelta(hours=2), days=True)
    assert [(at.day, acted, shadow) for at, acted, shadow in days] == [(3, 0, 0), (4, 6, 1)]


def test_a_cell_by_rule_with_forms() -> None:
    forms = {one("a")._replace(hour=NEVER, times=0): ["xxx@xxx.xxx"]}
    cell = cell_of([one("a", times=2), one("a", times=3, hours=1), one("a", rule="other", times=9)], forms)
    assert [(c["rule"], c["times"], c["last"], c["forms"]) for c in cell] == [
        ("other", 9, HOUR, []), ("email", 5, HOUR + timedelta(hours=1), ["xxx@xxx.xxx"]),
    ]  # fmt: skip


def test_rules_and_classes_as_a_source_has_them() -> None:
    policy = policy_of([Entry(rule="email", mode="shadow"), Entry(cls="email", action="drop"),
                        Entry(field="properties.note", cls="email", action="keep")], off=["plate"])  # fmt: skip
    rules = {rule["name"]: rule for rule in rules_of(policy, [one("a", times=3), one("a", action="shadow", times=2)])}
    assert len(rules) == len(PII_RULES)
    assert (rules["email"]["mode"], rules["plate"]["mode"], rules["imei"]["mode"]) == ("shadow", "off", "on")
    assert (rules["email"]["acted"], rules["email"]["shadow"]) == (3, 2)
    assert (class_action(policy, "email"), class_action(DEFAULT, "email")) == ("drop", "hash")
    email = next(c for c in classes_of(policy, [one("a")]) if c["name"] == "email")
    assert email == {"name": "email", "usual": "hash", "action": "drop", "times": 1}
