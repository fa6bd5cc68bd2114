"""A processed event in warehouse form: one line of NDJSON whose keys are the columns of the table `events`.

`docs/columns.md` lists the columns. What is empty is left out. Only what differs from event to event is encoded here;
what many events share (page, device, choice, enrichments, the request's own) comes encoded, out of a cache, and is
spliced in. `spool_shard` and `spool_seq` come from the segment.
"""

from datetime import datetime
from functools import lru_cache

import msgspec
from msgspec import Struct

from collector.context import RequestContext, Source
from collector.event import Event, encode_columns
from collector.protocol import Context, Message


class Row(Struct, omit_defaults=True, gc=False):
    """The columns that differ from event to event. Names and meaning: docs/columns.md."""

    event_id: str
    type: str
    event: str
    purpose: str
    event_time: datetime | None
    original_timestamp: datetime | None = None
    anonymous_id: str | None = None
    user_id: str | None = None
    subject_key: str | None = None
    session_id: str | None = None
    seq: int | None = None
    page_title: str | None = None
    consent_receipt: str | None = None
    policy_version: str | None = None
    scene: int | None = None
    pii_kid: str | None = None
    pii_actions: dict[str, int] | None = None


class RequestColumns(Struct, omit_defaults=True):
    """Encoded once a request."""

    source_id: str
    received_at: datetime
    platform: str
    sent_at: datetime | None = None
    ip_truncated: str | None = None


_encode = msgspec.json.Encoder().encode


def encode(event: Event, context: RequestContext) -> bytes:
    """The event's line, without a line end."""
    message, said = event.message, event.context
    consent = said.consent
    row = Row(
        message.message_id, message.type, event.name, event.purpose, event.event_time, event.original,
        event.anonymous_id, event.user_id, event.user_id or event.anonymous_id, said.session_id, said.seq, event.title,
        consent.receipt_id if consent is not None else None, consent.policy_version if consent is not None else None,
        said.scene, context.key.kid if event.pii_actions else None, event.pii_actions,
    )  # fmt: skip
    own = b"".join((_encode(row)[:-1], event.page, _device(said), event.granted, *_carried(event)))
    if b"\n" in own or b"\r" in own:
        # A blank between two tokens of what is only carried: it would end the line, and what follows be a row
        own = own.translate(None, b"\r\n")
    tail = b',"gpc":true}' if said.gpc or context.gpc else b"}"
    return b"".join((own, context.columns, event.columns, tail))


def of_request(source: Source, received: datetime, sent: datetime | None, ip_truncated: str | None) -> bytes:
    """The columns that all events of a request share, as `,"name":value` pairs."""
    return encode_columns(RequestColumns(source.id, received, source.kind, sent, ip_truncated))


def _device(said: Context) -> bytes:
    library, screen, viewport = said.library, said.screen, said.viewport
    return _device_columns(
        library.name if library is not None else None, library.version if library is not None else None,
        said.locale, said.timezone, said.network,
        screen.width if screen is not None else None, screen.height if screen is not None else None,
        viewport.width if viewport is not None else None, viewport.height if viewport is not None else None,
    )  # fmt: skip


@lru_cache(16_384)
def _device_columns(
    lib_name: str | None, lib_version: str | None, locale: str | None, timezone: str | None, network: str | None,
    width: float | None, height: float | None, viewport_width: float | None, viewport_height: float | None,
) -> bytes:  # fmt: skip
    columns = {
        "lib_name": lib_name, "lib_version": lib_version, "locale": locale, "timezone": timezone, "network": network,
        "screen_width": _whole(width), "screen_height": _whole(height),
        "viewport_width": _whole(viewport_width), "viewport_height": _whole(viewport_height),
    }  # fmt: skip
    return encode_columns({name: value for name, value in columns.items() if value is not None})


def _whole(size: float | None) -> int | None:
    return None if size is None or not -(2**31) < size < 2**31 else int(size)


def _carried(event: Event) -> list[bytes]:
    """What is carried as it came: properties, traits and the rest of the context."""
    parts: list[bytes] = []
    if event.properties or _says_more(event.message):
        parts += (b',"properties":', _properties(event))
    if event.traits:
        parts += (b',"traits":', event.traits)
    if event.extra:
        parts += (b',"context":', event.extra)
    return parts


def _says_more(message: Message) -> bool:
    return bool(message.name or message.group_id or message.previous_id or message.category)


def _properties(event: Event) -> bytes:
    """The properties, with what a message says beside them (`name` of a page, `groupId`, …) under its wire name."""
    message = event.message
    if event.properties and not _says_more(message):
        return event.properties
    beside = {"name": message.name, "category": message.category, "groupId": message.group_id,
              "previousId": message.previous_id}  # fmt: skip
    encoded = msgspec.json.encode({k: v for k, v in beside.items() if v})
    if not event.properties:
        return encoded
    inner = event.properties[1:].lstrip()
    return encoded[:-1] + (b"}" if inner == b"}" else b"," + inner)
