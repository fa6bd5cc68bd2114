"""A processed event in warehouse form: one line of NDJSON whose keys are the columns of the table `events`.

`docs/columns.md` lists the columns. What is empty is left out. Only what differs from event to event is encoded here.
What many events share comes encoded: the request's columns once a request, those of the context (page, device, choice,
enrichments) once for all events that say the same. Both are written by one trick: `source_id` and `purpose`, which
every row has, are `Raw`, and behind the value stand the other columns. So a batch of rows is encoded in one call.
`spool_shard` and `spool_seq` come from the segment.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

import msgspec
from msgspec import Raw, Struct

from collector.context import RequestContext, Source
from collector.event import Event, encode_columns
from collector.fold import table
from collector.protocol import NO_JSON, Context, Message

_LINE_ENDS = b"\r\n"


class Row(Struct, omit_defaults=True, gc=False):
    """The columns of one event. Names and meaning: docs/columns.md.

    `purpose` is followed by the columns of the context, `source_id` by those of the request.
    """

    event_id: str
    type: str
    event: str
    purpose: Raw
    source_id: Raw
    event_time: datetime | None
    original_timestamp: datetime | None = None
    anonymous_id: str | None = None
    user_id: str | None = None
    subject_key: str | None = None
    seq: int | None = None
    pii_kid: str | None = None
    pii_actions: dict[str, int] | None = None
    properties: Raw | None = None
    traits: Raw | None = None
    consent_subject: str | None = None
    consent_person: str | None = None
    pii_alias: Raw | None = None  # followed by the match keys


class Cast(Struct, omit_defaults=True, gc=False):
    """The columns of an event that is like one before (mould.py). `type` is the mark of a part, which is its value and
    all that both share (fold.py); of a page that is known by itself one of the last two is there, followed by the
    page's other columns."""

    event_id: str
    type: Raw
    event_time: datetime
    original_timestamp: datetime | None = None
    seq: int | None = None
    properties: Raw = NO_JSON
    page_url: Raw = NO_JSON
    page_path: Raw = NO_JSON


class Alike(Struct, omit_defaults=True):
    """The columns that events of one mould share, those of the context behind `purpose`."""

    type: str
    event: str
    purpose: Raw
    anonymous_id: str | None = None
    user_id: str | None = None
    subject_key: str | None = None
    consent_subject: str | None = None
    consent_person: str | None = None


class ContextColumns(Struct, omit_defaults=True):
    """The columns of a context that no cache of smaller parts holds."""

    session_id: str | None = None
    consent_receipt: str | None = None
    policy_version: str | None = None
    scene: int | None = None
    gpc: bool = False


class RequestColumns(Struct, omit_defaults=True):
    """Encoded once a request."""

    source_id: str
    received_at: datetime
    platform: str
    sent_at: datetime | None = None
    ip_truncated: str | None = None


_encoder = msgspec.json.Encoder()


def of(event: Event, context: RequestContext) -> Row:
    """The event's row."""
    message = event.message
    properties, traits = event.properties, event.traits
    if event.beside:
        properties = _with_names(properties, message)
    columns = context.unnamed if event.unnamed and context.unnamed is not None else context.columns
    return Row(
        message.message_id, message.type, event.name, _context_of(event, context), columns,
        event.event_time, event.original,
        event.anonymous_id, event.user_id, event.user_id or event.anonymous_id, event.seq,
        context.key.kid if event.pii_actions else None, event.pii_actions,
        None if properties is NO_JSON else properties, None if traits is NO_JSON else traits,
        event.consent_subject, event.consent_person,
        None if event.pii_alias is None and event.match_keys is None else _rare(event),
    )  # fmt: skip


def _rare(event: Event) -> Raw:
    """What few events have: the value of `pii_alias`, and the match keys behind it."""
    return Raw(_encoder.encode(event.pii_alias) + (encode_columns(event.match_keys) if event.match_keys else b""))


def columns_of(event: Event, context: RequestContext, whole: bool) -> Raw:
    """The value of `type` and the columns behind it: what all events of one mould say. `whole`: the page's too."""
    columns = _context_of(event, context) if whole else _of_visit(event, context)
    shared = Alike(
        event.message.type, event.name, columns, event.anonymous_id, event.user_id,
        event.user_id or event.anonymous_id, event.consent_subject, event.consent_person,
    )  # fmt: skip
    return Raw(encode_columns(shared)[_AFTER_TYPE:])


def part_of(columns: Raw, request: Raw) -> bytes:
    """All that the rows of one mould share: `columns_of` it, and those of the request."""
    return b"".join((columns, _SOURCE, request))


def encode(rows: Sequence[Row | Cast | None], parts: Sequence[bytes] = ()) -> bytes:
    """The rows as lines, each with its end; before them the table of `parts`, if there are any (fold.py)."""
    return _encoder.encode_lines((table(parts), *rows) if parts else rows)


def of_request(source: Source, received: datetime, sent: datetime | None, ip_truncated: str | None) -> Raw:
    """The columns that all events of a request share: the value of `source_id` and what follows it."""
    return Raw(encode_columns(RequestColumns(source.id, received, source.kind, sent, ip_truncated))[_AFTER_NAME:])


_SOURCE = b',"source_id":'
_AFTER_NAME = len(_SOURCE)
_AFTER_TYPE = len(',"type":')


def _context_of(event: Event, context: RequestContext) -> Raw:
    """The columns of the event's context, encoded once for all events with that context and purpose: the value of
    `purpose` and what follows it."""
    shared, purpose = event.shared, event.purpose
    if shared.row is None or shared.row_purpose != purpose:
        columns = bytes(_of_visit(event, context)) + shared.scrubbed.page
        shared.row, shared.row_purpose = Raw(columns), purpose
    return shared.row


def _of_visit(event: Event, context: RequestContext) -> Raw:
    """The same without the columns of the page."""
    shared = event.shared
    said, clean, gpc = shared.context, shared.scrubbed, context.gpc and not event.unnamed
    consent = said.consent
    own = ContextColumns(
        said.session_id,
        consent.receipt_id if consent is not None else None,
        consent.policy_version if consent is not None else None,
        said.scene,
        gpc or said.gpc,
    )
    carried = b',"context":' + clean.extra.translate(None, _LINE_ENDS) if clean.extra else b""
    parts = (_device(said), shared.verdict.granted, clean.columns, encode_columns(own), carried)
    return Raw(_encoder.encode(event.purpose) + b"".join(parts))


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


def _with_names(properties: Raw, message: Message) -> Raw:
    """The properties, with what a message says beside them (`name` of a page, `groupId`, …) under its wire name."""
    beside = {"name": message.name, "category": message.category, "groupId": message.group_id,
              "previousId": message.previous_id}  # fmt: skip
    named = {k: v for k, v in beside.items() if v}
    if not named:  # scrub took it away
        return properties
    encoded = msgspec.json.encode(named)
    if properties is NO_JSON:
        return Raw(encoded)
    inner = bytes(properties)[1:].lstrip()
    return Raw(encoded[:-1] + (b"}" if inner == b"}" else b"," + inner))
