"""For the tests of those who use Firsthand: what would have been sent, without a network.

    with capture_events() as events:
        place_order()
    assert [e["event"] for e in events] == ["Order Completed"]

The real gate, builder and encoder run, so an event without consent is as absent here as it would be there. Events
are in the list as soon as the call returns.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import firsthand
from firsthand.client import Client
from firsthand.guard import Problem
from firsthand.protocol import Answer


class Recorder(Client):
    """A client whose messages end in `events`, decoded, in order; `problems` holds what was reported."""

    def __init__(self, **settings: Any) -> None:
        self.events: list[dict[str, Any]] = []
        self.problems: list[Problem] = []
        given = {"write_key": "test", "endpoint": "http://127.0.0.1", **settings}
        super().__init__(on_error=self.problems.append, send=_refuse, **given)

    def _assemble(self) -> None:
        super()._assemble()
        self._put = self._record

    def _record(self, data: bytes) -> str:
        self.events.append(json.loads(data))
        return ""


@contextmanager
def capture_events(**settings: Any) -> Iterator[list[dict[str, Any]]]:
    """The functions of `firsthand` record into the list for as long as the block runs. `settings` as in configure()."""
    recorder = Recorder(**settings)
    previous = firsthand.default.use(recorder)
    try:
        yield recorder.events
    finally:
        firsthand.default.use(previous)
        recorder.shutdown(0)


def _refuse(_body: bytes) -> Answer:
    return Answer(0, problem="a recorder sends nothing")
