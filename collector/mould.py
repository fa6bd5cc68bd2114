"""The event that was like this one: its context, and what and whom it names, decide nearly all of a row.

A visitor's second click on a page differs from the first in id, time, number and properties, and in nothing else. So
when an event has gone through all steps and nothing about it was particular, its shape is kept with its context
(`shared.moulds`): whom and what it named, and the columns that follow. The next event that names the same is cast in
the mould. Of the steps, only what may differ between two such events is asked again: the time (clock), and whether the
gate still says the same (gate: a withdrawal, a token that ended).

A mould must never decide what a step would have decided otherwise. So it is made and used only where all else is the
same: the batch was found plain and clean (then properties go as they came), the context and its circumstances are the
same (shared.py), type, name and ids are equal, and there is nothing beside them. `PARTICULAR` events never make one:
whatever a step changed, counted or took away belongs to that event alone. A step that is not listed in `SETTLED` turns
moulds off, so that whoever adds a step must say here why a mould may skip it.
"""

from collections.abc import Callable
from typing import Any, Final

from msgspec import Raw, Struct

from collector import row
from collector.context import RequestContext
from collector.event import Event
from collector.protocol import NO_JSON, Message
from collector.shared import Contexts, Shared
from collector.steps.clock import clock
from collector.steps.enrich import enrich
from collector.steps.gate import Standing, gate, stands
from collector.steps.scrub import scrub
from collector.steps.validate import validate

# A page has few names of events; clients choose them, and each mould holds as much memory as the row's context
MAX_MOULDS: Final = 8
MOULD_BYTES: Final = 350  # beside its columns
# validate looks at what a mould compares, and at objects that `plain` vouches for · clock is asked again · gate too
# (`stands`) · enrich looks at the context alone · scrub at the context, at what a mould compares, and at objects that
# `clean` vouches for
SETTLED: Final[frozenset[Callable[..., Any]]] = frozenset({validate, clock, gate, enrich, scrub})


class Mould(Struct, gc=False, frozen=True):
    """What was named, and the columns of all that name the same. `standing`: what the gate must be asked again."""

    type: str
    event: str | None
    anonymous_id: str | None
    user_id: str | None
    columns: Raw
    standing: Standing | None
    next: "Mould | None"


def find(message: Message, shared: Shared, context: RequestContext) -> Mould | None:
    """The mould for this message, if there is one and the gate says of it what it said before; then it has counted."""
    mould: Mould | None = shared.moulds
    while mould is not None:
        if (
            mould.event == message.event
            and mould.anonymous_id == message.anonymous_id
            and mould.user_id == message.user_id
            and mould.type == message.type
        ):
            break
        mould = mould.next
    else:
        return None
    if message.traits is not NO_JSON or _names_more(message):
        return None
    if context.consent is not None and not stands(mould.standing, context):
        return None
    return mould


def make(message: Message, shared: Shared, event: Event, context: RequestContext, contexts: Contexts) -> Mould | None:
    """The mould of an event that has gone through all steps; None if there was something particular about it."""
    if (
        event.shared is not shared
        or event.pii_actions
        or event.properties is not message.properties
        or message.traits is not NO_JSON
        or _names_more(message)
        or event.unnamed
        or (context.consent is not None and event.standing is None)
    ):
        return None
    before: Mould | None = shared.moulds
    if _length(before) >= MAX_MOULDS:
        before = None
        contexts.grew(shared, -shared.more)
    columns = row.columns_of(event, context)
    shared.lean()
    if before is not None or not shared.raw:
        contexts.grew(shared, MOULD_BYTES + len(memoryview(columns)))
    made = shared.moulds = Mould(
        message.type,
        message.event,
        message.anonymous_id,
        message.user_id,
        columns,
        event.standing,
        before,
    )
    return made


def _names_more(message: Message) -> bool:
    return bool(message.name or message.category or message.group_id or message.previous_id)


def _length(mould: Mould | None) -> int:
    length = 0
    while mould is not None:
        length, mould = length + 1, mould.next
    return length
