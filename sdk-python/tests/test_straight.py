"""The straight way and the long way make the same event of the same call, and refuse the same calls."""

import dataclasses
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any
from unittest import mock
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import firsthand
from firsthand.straight import Straight, compact_encoder
from firsthand.testing import Recorder

YES = {"analytics": True}


@dataclasses.dataclass
class Basket:
    items: int
    password: str = "hunter2"


@contextmanager
def long_way_only() -> Iterator[None]:
    with mock.patch.object(Straight, "track", return_value=None):
        yield


def outcome(recorder: Recorder, *arguments: Any, **options: Any) -> Any:
    """What a call left behind, without what differs by nature (id and time)."""
    before = sum(recorder.stats().dropped.values())
    id_ = recorder.track(*arguments, **options)
    if id_ is None:
        assert sum(recorder.stats().dropped.values()) == before + 1
        return sorted(recorder.stats().dropped)
    event = recorder.events[-1]
    assert event.pop("messageId") == id_
    assert event.pop("timestamp").endswith("Z")
    return json.dumps(event)  # with the order of its keys


LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary(max_size=5), st.decimals(),
    st.just(Basket(2)), st.datetimes(), st.uuids(), st.builds(object), st.characters(categories=["Cs"]),
    st.sampled_from(["https://a:b@shop.example/p?q=1#x", "a@b.example", 'quote " and \\ and \n', "{[", "x" * 40_000]),
)  # fmt: skip
NAMES = st.one_of(
    st.sampled_from(["total", "password", "Access-Token", "url", "items", "page", ":x", "", '"', "é"]),
    st.text(max_size=4), st.integers(), st.none(),
)  # fmt: skip
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
                      max_leaves=8)  # fmt: skip
PROPERTIES = st.none() | st.dictionaries(NAMES, VALUES, max_size=4) | st.just([1]) | st.just(Basket(1))
IDS = st.sampled_from([None, "", "u-7", 7, True, 1.5, "x" * 257, 'a"b', "é", "\ud800", UUID(int=1)])
CONSENT = st.sampled_from([None, {}, YES, {"analytics": 1}, {"analytics": False}, {"marketing": True, "analytics":
True},
                           True, {1: True}])  # fmt: skip
EVENTS = st.sampled_from(["Order Completed", "", "$page", "x" * 201, None, 'with "quotes"', "下单", ["unhashable"]])
SCOPES = st.sampled_from([
    None,
    {"consent": YES}, {"user_id": "s-1", "anonymous_id": "a-1"}, {"purpose": "marketing"}, {"purpose": "necessary"},
    {"page": {"url": "https://shop.example/reset/9f8a7c6b5d4e3f2a1b0c9d8e7f6a5b4c?x=1", "title": "T"}, "gpc": True},
    {"locale": "zh", "token": "secret"}, {"context_of_ours": float("nan")}, {"purpose": 7},
])  # fmt: skip


@settings(max_examples=250, deadline=None)
@given(EVENTS, PROPERTIES, IDS, IDS, CONSENT, SCOPES, st.sampled_from(["strict", "server"]),
       st.sampled_from([{}, {"plan": "pro"}, {"password": "x"}]), st.booleans())  # fmt: skip
def test_both_ways_agree(event: Any, properties: Any, user: Any, anonymous: Any, consent: Any, scope: Any, policy: str,
                         registered: dict[str, Any], scrub: bool) -> None:  # fmt: skip
    call = {"user_id": user, "anonymous_id": anonymous, "consent": consent}
    found = []
    for long in (False, True):
        recorder = Recorder(consent_policy=policy, scrub=scrub)
        recorder.register(registered)
        with firsthand.context(**(scope or {})):
            if long:
                with long_way_only():
                    found.append(outcome(recorder, event, properties, **call))
            else:
                # the second time names and contexts are known, and the straight way is really taken
                outcome(recorder, event, properties, **call)
                found.append(outcome(recorder, event, properties, **call))
    assert found[0] == found[1]


PLAIN = {
    "order_id": "A-1001",
    "total": 9.9,
    "items": [{"sku": "A1", "price": Decimal("1.5")}],
    "at": datetime(2026, 1, 2),
}


def test_plain_calls_do_take_the_straight_way() -> None:
    recorder = Recorder()
    recorder.track("Order Completed", PLAIN, user_id="u", consent=YES)  # learns names and context
    with mock.patch.object(Recorder, "_message", side_effect=AssertionError("the long way")):
        assert recorder.track("Order Completed", PLAIN, user_id="u", consent=YES)
        with firsthand.context(user_id="u-2", consent=YES, locale="zh"):
            assert recorder.track("Order Completed", {"total": 1})
    assert recorder.events[-1]["userId"] == "u-2"
    assert recorder.events[-1]["context"]["locale"] == "zh"


def test_one_is_not_true_though_python_says_they_are_equal() -> None:
    recorder = Recorder()
    assert recorder.track("X", user_id="u", consent={"analytics": True})
    assert recorder.track("X", user_id="u", consent={"analytics": 1}) is None  # type: ignore[dict-item]
    assert recorder.track("X", user_id="u", consent={"analytics": True})


def test_what_a_caller_changes_later_changes_nothing() -> None:
    recorder = Recorder()
    choices, basket = dict(YES), {"items": [{"sku": "a"}]}
    for _ in range(2):
        recorder.track("X", basket, user_id="u", consent=choices)
        choices["analytics"] = False
        assert recorder.track("X", basket, user_id="u", consent=choices) is None
        choices["analytics"] = True
    basket["items"][0]["sku"] = "b"
    assert [e["properties"] for e in recorder.events] == [{"items": [{"sku": "a"}]}] * 2
    assert {json.dumps(e["context"]["consent"]) for e in recorder.events} == {
        '{"categoryPreferences": {"analytics": true}}'
    }


def test_caches_are_bounded() -> None:
    recorder = Recorder()
    for n in range(9_000):
        recorder.track(f"event {n}", {f"name {n}": 1}, user_id="u", consent={"analytics": True, f"p{n}": True})
    straight = recorder._straight
    assert len(straight._names) <= 4_096
    assert len(straight._pieces) <= 1_024
    assert len(recorder._scrubber.harmless) <= 8_192
    assert len(recorder.events) == 9_000


@pytest.mark.parametrize(
    "value", [{}, {"a": [1, {"b": 'ü\n"'}]}, "x", {"t": datetime(2026, 1, 1, tzinfo=timezone.utc)}]
)
def test_the_kept_encoder_is_the_standard_one(value: Any) -> None:
    standard = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=str)
    assert compact_encoder(str)(value) == standard.encode(value)
