"""Declared fields never pass, however they are written, and the fast look never misses what the walk would find."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consent.pii.declared import DECLARED, declared_class
from consent.pii.firewall import Scrubber
from consent.pii.hashing import Key
from consent.pii.look import hints
from tests.consent.pii.written import MARKER, NUMBER, address_objects, declared_names, objects_with_secrets

KEY = Key("t1", bytes(range(32)))


def _through(text: str, counts: dict[str, int] | None = None, person: bool = False) -> str:
    encoded = text.encode("utf-8", "surrogatepass")
    return Scrubber(KEY, {} if counts is None else counts).json(encoded, "properties", person).decode()


@given(objects_with_secrets())
@settings(max_examples=400, deadline=None)
def test_no_declared_value_passes(text: str) -> None:
    json.loads(text)
    left = _through(text)
    assert MARKER not in left
    assert str(NUMBER) not in left


@given(address_objects())
@settings(max_examples=300, deadline=None)
def test_no_address_passes_uncut(text: str) -> None:
    assert MARKER not in _through(text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.text(max_size=8) | declared_names() | st.sampled_from(["url", "Url ", "ſsn", "paßword"]), inner
        )
    ),
    max_leaves=6,
)


@given(st.dictionaries(st.text(max_size=8) | declared_names(), JSON, max_size=5), st.booleans())
@settings(max_examples=120, deadline=None)
def test_the_look_never_misses_a_declared_name(value: dict[str, object], ascii_only: bool) -> None:
    if hints(json.dumps(value, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")) is None:
        assert not [name for name in _names(value) if declared_class(name) not in (None, "url")]


def _names(value: object) -> list[str]:
    if isinstance(value, dict):
        return [*value, *(name for inner in value.values() for name in _names(inner))]
    return [name for inner in value for name in _names(inner)] if isinstance(value, list) else []


@pytest.mark.parametrize("name", sorted(DECLARED))
def test_each_name_is_seen_plain_and_spelled(name: str) -> None:
    for spelled in (name, name.upper(), name.title(), "_".join(name), f" {name} ", f"-{name}."):
        assert declared_class(spelled) is not None
        assert hints(json.dumps({spelled: "x"}, ensure_ascii=False).encode())
        assert hints(json.dumps({"a": [{"b": {spelled: 1}}]}, ensure_ascii=False).encode())


@pytest.mark.parametrize(
    "plain",
    [
        {"sku": "tea-1", "price": 3.5, "note": "write to the mail office", "list": ["email", "phone"]},
        {"mailing_list": True, "telemetry": 1, "ship": "Ada", "tokens": 3, "zip": "1"},
        {"url": "https://shop.example/p/tea", "referrer": ""},
        {},
    ],
)
def test_the_common_event_is_not_walked(plain: dict[str, object]) -> None:
    """The fast look has to say no most of the time, or it is not one."""
    assert hints(json.dumps(plain).encode()) is None


@given(objects_with_secrets())
@settings(max_examples=100, deadline=None)
def test_scrubbing_twice_is_scrubbing_once(text: str) -> None:
    once = _through(text)
    assert json.loads(_through(once)) == json.loads(once)


def test_a_long_text_before_a_declared_field_hides_nothing() -> None:
    """Many half-matches before it: a matcher that ran out of its memory would say no."""
    half = "".join(f'"{n[:-1]}":1,"{n[0].upper()}_{n[1:-1]}-":2,' for n in DECLARED if n.isascii())
    assert hints(("{" + half * 8 + '"email":"x"}').encode())


@pytest.mark.parametrize("container", ["traits", "customer", "Shipping_Address", "user"])
def test_a_name_below_a_person_goes_and_a_products_stays(container: str) -> None:
    text = json.dumps({"name": "Teapot", container: [{"name": MARKER, "plan": "pro", "more": {"Address": MARKER}}]})
    assert json.loads(_through(text)) == {"name": "Teapot", container: [{"plan": "pro", "more": {}}]}


def test_the_traits_of_a_person_are_one() -> None:
    counts: dict[str, int] = {}
    assert json.loads(_through(json.dumps({"name": MARKER, "plan": "pro"}), counts, person=True)) == {"plan": "pro"}
    assert counts == {"properties.name:name:drop:declared": 1}
