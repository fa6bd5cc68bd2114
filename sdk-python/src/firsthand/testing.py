"""For the tests of those who use Firsthand: what would have been sent, without a network.

    with capture_events() as events:
        place_order()
    assert [e["event"] for e in events] == ["Order Completed"]

The real gate, builder and encoder run, so an event without consent is as absent here as it would be there. Events
are in the list as soon as the call returns. `pytest_plugin.py` has the same as a fixture.

To see batches as well (queue, worker, compression and all but the network): `Client(..., send=DryRun())`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import firsthand
from firsthand.client import Client
from firsthand.guard import Problem
from firsthand.protocol import ACCEPTED, Answer


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


class DryRun:
    """A transport that keeps what it is given: `batches` as they would be on the wire, `events` of all of them."""

    def __init__(self) -> None:
        self.batches: list[dict[str, Any]] = []

    def __call__(self, body: bytes) -> Answer:
        self.batches.append(json.loads(body))
        return ACCEPTED

    @property
    def events(self) -> list[dict[str, Any]]:
        return [event for batch in self.batches for event in batch["batch"]]


def _refuse(_body: bytes) -> Answer:
    return Answer(0, problem="a recorder sends nothing")
