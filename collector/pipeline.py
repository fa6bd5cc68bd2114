"""The path of one event through the collector. Read this page first.

Bytes have become an `Event` (decode.py). Each step below takes it and the request's facts, and returns it or raises
`Drop(reason)`. What comes out is a row, one line of NDJSON (row.py), that the spool makes durable. A refused event
becomes a line for `bad_events` (dead.py) and a verdict in the answer.

`gate` stands before any look-up: nothing is looked up about a person who said no. `scrub` stands last, so that geo
may see the address and nothing after it does. Both fail closed: a bug of ours refuses that one event as `internal`,
never the batch, and never with a 500 that a client would retry for ever.
"""

import logging
from collections.abc import Callable

from collector import row
from collector.context import RequestContext
from collector.event import Event
from collector.outcome import Drop, Reason, Rejected
from collector.steps.clock import clock
from collector.steps.enrich import enrich
from collector.steps.gate import gate
from collector.steps.scrub import scrub
from collector.steps.validate import validate

log = logging.getLogger("firsthand.pipeline")

Step = Callable[[Event, RequestContext], Event]
STEPS: tuple[Step, ...] = (validate, clock, gate, enrich, scrub)


def process(event: Event, context: RequestContext) -> bytes | Rejected:
    """The event's row as a line of JSON, or why it was refused. Never raises."""
    try:
        for step in STEPS:
            event = step(event, context)
        return row.encode(event, context)
    except Drop as drop:
        return Rejected(event.id[:100], drop.reason, drop.detail)
    except Exception as error:  # noqa: BLE001 - fail closed, stay up; the text, and even an id, might quote data
        log.error("a step failed: %s", type(error).__name__)
        return Rejected(event.id[:100], Reason.INTERNAL, "the collector could not process this event")
