"""One event on its way through STEPS: the decoded message and what the steps add to it.

The pipeline owns the event; a step may set the fields that are its own and returns the same object. Only
`validate` and `scrub` change what came from the client.
"""

from datetime import datetime

import msgspec

from collector.protocol import NO_JSON, Context, Message

EMPTY_CONTEXT = Context()


class Event(msgspec.Struct, gc=False):
    """State after each step: `validate` fills name and purpose, `clock` the times, `gate` the purposes that
    were granted, `enrich` the encoded columns, `scrub` the cleaned addresses, objects and ids.

    `properties`, `traits`, `extra` are JSON objects as bytes, or empty. `extra` is what of the context has no
    column. `columns` is `"name":value` pairs joined by commas, or empty.
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
    granted: tuple[str, ...] = ()
    columns: bytes = b""
    user_id: str | None = None
    anonymous_id: str | None = None
    page_url: str | None = None
    page_host: str | None = None
    page_path: str | None = None
    referrer: str | None = None
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
