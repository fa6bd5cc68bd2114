"""The event that was like this one: its context, and what and whom it names, decide nearly all of a row.

A visitor's second click on a page differs from the first in id, time, number and properties, and in nothing else. So
when an event has gone through all steps and nothing about it was particular, its shape is kept with its visit
(known.py): whom and what it named, and the columns that follow; and the columns of its page with its place. The next
event that names the same is cast in the mould, on whatever page that is known. Of the steps, only what may differ
between two such events is asked again: the time (clock), and whether the gate still says the same (gate: a withdrawal,
a token that ended).

A mould must never decide what a step would have decided otherwise. So it is made and used only where all else is the
same: properties are plain and clean (then they go as they came), visit, place and circumstances are the same, type,
name and ids are equal, and there is nothing beside them. An event about which something is particular never makes one:
whatever a step changed, counted or took away belongs to that event alone. No step lets the page have a say in what the
visit's columns hold, or the other way round: enrichments see one or the other (enrich/model.py), the gate sees no page,
and of what scrub does to a context the parts are apart. A step that is not listed in `SETTLED` turns moulds off, so
that whoever adds a step must say here why a mould may skip it.
"""

from collections.abc import Callable
from datetime import UTC
from sys import intern
from typing import Any, Final

from msgspec import Raw, Struct

from collector import row
from collector.context import RequestContext
from collector.decode import Unreadable
from collector.event import Event
from collector.fold import MARKS
from collector.known import MAX_DIGITS, SEQ, Visit
from collector.protocol import NO_JSON, Message
from collector.row import Cast, Row
from collector.shared import Contexts, Shared
from collector.steps.clock import EARLIEST, clock, times
from collector.steps.enrich import enrich
from collector.steps.gate import Standing, gate, stands
from collector.steps.scrub import clean, scrub
from collector.steps.validate import plain, validate

# A visit has few names of events; clients choose them, and each mould holds as much memory as the row's context
MAX_MOULDS: Final = 8
MOULD_BYTES: Final = 350  # beside its columns
# validate looks at what a mould compares, and at objects that `plain` vouches for · clock is asked again · gate too
# (`stands`) · enrich looks at the context alone · scrub at the context, at what a mould compares, and at objects that
# `clean` vouches for
SETTLED: Final[frozenset[Callable[..., Any]]] = frozenset({validate, clock, gate, enrich, scrub})


_NOBODY: Final = Visit((), b"", b"", b"", 0)


class Mould(Struct, gc=False, frozen=True):
    """What was named, and the columns of all that name the same. `standing`: what the gate must be asked again."""

    type: str
    event: str | None
    anonymous_id: str | None
    user_id: str | None
    columns: Raw
    standing: Standing | None
    next: "Mould | None"


def cast(
    messages: list[Message | Unreadable], context: RequestContext, contexts: Contexts
) -> tuple[list[Cast | Row | None], list[int], list[bytes]]:
    """The rows of messages that fit a mould, None in place of the others, and the places of those, which are to go
    through the steps; and the parts of which the rows bear the marks (fold.py).

    Each event of a busy collector comes through this loop, so it is one loop: a call costs as much as three lines.
    Nothing is decided here. Whatever is not as it always is, and whatever goes wrong, is left to the steps.
    """
    rows: list[Cast | Row | None] = []
    left: list[int] = []
    known, asked, under = contexts.known, context.circumstances, b"" if context.under is None else context.under.raw
    source, places = known.source_of(context.source), known.places.young
    columns, received, skewed = context.columns, context.received_at, context.skew is not None
    policy, vouched = context.consent is not None, context.plain and context.clean
    # Of the visit before: a batch is mostly one visitor's, and then a look for the page is all. What has another text
    # there keeps it, and is neither a place nor a number: no place ends as what lies before a number does
    visit, head, between, end, mark, marked = _NOBODY, b"", b"", b"", NO_JSON, _NOBODY.moulds
    # Whose parts the rows bear, in the order of MARKS; the last mark, and whose it is
    moulds: list[Mould] = []
    stood: Standing | None = None
    for message in messages:
        if type(message) is Message:
            try:
                raw = bytes(message.context)
                said, _, tail = raw.rpartition(SEQ)
                place, digits = places.get(said.removesuffix(between)), tail.removesuffix(end)
                if (
                    place is None
                    or place.head is not head
                    or place.source is not source
                    or not digits.isdigit()
                    or len(digits) > MAX_DIGITS
                ):
                    found = known.find(raw, under, asked, source)
                    places = known.places.young
                    if found is None:
                        left.append(len(rows))
                        rows.append(None)
                        continue
                    visit, place, digits = found
                    head, between, end = visit.head, visit.between, visit.end
                event, who, user, properties = (
                    message.event, message.anonymous_id, message.user_id, message.properties
                )  # fmt: skip
                mould: Mould | None = visit.moulds
                while mould is not None and (
                    mould.event != event
                    or mould.anonymous_id != who
                    or (mould.user_id is not user and mould.user_id != user)
                    or mould.type != message.type
                ):
                    mould = mould.next
                if (
                    mould is not None
                    and (vouched or properties is NO_JSON or _harmless(bytes(properties), context))
                    and message.traits is NO_JSON
                    and not (message.name or message.category or message.group_id or message.previous_id)
                ):
                    time = original = message.timestamp
                    if (
                        time is None
                        or skewed
                        or time.tzinfo is not UTC
                        or time.microsecond % 1000
                        or not EARLIEST <= time <= received
                    ):
                        time, original = times(message, context)
                    # Last of all, because it counts. A batch comes at one time: what stood for its last event stands
                    standing = mould.standing
                    if not policy:
                        may = True
                    elif standing is stood and standing is not None:
                        standing.cell[0] += 1
                        may = True
                    elif may := stands(standing, context):
                        stood = standing
                    if may:
                        seq = int(digits) if digits else visit.seq
                        if mould is not marked:
                            mark, marked = _mark_of(mould, moulds, columns, len(messages)), mould
                        rows.append(
                            Cast(message.message_id, mark, time, original, seq, properties)
                            if place is None
                            else Cast(message.message_id, mark, time, original, seq, properties, place.url, place.path)
                        )
                        continue
            except Exception:  # noqa: BLE001, S110 - the steps will say what it is
                pass
        left.append(len(rows))
        rows.append(None)
    return rows, left, [row.part_of(mould.columns, columns) for mould in moulds]


