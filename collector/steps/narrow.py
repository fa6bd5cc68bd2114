"""What is left of an event that may only be kept in part.

* `strip`: without fields whose own purpose is not granted (map of events).
* `anonymise`: without anything that tells persons apart, or one visit from the next: no ids, no address, no user agent,
  no properties, the clock to the minute, of the page only its host and path. It counts, and nothing else.
"""

import msgspec
from msgspec import Raw

from collector import row
from collector.context import RequestContext
from collector.event import Event, encode_columns
from collector.outcome import Drop, Reason
from collector.protocol import NO_JSON, Context, Message, Page
from collector.shared import Shared


def strip(event: Event, paths: tuple[str, ...]) -> Event:
    """Leave out fields such as `properties.coupon`. Raises Drop(invalid) if the object cannot be read."""
    for path in paths:
        part, _, name = path.partition(".")
        if part == "properties":
            event.properties = _without(event.properties, name)
        else:
            event.traits = _without(event.traits, name)
    return event


def anonymise(event: Event, context: RequestContext, jurisdiction: str) -> Event:
    """The event as a mere count."""
    page = event.shared.context.page
    url = (page.url or "").partition("?")[0].partition("#")[0] if page is not None else ""
    said = Context(page=Page(url=url, path=page.path) if page is not None else None)
    shared = Shared(said, b"", event.shared.circumstances, checked=True, columns=b"", page_columns=b"")
    shared.verdict = Nameless(encode_columns({"jurisdiction": jurisdiction} if jurisdiction else {}))
    if context.unnamed is None:
        context.unnamed = row.of_request(context.source, context.received_at, None, None)
    message = event.message
    event.shared, event.unnamed = shared, True
    event.message = Message(type=message.type, message_id=message.message_id, event=message.event)
    event.properties = event.traits = NO_JSON
    event.anonymous_id = event.user_id = event.consent_subject = event.consent_person = None
    event.seq = event.original = None
    if event.event_time is not None:
        event.event_time = event.event_time.replace(second=0, microsecond=0)
    return event


class Nameless(msgspec.Struct):
    """What the row wants of a verdict."""

    granted: bytes


def _without(carried: Raw, name: str) -> Raw:
    raw = bytes(carried)
    if f'"{name}"'.encode() not in raw and b"\\" not in raw:
        return carried
    try:
        found = msgspec.json.decode(raw, type=dict[str, Raw])
    except (msgspec.MsgspecError, RecursionError, ValueError):
        raise Drop(Reason.INVALID, "properties or traits hold a value that cannot be read") from None
    found.pop(name, None)
    return Raw(msgspec.json.encode(found))
