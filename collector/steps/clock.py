"""When did it happen? The client's clock, corrected only where it is clearly wrong.

Skew under 5 seconds is mostly transit time, and correcting it would reorder funnels (a known complaint about
`received − sent` corrections). A time before 2000 is a clock that was never set. Vectors: `clock.json`.
"""

from datetime import UTC, datetime, timedelta

from collector.context import RequestContext
from collector.event import Event
from collector.outcome import Drop, Reason
from collector.protocol import Message

MAX_HONEST_SKEW = timedelta(seconds=5)
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)


def clock(event: Event, context: RequestContext) -> Event:
    event.event_time, event.original = times(event.message, context)
    return event


def times(message: Message, context: RequestContext) -> tuple[datetime, datetime | None]:
    """When it happened, and when the client said so. Raises Drop(invalid)."""
    original = message.timestamp or message.original_timestamp
    if original is None:
        return context.received_at, None
    if original.tzinfo is not UTC or original.microsecond % 1000:
        original = in_utc(original)
    if original < EARLIEST:
        raise Drop(Reason.INVALID, "timestamp is before the year 2000: the client's clock is not set")
    received = context.received_at
    if context.skew is None:  # nearly always, and a call costs more than it does
        return original if original < received else received, original
    return event_time(original, context.skew, received), original


def event_time(original: datetime, skew: timedelta, received: datetime) -> datetime:
    """`original` moved by `skew`, never later than `received`."""
    try:
        original += skew
    except OverflowError:
        return received
    return original if original < received else received


def skew_of(sent: datetime | None, received: datetime) -> timedelta | None:
    """`received − sent` if it is more than transit time, else None."""
    if sent is None:
        return None
    try:
        skew = received - in_utc(sent)
    except Drop:  # beyond the calendar: as good as not said
        return None
    return skew if abs(skew) > MAX_HONEST_SKEW else None


def in_utc(time: datetime) -> datetime:
    """UTC with whole milliseconds; a time without a zone is taken as UTC."""
    if time.tzinfo is None:
        time = time.replace(tzinfo=UTC)
    elif time.tzinfo is not UTC:
        try:
            time = time.astimezone(UTC)
        except OverflowError:
            raise Drop(Reason.INVALID, "timestamp is out of range") from None
    cut = time.microsecond % 1000
    return time.replace(microsecond=time.microsecond - cut) if cut else time
