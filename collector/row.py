"""A processed event in warehouse form: one line of NDJSON whose keys are the columns of the table `events`.

`docs/warehouse.md` lists the columns. What is empty is left out. The enrichments' columns are spliced in as the
encoded text they are cached as; `spool_shard` and `spool_seq` come from the segment.
"""

from datetime import datetime

import msgspec
from msgspec import Raw, Struct

from collector.context import RequestContext, Source
from collector.event import Event
from collector.protocol import NO_JSON, Message


class Row(Struct, omit_defaults=True, gc=False):
    """The columns that are neither an enrichment's nor the request's. Names and meaning: docs/warehouse.md."""

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
    page_url: str | None = None
    page_host: str | None = None
    page_path: str | None = None
    page_title: str | None = None
    referrer: str | None = None
    lib_name: str | None = None
    lib_version: str | None = None
    locale: str | None = None
    timezone: str | None = None
    screen_width: int | None = None
    screen_height: int | None = None
    viewport_width: int | None = None
    viewport_height: int | None = None
    network: str | None = None
    scene: int | None = None
    consent_purposes: tuple[str, ...] = ()
    consent_receipt: str | None = None
    policy_version: str | None = None
    pii_kid: str | None = None
    pii_actions: dict[str, int] | None = None
    properties: Raw = NO_JSON
    traits: Raw = NO_JSON
    context: Raw = NO_JSON


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
    library, screen, viewport, consent = said.library, said.screen, said.viewport, said.consent
    row = Row(
        message.message_id, message.type, event.name, event.purpose, event.event_time, event.original,
        event.anonymous_id, event.user_id, event.user_id or event.anonymous_id,
        said.session_id, said.seq,
        event.page_url, event.page_host, event.page_path, event.title, event.referrer,
        library.name if library is not None else None, library.version if library is not None else None,
        said.locale, said.timezone,
        _whole(screen.width) if screen is not None else None, _whole(screen.height) if screen is not None else None,
        _whole(viewport.width) if viewport is not None else None,
        _whole(viewport.height) if viewport is not None else None,
        said.network, said.scene, event.granted,
        consent.receipt_id if consent is not None else None, consent.policy_version if consent is not None else None,
        context.key.kid if event.pii_actions else None, event.pii_actions,
        Raw(_properties(event)) if event.properties or _says_more(message) else NO_JSON,
        Raw(event.traits) if event.traits else NO_JSON,
        Raw(event.extra) if event.extra else NO_JSON,
    )  # fmt: skip
    own = _encode(row)[:-1]
    if b"\n" in own or b"\r" in own:
        # A blank between two tokens of what is only carried: it would end the line, and what follows be a row
        own = own.translate(None, b"\r\n")
    tail = b',"gpc":true}' if said.gpc or context.gpc else b"}"
    if event.columns:
        return b"".join((own, context.columns, b",", event.columns, tail))
    return b"".join((own, context.columns, tail))


def of_request(source: Source, received: datetime, sent: datetime | None, ip_truncated: str | None) -> bytes:
    """The columns that all events of a request share, as `,"name":value` pairs."""
    return b"," + _encode(RequestColumns(source.id, received, source.kind, sent, ip_truncated))[1:-1]


def _whole(size: float | None) -> int | None:
    return None if size is None or not -(2**31) < size < 2**31 else int(size)


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
