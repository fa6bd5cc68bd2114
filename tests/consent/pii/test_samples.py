"""Forms of values: enough to judge a rule by, and nothing of the value."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.pii.firewall import Scrubber
from consent.pii.hashing import Key
from consent.pii.policy import Entry, policy_of
from consent.pii.samples import FORMS, LOOKS, MOST_CHARS, MOST_PLACES, Samples, form_of

KEY = Key("t1", b"k" * 32)


@pytest.mark.parametrize(
    ("value", "form"),
    [
        ("Ada@example.com", "Xxx@xxxxxxx.xxx"),
        ("138-0013-8000", "999-9999-9999"),
        ("北京市朝阳区8号", "字字字字字字9字"),
        ("１３８", "999"),
        ("a" * 50, "x" * MOST_CHARS + "…"),
        ("a\nb\u200bc%3D", "xxxxxx9X"),
    ],
)
def test_a_form(value: str, form: str) -> None:
    assert form_of(value) == form


@given(st.text(max_size=60))
def test_no_letter_and_no_digit_of_a_value_is_in_its_form(value: str) -> None:
    form = form_of(value)
    assert set(form) <= set("9xX字…" + " .,:;-_/@+()#*'\"&=?，。：；、（）")
    assert not set(form) & (set(string.ascii_letters + string.digits) - set("9xX"))


def test_some_forms_of_each_place_and_not_for_ever() -> None:
    samples = Samples()
    for length in range(1, 9):
        samples.note("a", "phone", "9" * length)
    assert len(samples.forms["a"]) == FORMS
    for _ in range(LOOKS):
        samples.note("b", "phone", "1")
    samples.note("b", "phone", "22")
    assert samples.forms["b"] == ["9"], "after so many looks nobody looks any more"
    for place in range(2 * MOST_PLACES):
        samples.note(f"p{place}", "phone", "1")
    assert len(samples.forms) <= MOST_PLACES


def test_the_firewall_leaves_forms_of_what_it_did_and_of_what_it_would_have_done_but_not_of_secrets() -> None:
    counts: dict[str, int] = {}
    samples = Samples()
    policy = policy_of([Entry(rule="email", mode="shadow")])
    scrubber = Scrubber(KEY, counts, policy, samples)
    scrubber.json(b'{"note":"to ada@example.com","phone":"13800138000","password":"hunter2"}', "properties")
    assert samples.forms == {
        "properties.note:email:shadow:email": ["xxx@xxxxxxx.xxx"],
        "properties.phone:phone:hash:declared": ["99999999999"],
    }
    assert counts.keys() == {*samples.forms, "properties.password:secret:drop:declared"}
