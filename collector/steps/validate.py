"""Is this a message we can keep? Names, identity, shape. The answer names the field and never quotes it.

Lengths and types were settled while decoding (protocol.py, loose.py). What is only carried (properties, traits, the
rest of a context) is within its limits nearly always, and one count over a whole batch shows it: `plain`.
"""

from typing import Any

import msgspec
from msgspec import Raw

from collector.context import RequestContext
from collector.event import Event
from collector.outcome import Drop, Reason
from collector.protocol import MAX_DEPTH, MAX_PROPERTIES, NO_JSON, RESERVED_EVENTS, Message

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
    user, anonymous = message.user_id, message.anonymous_id
    if anonymous:
        event.anonymous_id = anonymous
    elif not user:
        raise Drop(Reason.NO_IDENTITY, "anonymousId or userId is needed")
    if user:
        event.user_id = user
    if message.name or message.category or message.group_id or message.previous_id:
        event.beside = True
    if event.properties is not NO_JSON and not context.plain:
        event.properties = _object(event.properties, "properties")
    if event.traits is not NO_JSON:  # rare, and walked by the firewall anyway
        event.traits = _object(event.traits, "traits")
    shared = event.shared
    if not shared.checked:
        if shared.extra:
            _object(Raw(shared.extra), "context")
        shared.checked = True
    return event


def plain(joined: bytes, count: int, clean: bool = False) -> bool:
    """Whether `count` objects, joined by SEPARATOR, are all objects within the limits, without a line end among blanks.

    False is no verdict: then each is looked at by itself. Each object has one brace at least; what is left of braces
    and brackets when these are taken away is no less than what any one object has beside its own. `clean`: the firewall
    found no hint, and what stands behind a SEPARATOR and is no object would be one (consent/pii/look.py); to look for
    it here costs more than all the rest.
    """
    if count == 0:
        return True
    nested = joined.count(b"{") - count
    if b"[" in joined:
        nested += joined.count(b"[")
    return (
        nested < MAX_DEPTH
        and joined.count(b":") <= MAX_PROPERTIES
        and joined.startswith(b"{")
        and (clean or joined.count(b"\0{") == count - 1)
        and b"\n" not in joined
        and b"\r" not in joined
    )


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


def _object(carried: Raw, what: str) -> Raw:
    """`carried` if it is an object within the limits, on one line; null is as good as absent."""
    raw = bytes(carried)
    if raw[0] != 0x7B:
        if raw == b"null":
            return NO_JSON
        raise Drop(Reason.INVALID, f"{what} must be an object")
    # Counting two kinds of byte is far cheaper than walking, and nearly always settles it
    if raw.count(b"{") + raw.count(b"[") > MAX_DEPTH or raw.count(b":") > MAX_PROPERTIES:
        _check_shape(raw, what)
    if b"\n" in raw or b"\r" in raw:
        # A blank between two tokens (no string may hold one): it would end the spool's line, and what follows be a row
        return Raw(raw.translate(None, b"\r\n"))
    return carried


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
