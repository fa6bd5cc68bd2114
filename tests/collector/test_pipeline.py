"""A bug of ours costs one event, is said as `internal`, quotes nothing, and is never a 500."""

import logging
from typing import Any

import pytest

from collector import pipeline
from tests.collector.desk import Desk

MARKER = "Leak4711"


def _break_for_one(real: Any) -> Any:
    def broken(event: Any, context: Any) -> Any:
        if event.message.event == "broken":
            raise RuntimeError(f"cannot {MARKER} {event.message.user_id}")
        return real(event, context)

    return broken


@pytest.mark.parametrize("place", range(len(pipeline.STEPS)))
def test_a_broken_step_fails_closed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, place: int
) -> None:
    steps = list(pipeline.STEPS)
    steps[place] = _break_for_one(steps[place])
    monkeypatch.setattr(pipeline, "STEPS", tuple(steps))
    monkeypatch.setattr(logging.getLogger("firsthand"), "propagate", True)
    message = {"type": "track", "anonymousId": "a", "userId": MARKER, "messageId": "m-1"}
    with caplog.at_level(logging.DEBUG):
        reply = desk.batch(message | {"event": "fine"}, message | {"event": "broken"}, message | {"event": "fine"})
    assert reply.status == 200
    assert (reply.json["accepted"], reply.reasons) == (2, ["internal"])
    assert MARKER not in str(reply.letters) + str(reply.json)
    assert "RuntimeError" in caplog.text
    assert MARKER not in caplog.text


def test_the_order_of_the_steps() -> None:
    """gate before any look-up; scrub last, so that geo may see the address and nothing after it does."""
    assert [step.__name__ for step in pipeline.STEPS] == ["validate", "clock", "gate", "enrich", "scrub"]
