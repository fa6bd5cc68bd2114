"""One event on its way through STEPS: the decoded message and what the steps add to it.

The pipeline owns the event; a step may set the fields that are its own and returns the same object. Only
`validate` and `scrub` change what came from the client.
"""

from datetime import datetime
from typing import Any

import msgspec

from collector.protocol import NO_JSON, Context, Message

EMPTY_CONTEXT = Context()


class Event(msgspec.Struct, gc=False):
    """State after each step: `validate` fills name and purpose, `clock` the times, `gate` the purposes that
    were granted, `enrich` the encoded columns, `scrub` the cleaned addresses, objects and ids.

    `properties`, `traits`, `extra` are JSON objects as bytes, or empty. `extra` is what of the context has no
    column. `granted`, `page` and `columns` are columns as they go into the row, `,"name":value` pairs or empty: many
    events have the same, so their encoded form is what is cached.
    """

    message: Message
    context: Context
    properties: bytes = b""
    traits: bytes = b""
    extra: bytes = b""
    name: str = ""
    purpose: str = ""
    event_time: datetime | None = None
    original: datetime | None = None
    granted: bytes = b""
    columns: bytes = b""
    user_id: str | None = None
    anonymous_id: str | None = None
    page: bytes = b""
    title: str | None = None
    pii_actions: dict[str, int] | None = None

    @property
    def id(self) -> str:
        return self.message.message_id


def of(message: Message, extra: bytes = b"") -> Event:
    """The event of a freshly decoded message."""
    properties, traits = message.properties, message.traits
    return Event(
        message,
        message.context or EMPTY_CONTEXT,
        b"" if properties is NO_JSON else bytes(properties),
        b"" if traits is NO_JSON else bytes(traits),
        extra,
    )


def encode_columns(columns: Any) -> bytes:
    """A dictionary or struct of columns as `,"name":value` pairs; empty if there are none."""
    inner = msgspec.json.encode(columns)[1:-1]
    return b"," + inner if inner else b""
