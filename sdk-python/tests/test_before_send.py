"""The hook that sees each message last: what it may do, and what becomes of a message when it does what it may not."""

import asyncio
import json
import threading
from typing import Any

import pytest
from tests.contract.scripted import Scripted

import firsthand
from firsthand import AsyncClient, Client, SettingsError
from firsthand.protocol import DROPPED
from firsthand.testing import DryRun, Recorder

YES = {"analytics": True}
Message = dict[str, Any]


def test_it_changes_each_message_on_the_callers_thread() -> None:
    seen: list[tuple[int, str]] = []

    def hook(message: Message) -> Message:
        seen.append((threading.get_ident(), message["type"]))
        return {**message, "context": {**message["context"], "release": "7"}}

    recorder = Recorder(before_send=hook)
    recorder.track("X", {"n": 1}, user_id="u", consent=YES)
    recorder.page("Home", user_id="u", consent=YES)
    recorder.identify("u", {"plan": "pro"}, consent=YES)
    assert seen == [(threading.get_ident(), kind) for kind in ("track", "page", "identify")]
    assert [event["context"]["release"] for event in recorder.events] == ["7"] * 3


def test_it_gets_plain_json_of_its_own() -> None:
    properties = {"when": firsthand.Stats, "nan": float("nan"), "list": [1]}

    def hook(message: Message) -> Message:
        json.dumps(message, allow_nan=False)
        message["properties"]["list"].append(2)
        return message

    recorder = Recorder(before_send=hook)
    recorder.track("X", properties, user_id="u", consent=YES)
    assert recorder.events[0]["properties"]["list"] == [1, 2]
    assert properties["list"] == [1]


def test_a_veto_is_counted_and_not_told() -> None:
    recorder = Recorder(before_send=lambda message: None if message["event"] == "No" else message)
    assert recorder.track("No", user_id="u", consent=YES) is None
    assert recorder.track("Yes", user_id="u", consent=YES)
    assert [event["event"] for event in recorder.events] == ["Yes"]
    assert dict(recorder.stats().dropped) == {"before_send": 1}
    assert recorder.problems == []
    assert "before_send" in DROPPED


def raises(_message: Message) -> Message:
    raise RuntimeError("ada@example.com")


WRONG: dict[str, Any] = {
    "raises": raises,
    "text": lambda _: "x",
    "true": lambda _: True,
    "list": lambda message: [message],
    "empty": lambda _: {},
    "another type": lambda message: {**message, "type": "page"},
    "another id": lambda message: {**message, "messageId": "x"},
    "changed in place": lambda message: message.update(messageId="x") or message,
    "no context": lambda message: {**message, "context": None},
    "nobody": lambda message: {**message, "userId": ""},
    "a purpose that is none": lambda message: {**message, "context": {"purpose": ["analytics"]}},
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_message_is_dropped_counted_told_and_never_raised(name: str) -> None:
    recorder = Recorder(before_send=WRONG[name])
    for _ in range(2):
        assert recorder.track("X", {"mail": "ada@example.com"}, user_id="u", consent=YES) is None
    assert recorder.events == []
    assert dict(recorder.stats().dropped) == {"before_send": 2}
    (problem,) = recorder.problems
    assert (problem.kind, problem.reason) == ("dropped", "before_send")
    assert "ada" not in problem.detail


def test_what_a_hook_adds_is_scrubbed_cut_and_asked_for_consent_like_the_rest() -> None:
    def adds(message: Message) -> Message:
        return {**message, "properties": {"password": "hunter2", "when": {1}, "text": "x" * message["properties"]["n"]}}

    recorder = Recorder(before_send=adds)
    recorder.track("X", {"n": 1}, user_id="u", consent=YES)
    recorder.track("X", {"n": 40_000}, user_id="u", consent=YES)
    assert [event["properties"] for event in recorder.events] == [{"when": [1], "text": "x"}]
    assert dict(recorder.stats().dropped) == {"too_large": 1}

    sold = Recorder(before_send=lambda message: {**message, "context": {"purpose": "marketing"}})
    sold.track("X", user_id="u", consent=YES)
    assert sold.events == []
    assert dict(sold.stats().dropped) == {"no_consent": 1}


def test_what_is_not_captured_is_not_shown() -> None:
    seen: list[Message] = []
    recorder = Recorder(before_send=seen.append)
    recorder.track("X", user_id="u")
    recorder.track("X", consent=YES)
    assert seen == []


def test_the_functions_of_the_package_and_the_asyncio_client_have_it_too(collector: Scripted) -> None:
    def hook(message: Message) -> Message:
        return {**message, "event": "Changed"}

    client = firsthand.configure("k", collector.endpoint, before_send=hook)
    try:
        firsthand.track("X", user_id="u", consent=YES)
        assert firsthand.flush(60).sent == 1
    finally:
        firsthand.default.use(None)
        client.shutdown()

    async def main() -> None:
        async with AsyncClient("k", collector.endpoint, before_send=hook) as ours:
            ours.track("X", user_id="u", consent=YES)

    asyncio.run(main())
    assert [message["event"] for message in collector.messages] == ["Changed"] * 2


def test_a_hook_that_is_no_function_is_refused_by_name() -> None:
    with pytest.raises(SettingsError, match="before_send"):
        Client("k", "http://127.0.0.1", send=DryRun(), before_send="firsthand_scrub.scrub")  # type: ignore[arg-type]
