"""One spelling, and names that follow from content."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.canonical import canonical, content_name

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec="ascii")), inner),
    max_leaves=12,
)


@given(JSON)
def test_as_any_language_would_spell_it(value: object) -> None:
    spelt = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace")
    if b"\\u" not in spelt and b"\x7f" not in spelt:
        assert canonical(value) == spelt


@given(st.dictionaries(st.text(), st.integers()))
def test_order_does_not_matter(value: dict[str, int]) -> None:
    assert content_name("pv", value) == content_name("pv", dict(reversed(value.items())))


def test_a_fraction_has_no_one_spelling() -> None:
    with pytest.raises(TypeError):
        canonical({"a": [1.5]})


def test_names_are_pinned() -> None:
    assert content_name("pv", {"a": 1}) != content_name("pu", {"a": 1})
    assert content_name("no", {}) == "no1_IzS4og0rfIWe6mCPg-NZyQ"
