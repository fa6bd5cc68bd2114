"""Dead letters show a developer the shape of a message and nothing that a person said."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.outcome import Reason
from tests.collector.desk import KEY, Desk

WORDS = {"string", "number", "boolean", "null", "object", ":redacted"}
# No value may be taken for a name: each one carries a letter that no key has
SAID = st.text(max_size=12).map(lambda t: t + "Ω")
NAMES = st.text(max_size=8).map(lambda t: t.replace("Ω", "")) | st.sampled_from(
    ["type", "event", "userId", "properties", "context", "messageId", "13800138000", "ada@example.com"]
)
VALUES = st.recursive(
    SAID | st.integers(10**6, 10**9) | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=8,
)


def _texts(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set().union(*map(_texts, value.values())) if value else set()
    if isinstance(value, list):
        return set().union(*map(_texts, value)) if value else set()
    return {value} if isinstance(value, str) else {json.dumps(value)}


@given(st.dictionaries(NAMES, VALUES, max_size=6))
@settings(max_examples=120, deadline=None)
def test_no_value_appears_in_the_payload(shared_desk: Desk, message: dict[str, Any]) -> None:
    reply = shared_desk.batch(message | {"type": "nope"})
    assert reply.reasons == ["invalid"]
    (letter,) = reply.letters
    assert _texts(letter["payload"]) <= WORDS | {"nope"}
    assert "Ω" not in json.dumps(letter, ensure_ascii=False).replace(letter.get("message_id") or "", "")


@pytest.mark.parametrize("path", ["/v1/batch", "/v1/track"])
def test_the_shape_is_kept(desk: Desk, path: str) -> None:
    message = {
        "type": "track", "event": "Order Completed", "messageId": "m-1", "userId": ["x"],
        "properties": {"price": 3.5, "gift": True, "items": [{"sku": "a"}, 1], "none": None},
    }  # fmt: skip
    body = {"batch": [message], "writeKey": KEY} if path == "/v1/batch" else message | {"writeKey": KEY}
    (letter,) = desk.post(json.dumps(body).encode(), path).letters
    assert letter["reason"] == "invalid"
    assert letter["source_id"] == "shop"
    assert letter["message_id"] == "m-1"
    payload = {k: v for k, v in letter["payload"].items() if k != "writeKey"}
    assert payload == {
        "type": "track", "event": "Order Completed", "messageId": "string", "userId": ["string"],
        "properties": {"price": "number", "gift": "boolean", "items": [{"sku": "string"}], "none": "null"},
    }  # fmt: skip


@pytest.mark.parametrize(
    "name", ["ada@example.com", "Ordered by 13800138000", "x" * 65, "https://u:p@x.example?q", "+86 138", "1", " a", ""]
)
def test_an_event_name_that_looks_like_data_is_not_kept(desk: Desk, name: str) -> None:
    (letter,) = desk.batch({"type": "track", "event": name, "messageId": "m"}).letters
    assert letter["payload"]["event"] == "string"


@pytest.mark.parametrize("name", ["ada@example.com", "13800138000", "x" * 65, "a\nb", ""])
def test_a_key_that_looks_like_data_is_not_kept(desk: Desk, name: str) -> None:
    (letter,) = desk.batch({"type": "nope", "properties": {name: 1}}).letters
    assert letter["payload"]["properties"] == {":redacted": "number"}


@pytest.mark.parametrize("name", ["ada@example.com", "13800138000", "a\nb", "中文"])
def test_a_message_id_that_may_be_data_is_not_kept(desk: Desk, name: str) -> None:
    (letter,) = desk.batch({"type": "nope", "messageId": name}).letters
    assert letter.get("message_id") is None


def test_wide_deep_and_huge_messages_have_a_small_shape(desk: Desk) -> None:
    deep: Any = 1
    for _ in range(200):
        deep = {"d": deep}
    wide = {f"k{i}": i for i in range(2000)}
    reply = desk.batch({"type": "nope", "properties": deep, "traits": wide}, {"type": "nope", "x": "y" * 40_000})
    assert reply.reasons == ["invalid", "too_large"]
    assert all(len(json.dumps(letter)) < 3000 for letter in reply.letters)


@pytest.mark.parametrize("value", [None, 5, "text Ω", [], ["Ω"], True])
def test_what_is_no_object_has_a_letter_too(desk: Desk, value: Any) -> None:
    (letter,) = desk.batch(value).letters
    assert "Ω" not in json.dumps(letter, ensure_ascii=False)
    assert Reason(letter["reason"]) is Reason.INVALID