def _mark_of(mould: Mould, moulds: list[Mould], columns: Raw, messages: int) -> Raw:
    """What stands for the mould's part in a row: the part itself, when there is one row or no more marks."""
    for known, mark in zip(moulds, MARKS, strict=False):
        if known is mould:
            return mark
    if messages == 1 or len(moulds) == len(MARKS):
        return Raw(row.part_of(mould.columns, columns))
    moulds.append(mould)
    return MARKS[len(moulds) - 1]


def all_left(messages: list[Message | Unreadable]) -> tuple[list[Cast | Row | None], list[int], list[bytes]]:
    """The same without moulds."""
    return [None] * len(messages), list(range(len(messages))), []


def _harmless(properties: bytes, context: RequestContext) -> bool:
    """Whether properties go as they came, of one event in a batch of which that cannot be said."""
    return clean(properties, context.source) and plain(properties, 1, True)


def make(message: Message, shared: Shared, event: Event, context: RequestContext, contexts: Contexts) -> None:
    """Keep the mould of an event that has gone through all steps, unless there was something particular about it."""
    if (
        event.shared is not shared
        or event.pii_actions
        or event.pii_alias
        or event.match_keys
        or event.properties is not message.properties
        or message.traits is not NO_JSON
        or message.name
        or message.category
        or message.group_id
        or message.previous_id
        or event.unnamed
        or (context.consent is not None and event.standing is None)
    ):
        return
    known = contexts.known
    visit = known.meet(
        bytes(message.context), context.under, context.circumstances, known.source_of(context.source),
        event.seq, shared.scrubbed.page,
    )  # fmt: skip
    if visit is None:
        return
    if not visit.again:  # many visits are one event, and a mould costs more than it saves then
        visit.again = True
        return
    before: Mould | None = visit.moulds
    if (alike := _fitting(before, message)) is not None and _same(alike.standing, event.standing):
        return  # it was the page that was not known
    if alike is not None or _length(before) >= MAX_MOULDS:
        before = None
        known.grew(visit, -visit.more)
    columns = row.columns_of(event, context, whole=not visit.between)
    known.grew(visit, MOULD_BYTES + len(memoryview(columns)))
    visit.moulds = Mould(
        intern(message.type),
        _one(message.event),
        _one(message.anonymous_id),
        _one(message.user_id),
        columns,
        event.standing,
        before,
    )


def _one(text: str | None) -> str | None:
    """The same object for equal texts: a person's moulds are compared one after another, and memory is slow."""
    return None if text is None else intern(text)


def _fitting(mould: Mould | None, message: Message) -> Mould | None:
    while mould is not None and (
        mould.event != message.event
        or mould.anonymous_id != message.anonymous_id
        or mould.user_id != message.user_id
        or mould.type != message.type
    ):
        mould = mould.next
    return mould


def _same(one: Standing | None, other: Standing | None) -> bool:
    """Whether the gate would be asked the same, and the answer be counted in the same place."""
    if one is None or other is None:
        return one is other
    return (
        one.subjects is other.subjects
        and one.cell is other.cell
        and one.heard == other.heard
        and one.until == other.until
    )


def _length(mould: Mould | None) -> int:
    length = 0
    while mould is not None:
        length, mould = length + 1, mould.next
    return length
