"""What calls take from around them: scopes, registered properties, the consent resolver."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

import firsthand
from firsthand import Client, Problem
from firsthand.scope import current, received, scope
from firsthand.testing import Recorder, capture_events

YES = {"analytics": True}


def test_inner_scopes_add_to_outer_ones_and_the_call_wins() -> None:
    recorder = Recorder()
    with firsthand.context(user_id="u-1", anonymous_id="a-1", consent=YES, locale="de", timezone="UTC"):
        recorder.track("outer")
        with firsthand.context(user_id=2, locale="zh"):
            recorder.track("inner")
            recorder.track("call", user_id="u-3", context={"timezone": "Asia/Shanghai"})
        recorder.track("outer again")
    assert recorder.track("outside") is None
    found = [(e["event"], e["userId"], e["anonymousId"], e["context"]["locale"], e["context"]["timezone"])
             for e in recorder.events]  # fmt: skip
    assert found == [
        ("outer", "u-1", "a-1", "de", "UTC"),
        ("inner", "2", "a-1", "zh", "UTC"),
        ("call", "u-3", "a-1", "zh", "Asia/Shanghai"),
        ("outer again", "u-1", "a-1", "de", "UTC"),
    ]
    assert current.get() is None


def test_an_exception_ends_a_scope() -> None:
    with pytest.raises(KeyError), firsthand.context(user_id="u"):
        raise KeyError
    assert current.get() is None


def test_choices_of_the_call_replace_those_around_it_whole() -> None:
    recorder = Recorder()
    with firsthand.context(user_id="u", consent=YES):
        assert recorder.track("X", consent={"analytics": False}) is None
        assert recorder.track("X", consent={}) is None
        assert recorder.track("X") is not None


def test_gpc_around_denies_marketing() -> None:
    recorder = Recorder(consent_policy="server")
    with firsthand.context(user_id="u", consent={"marketing": True, "analytics": True}, gpc=True):
        assert recorder.track("X", context={"purpose": "marketing"}) is None
        assert recorder.track("X") is not None
    with firsthand.context(user_id="u", consent={"marketing": True}, gpc=True, purpose="marketing"):
        assert recorder.track("X") is None


def test_a_scope_travels_as_plain_values() -> None:
    carried = scope("u", "a", YES, {"locale": "de"}).carried()
    assert carried == {"user_id": "u", "anonymous_id": "a", "consent": YES, "context": {"locale": "de"}}
    again = received(carried)
    assert again is not None
    assert again.carried() == carried
    assert received(None) is received({}) is received({"context": 7}) is None


def test_registered_properties_go_with_tracks_pages_and_screens() -> None:
    recorder = Recorder()
    recorder.register({"plan": "pro", "price": Decimal("9.90")}, region="eu")
    for call in (recorder.track, recorder.page, recorder.screen):
        call("X", {"region": "cn"}, user_id="u", consent=YES)
    recorder.identify("u", {"a": 1}, consent=YES)
    recorder.unregister("plan", "no such thing")
    recorder.track("X", user_id="u", consent=YES)
    recorder.unregister()
    recorder.track("X", user_id="u", consent=YES)
    assert [e.get("properties") for e in recorder.events] == [
        *([{"plan": "pro", "price": 9.9, "region": "cn"}] * 3), None, {"price": 9.9, "region": "eu"}, None,
    ]  # fmt: skip


def test_the_functions_of_the_package_register_too() -> None:
    with capture_events() as events:
        firsthand.register(plan="pro")
        firsthand.track("X", user_id="u", consent=YES)
        firsthand.unregister()
        firsthand.track("X", user_id="u", consent=YES)
    assert [e.get("properties") for e in events] == [{"plan": "pro"}, None]


@pytest.mark.parametrize("policy", ["strict", "server"])
@pytest.mark.parametrize(
    ("answer", "strict", "server"),
    [
        (YES, True, True),
        ({"analytics": False}, False, False),
        ({"analytics": 1}, False, False),
        (None, False, True),
        ({}, False, True),
        (7, False, False),
        (RuntimeError("the ledger is away"), False, True),
    ],
)
def test_a_resolver_is_asked_when_nobody_else_knows(policy: str, answer: Any, strict: bool, server: bool) -> None:
    asked: list[tuple[str | None, str | None]] = []

    def resolve(user_id: str | None, anonymous_id: str | None) -> Any:
        asked.append((user_id, anonymous_id))
        if isinstance(answer, Exception):
            raise answer
        return answer

    recorder = Recorder(consent_policy=policy, consent_resolver=resolve)
    taken = recorder.track("X", user_id=7, anonymous_id="a") is not None
    assert taken == (strict if policy == "strict" else server)
    assert asked == [("7", "a")]
    recorder.track("X", user_id=7, consent=YES)
    with firsthand.context(user_id="u", consent=YES):
        recorder.track("X")
    assert len(asked) == 1, "who says it in the call or around it is believed"
    if isinstance(answer, Exception):
        assert recorder.problems[0] == Problem(
            "resolver", "RuntimeError", "consent_resolver raised; no choice is known"
        )


def test_a_client_is_a_context_manager(client_of: Callable[..., Client]) -> None:
    with client_of("http://127.0.0.1:9", exit_timeout=0) as client:
        assert client.track("X", user_id="u", consent=YES)
    assert client.track("X", user_id="u", consent=YES) is None
