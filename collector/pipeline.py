"""The path of one event through the collector. Read this page first.

Bytes have become messages (decode.py), a message and its context an `Event` (event.py, shared.py). Each step below
takes it and the request's facts, and returns it or raises `Drop(reason)`. What comes out is a row (row.py), one line of
NDJSON that the spool makes durable. A refused event becomes a line for `bad_events` (dead.py) and a verdict in the
answer.

`gate` stands before any look-up: nothing is looked up about a person who said no. `scrub` stands last, so that geo
may see the address and nothing after it does. Both fail closed: a bug of ours refuses that one event as `internal`,
never the batch, and never with a 500 that a client would retry for ever.

What a step works out has one of four lives, and costs what its life costs (docs/architecture.md has the figures):

* a **request**'s: in `RequestContext`, filled before the first event (routes/ingest.py);
* a **batch**'s: one look over all properties, in `_look_over`, for what is nearly always absent; an event is looked at
  by itself only when the batch is not plain or not clean;
* a **context**'s: in the step's field of `event.shared`, found again by every event that says the same;
* an **event**'s: in the event. Most events are like one before in everything but id, time and properties, and then
  they are cast in its mould instead of going through the steps (mould.py).
"""

import logging
from collections.abc import Callable
from functools import lru_cache

from msgspec import Raw, Struct

from collector import dead, row
from collector import event as events
from collector.context import RequestContext
from collector.decode import Decoded, Unreadable
from collector.event import Event
from collector.fold import unfold
from collector.mould import SETTLED, all_left, cast, make
from collector.outcome import Drop, Reason, Rejected
from collector.protocol import NO_JSON, Message
from collector.shared import Contexts
from collector.steps.clock import clock
from collector.steps.enrich import enrich
from collector.steps.gate import gate
from collector.steps.scrub import clean, scrub
from collector.steps.validate import plain, validate
from consent.pii.look import SEPARATOR

log = logging.getLogger("firsthand.pipeline")

Step = Callable[[Event, RequestContext], Event]
STEPS: tuple[Step, ...] = (validate, clock, gate, enrich, scrub)


class Outcome(Struct, frozen=True):
    """What became of a batch: `rows` are lines, `folded` or NDJSON, `letters` lines without an end, `rejected` verdicts
    in order."""

    rows: bytes
    folded: bool
    accepted: int
    letters: list[bytes]
    rejected: list[Rejected]
    pii: dict[str, int]  # what the firewall did, by "where:class:action:rule"

    @property
    def whole(self) -> bytes:
        """The rows as NDJSON."""
        return unfold(self.rows) if self.folded else self.rows


def process(batch: Decoded, context: RequestContext, contexts: Contexts) -> Outcome:
    """A row for each event, or why it was refused. Never raises for what a message says."""
    refused: list[tuple[Rejected, Message | Raw | bytes]] = []
    pii: dict[str, int] = {}
    messages = batch.items if isinstance(batch.items, list) else list(batch.items)
    _look_over(messages, context)
    moulds = SETTLED.issuperset(STEPS)
    rows, left, parts = cast(messages, context, contexts) if moulds else all_left(messages)
    for place in left:
        message = messages[place]
        if isinstance(message, Unreadable):
            refused.append((message.rejected, message.raw))
            continue
        try:
            shared, seq = contexts.of(message.context, context.under, context.circumstances)
            event = _walk(STEPS)(events.of(message, shared, seq), context)
            if event.pii_actions:
                _count(event.pii_actions, pii)
            rows[place] = row.of(event, context)
            if moulds:
                make(message, shared, event, context, contexts)
        except Drop as drop:
            refused.append((Rejected(message.message_id[:100], drop.reason, drop.detail), message))
        except Exception as error:  # noqa: BLE001 - fail closed, stay up; the text, and even an id, might quote data
            log.error("a step failed: %s", type(error).__name__)
            refused.append((Rejected(message.message_id[:100], Reason.INTERNAL, _OURS), message))
    if not refused:
        return Outcome(row.encode(rows, parts), bool(parts), len(rows), [], [], pii)
    kept = [r for r in rows if r is not None]
    return Outcome(row.encode(kept, parts), bool(parts), len(kept), *_refuse(refused, context), pii)


_OURS = "the collector could not process this event"


@lru_cache(8)
def _walk(steps: tuple[Step, ...]) -> Step:
    """One function that calls all steps in turn: written out, because a loop's call of whatever comes next costs the
    interpreter twice what a call of a known function does."""
    names = [f"step{i}" for i in range(len(steps))]
    chain = "event"
    for name in names:
        chain = f"{name}({chain}, context)"
    walk: Step = eval(f"lambda event, context: {chain}", dict(zip(names, steps, strict=True)))  # noqa: S307 - no data
    return walk


def _count(actions: dict[str, int], pii: dict[str, int]) -> None:
    for action, count in actions.items():
        pii[action] = pii.get(action, 0) + count


def _look_over(messages: list[Message | Unreadable], context: RequestContext) -> None:
    """One look over all properties: a text of many with nothing in it says so of each (validate, scrub)."""
    carried = [said for m in messages if (said := m.properties) is not NO_JSON]
    joined = SEPARATOR.join(carried)
    context.clean = clean(joined, context.source)
    context.plain = plain(joined, len(carried), context.clean)


def _refuse(
    refused: list[tuple[Rejected, Message | Raw | bytes]], context: RequestContext
) -> tuple[list[bytes], list[Rejected]]:
    """Dead letters and verdicts."""
    letters = [dead.encode(verdict, what, context.source.id, context.received_at) for verdict, what in refused]
    return letters, [verdict for verdict, _ in refused]
