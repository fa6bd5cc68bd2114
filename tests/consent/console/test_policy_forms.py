"""Forms of the policy editor: what is typed is what is meant, or it is said what is wrong."""

import pytest

from consent.console.forms import Form
from consent.console.policy_forms import part_of, with_part, without
from consent.policy import PolicyError, checked
from consent.presets import preset

PURPOSE = [("id", "surveys"), ("kind", "separate"), ("locale", "en"), ("newTitle", "Surveys"), ("gpc", "deny"),
           ("method", "asking"), ("piiCategories", "contact\nanswers"), ("recipients", ""),
           ("retention", "standard")]  # fmt: skip


def test_a_purpose_is_added_changed_and_taken_away() -> None:
    added = with_part(preset(), "purpose", "", Form(PURPOSE))
    made = added.purposes[-1]
    assert (made.id, made.kind, made.gpc, made.pii_categories) == (
        "surveys",
        "separate",
        "deny",
        ("contact", "answers"),
    )
    assert made.texts["en"].title == "Surveys"
    changed = with_part(added, "purpose", "surveys", Form([*PURPOSE, ("title.en", "Polls"), ("description.en", "<b>")]))
    assert changed.purposes[-1].texts["en"].description == "" or changed.purposes[-1].texts["en"].title == "Surveys"
    assert without(added, "purpose", "surveys") == preset()
    checked(added)


def test_wording_asks_nobody_again_and_meaning_does() -> None:
    before = next(p for p in preset().purposes if p.id == "analytics")
    typed = [("id", "analytics"), ("method", before.method), ("piiCategories", "\n".join(before.pii_categories)),
             ("title.en", "Counting"), ("description.en", "We count."), ("retention", "standard")]  # fmt: skip
    reworded = with_part(preset(), "purpose", "analytics", Form(typed))
    after = next(p for p in reworded.purposes if p.id == "analytics")
    assert after.texts["en"].title == "Counting" and after.version == before.version
    widened = with_part(preset(), "purpose", "analytics", Form([*typed, ("recipients", "ignored: the first counts")]))
    assert next(p for p in widened.purposes if p.id == "analytics").version != before.version


def test_a_notice_keeps_its_lines_and_its_language() -> None:
    typed = [("id", "main"), ("locale", "nl"), ("title", "T"), ("body", "one\r\n\r\ntwo"), ("url", "")]
    labels = [(f"label.{n}", n) for n in ("acceptAll", "rejectAll", "save", "preferences", "withdraw", "close")]
    made = with_part(preset(), "notice", "", Form(typed + labels)).notices[-1]
    assert (made.locale, made.body, made.url, made.labels.accept_all) == ("nl", "one\n\ntwo", None, "acceptAll")
    with pytest.raises(PolicyError):
        with_part(preset(), "notice", "", Form(typed + labels[1:]))
    with pytest.raises(PolicyError):
        with_part(preset(), "notice", "", Form([*typed[:-1], ("url", "javascript:alert(1)"), *labels]))


def test_a_jurisdiction_with_exceptions() -> None:
    typed = [("id", "jp"), ("regions", "JP，KR  TW"), ("default", "opt_out"), ("mode.marketing", "opt_in"),
             ("kind.marketing", ""), ("pending", "drop"), ("ttlDays", "90"), ("childUnder", ""),
             ("notice", "main")]  # fmt: skip
    made = with_part(preset(), "jurisdiction", "", Form(typed)).jurisdictions[-1]
    assert made.regions == ("JP", "KR", "TW")
    assert (made.mode, made.modes, made.kinds, made.gpc, made.child_under) == (
        "opt_out",
        {"marketing": "opt_in"},
        {},
        False,
        None,
    )
    with pytest.raises(PolicyError, match="whole number"):
        with_part(preset(), "jurisdiction", "", Form([*typed[:6], ("ttlDays", "ninety")]))


def test_the_general_part() -> None:
    typed = [("name", "Shop"), ("contact", "x"), ("url", ""), ("proof", "token"), ("reconsent", "hard"),
             ("retention", "standard 100\nshort 7")]  # fmt: skip
    made = with_part(preset(), "general", "", Form(typed))
    assert (made.controller.name, made.proof, made.retention) == ("Shop", "token", {"standard": 100, "short": 7})
    assert made.purposes == preset().purposes


@pytest.mark.parametrize(
    ("part", "key", "fields"),
    [
        ("purpose", "", [("id", "Not An Id"), ("locale", "en"), ("newTitle", "x")]),
        ("purpose", "", [("id", "analytics"), ("locale", "en"), ("newTitle", "x")]),
        ("purpose", "surveys", PURPOSE),
        ("purpose", "", [("id", "surveys"), ("kind", "optional")]),
        ("jurisdiction", "", [("id", "x"), ("regions", "Germany"), ("ttlDays", "1"), ("notice", "main")]),
        ("general", "", [("proof", "none"), ("reconsent", "hard"), ("retention", "standard 1")]),
    ],
)
def test_what_cannot_be_used_is_said(part: str, key: str, fields: list[tuple[str, str]]) -> None:
    with pytest.raises(PolicyError):
        with_part(preset(), part, key, Form(fields))


def test_parts_to_edit() -> None:
    assert part_of(preset(), "notice", "main.de")["locale"] == "de"
    assert part_of(preset(), "purpose", "") == {}
    with pytest.raises(PolicyError):
        part_of(preset(), "purpose", "nothing")
