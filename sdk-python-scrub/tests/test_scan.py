"""Total, idempotent, and nothing touched where nothing is found: for any JSON there may be."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firsthand_scrub import scan_object, scan_text, scrub
from firsthand_scrub.scan import MAX_CHARS, REDACTED

# Pieces that rules care for, glued in any order: values beside values, half values, values in escapes and in JSON
PIECES = st.sampled_from(
    [
        *("ada@example.com", "+8613800138000", "138-0013-8000", "手机", "phone ", "card ", "4111111111111111", "a.b"),
        *("11010519491231002X", "DE89370400440532013000", "219-09-1234", "password: ", "hunter2", '"email":', "order "),
        *("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0", "%40", "%2540", "%7B", "{", "}", "[", "]", '"', ":", ",", "id", " "),
        *("/", "1", "１３８", "＠", "\\", "%", "\ud800"),
    ]
)
TEXTS = st.lists(PIECES, max_size=8).map("".join) | st.text(max_size=30)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | TEXTS
NAMES = st.sampled_from(["email", "note", "name", "customer", "traits", "contact", "order_id", "ref", "n"]) | TEXTS
VALUES = st.recursive(SCALARS, lambda v: st.lists(v, max_size=3) | st.dictionaries(NAMES, v, max_size=3), max_leaves=8)
OBJECTS = st.dictionaries(NAMES, VALUES, max_size=4)


def written(value: Any) -> str:
    return json.dumps(value)


def a_text(text: str, field: str) -> None:
    once = scan_text(text, field)
    assert scan_text(once, field) is once


def an_object(value: dict[str, Any], person: bool) -> None:
    before = copy.deepcopy(value)
    once = scan_object(value, person)
    assert written(value) == written(before)
    assert once is value or written(once) != written(value)
    assert scan_object(once, person) is once


def a_message(value: dict[str, Any], person: bool) -> None:
    part = "traits" if person else "properties"
    message = {"type": "track", "event": "X", part: value, "context": {"page": value, **value}}
    once = scrub(message)
    assert scrub(once) is once


@pytest.mark.parametrize("examples", [40, pytest.param(1_000, marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    ("what", "of"),
    [(a_text, (TEXTS, TEXTS)), (an_object, (OBJECTS, st.booleans())), (a_message, (OBJECTS, st.booleans()))],
    ids=["text", "object", "message"],
)
def test_what_comes_out_goes_in_again_unchanged(what: Callable[..., None], of: tuple[Any, ...], examples: int) -> None:
    settings(max_examples=examples, deadline=None)(given(*of)(what))()


JUNK = st.binary(max_size=3) | st.complex_numbers() | st.builds(object) | st.sets(st.integers(), max_size=2)


@given(st.dictionaries(st.integers() | st.none() | NAMES, JUNK | st.tuples(SCALARS, JUNK) | VALUES, max_size=4))
@settings(max_examples=30, deadline=None)
def test_what_json_does_not_know_is_not_let_through(value: dict[Any, Any]) -> None:
    json.dumps(scan_object(value))


def test_what_is_not_looked_at_does_not_pass() -> None:
    deep: Any = "x"
    for _ in range(30):
        deep = [deep]
    assert scan_text("x" * (MAX_CHARS + 1)) == REDACTED
    assert written(scan_object({"deep": deep})).count("[") == 17
    nested = '{"email":"x"}'
    for _ in range(3):
        nested = json.dumps({"q": nested})
    assert "email" not in written(scan_object({"q": nested}))
    ring: list[Any] = []
    ring.append(ring)
    assert REDACTED in written(scan_object({"ring": ring}))
    assert scan_object({"q": "[" * 20_000 + "]" * 12_000}) in ({"q": REDACTED}, {"q": "[" * 20_000 + "]" * 12_000})


def test_a_name_that_stands_twice_hides_nothing() -> None:
    assert scan_object({"q": '{"note":"ada@example.com","note":"x"}'}) == {"q": '{"note":"x"}'}


def test_json_in_percent_escapes_is_read_as_json_where_anything_is_found() -> None:
    assert scan_object({"q": '%7B"email":"x","n":"ada@example.com"%7D'}) == {"q": '{"n":":redacted"}'}


def test_a_number_is_found_however_it_is_kept() -> None:
    assert scan_object({"phone no": 1, "contact": 13800138000.0}) == {"phone no": 1, "contact": REDACTED}
    assert scan_object({"contact": [13800138000, 10**400, 1.5]}) == {"contact": [REDACTED, 10**400, 1.5]}


def test_a_value_beside_a_value_is_found_as_well() -> None:
    assert scan_text("password: ada@example.com/1") == "password: :redacted"
