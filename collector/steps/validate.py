"""Is this a message we can keep? Names, identity, shape. The answer names the field and never quotes it.

Lengths and types were settled while decoding (protocol.py, loose.py).
"""

from typing import Any

import msgspec

from collector.context import RequestContext
from collector.event import Event
from collector.outcome import Drop, Reason
from collector.protocol import MAX_DEPTH, MAX_PROPERTIES, RESERVED_EVENTS, Message

# What the column `event` says for a message that is no custom event
_EVENT_OF_TYPE = {
    "page": "$page", "screen": "$page", "identify": "$identify", "group": "$group", "alias": "$alias",
}  # fmt: skip


def validate(event: Event, context: RequestContext) -> Event:
    message = event.message
    kind = message.type
    if kind == "track":
        name = message.event
        if not name:
            raise Drop(Reason.INVALID, "a track message needs an event name")
        if name[0] == "$" and name not in RESERVED_EVENTS:
            raise Drop(Reason.RESERVED_NAME, "a custom event may not begin with $")
        event.name = name
    else:
        event.name = _other(message)
    event.user_id, event.anonymous_id = message.user_id or None, message.anonymous_id or None
    if event.user_id is None and event.anonymous_id is None:
        raise Drop(Reason.NO_IDENTITY, "anonymousId or userId is needed")
    if event.properties:
        event.properties = _object(event.properties, "properties")
    if event.traits:
        event.traits = _object(event.traits, "traits")
    if event.extra:
        event.extra = _object(event.extra, "context")
    return event


def _other(message: Message) -> str:
    """The event name of a message that is no custom event."""
    name = _EVENT_OF_TYPE.get(message.type)
    if name is None:
        raise Drop(Reason.INVALID, "type must be one of track, page, screen, identify, group, alias")
    if message.type == "group" and not message.group_id:
        raise Drop(Reason.INVALID, "a group message needs groupId")
    if message.type == "alias" and not message.previous_id:
        raise Drop(Reason.INVALID, "an alias message needs previousId")
    return name


def _object(raw: bytes, what: str) -> bytes:
    """`raw` if it is an object within the limits; null is as good as absent."""
    if raw[0] != 0x7B:
        if raw == b"null":
            return b""
        raise Drop(Reason.INVALID, f"{what} must be an object")
    # Counting two kinds of byte is far cheaper than walking, and nearly always settles it
    if raw.count(b"{") + raw.count(b"[") > MAX_DEPTH or raw.count(b":") > MAX_PROPERTIES:
        _check_shape(raw, what)
    return raw


def _check_shape(raw: bytes, what: str) -> None:
    try:
        value = msgspec.json.decode(raw)
    except (msgspec.MsgspecError, RecursionError, ValueError):
        # A number outside the range of a double, mostly
        raise Drop(Reason.INVALID, f"{what} holds a value that cannot be read") from None
    if len(value) > MAX_PROPERTIES:
        raise Drop(Reason.TOO_LARGE, f"{what} may have {MAX_PROPERTIES} entries, this has {len(value)}")
    if _deeper_than(value, MAX_DEPTH):
        raise Drop(Reason.TOO_LARGE, f"{what} may be nested {MAX_DEPTH} deep")


def _deeper_than(value: Any, limit: int) -> bool:
    if not isinstance(value, (dict, list)):
        return False
    if limit == 0:
        return True
    return any(_deeper_than(v, limit - 1) for v in (value.values() if isinstance(value, dict) else value))
