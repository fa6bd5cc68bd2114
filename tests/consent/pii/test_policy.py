"""What a source may say about its fields; a word that is not known is an error, never a default."""

import pytest

from consent.pii.policy import DEFAULT, Entry, PolicyError, policy_of


def test_the_default_is_the_classes_own() -> None:
    assert DEFAULT.action("email", "properties.x") == "hash"
    assert DEFAULT.action("card", "properties.x") == "drop"


def test_the_last_entry_that_fits_decides() -> None:
    policy = policy_of(
        [
            Entry(cls="email", action="drop"),
            Entry(field="properties.a.*", action="keep"),
            Entry(field="properties.a.b", cls="email", action="mask"),
        ]
    )
    assert policy.action("email", "properties.x") == "drop"
    assert policy.action("email", "properties.a.c") == "keep"
    assert policy.action("email", "properties.a.b") == "mask"
    assert policy.action("phone", "properties.a.b") == "keep"
    assert policy.action("email", "properties.a.b.c") == "drop"


def test_a_source_overrules_what_all_sources_shadow() -> None:
    policy = policy_of([Entry(rule="plate", mode="on")], shadow=["plate"], off=["iban"])
    assert (len(policy.shadow), len(policy.off)) == (0, 1)


@pytest.mark.parametrize(
    ("entry", "word"),
    [
        (Entry(cls="mail", action="drop"), "'mail'"), (Entry(cls="email", action="hide"), "'hide'"), (Entry(rule="emial", mode="off"), "'emial'"),
        (Entry(rule="email", mode="quiet"), "'quiet'"), (Entry(field="note", action="drop"), "'note'"), (Entry(cls="email"), "class and action"),
        (Entry(), "class and action"), (Entry(field="properties.x", declare="mail"), "'mail'"), (Entry(rule="email", action="drop"), "class and action"),
    ],
)  # fmt: skip
def test_unknown_words_are_errors(entry: Entry, word: str) -> None:
    with pytest.raises(PolicyError, match=word):
        policy_of([entry])


def test_unknown_rules_of_the_settings_are_errors() -> None:
    with pytest.raises(PolicyError, match="'nope'"):
        policy_of([], shadow=["nope"])
