"""One event on its way through STEPS: the decoded message, what it shares with others, and what the steps add to it.

The pipeline owns the event; a step may set the fields that are its own and returns the same object. Only
`validate` and `scrub` change what came from the client. What follows from the context alone does not stand here but in
`shared`, where it serves the next event too: a step that takes something of it away from one event gives that event
another `Shared`, and never writes into one for what is true of one event only.
"""

from datetime import datetime
from typing import Any

import msgspec
from msgspec import Raw

from collector.protocol import NO_JSON, Message
from collector.shared import Shared


class Event(msgspec.Struct, gc=False):
    """State after each step: `validate` fills name and ids, `clock` the times, `gate` the purpose, `scrub` cleans
    objects and ids. `enrich` has nothing that belongs to one event alone.

    `properties` and `traits` are JSON objects, or NO_JSON: `Raw` as long as nobody had to change them, `bytes(…)` gives
    their text. `seq`: the event's number in its session. `beside`: the message names something beside its properties.
    `consent_subject`, `consent_person`: the ledger's names of device and person, where a policy is published.
    `unnamed`: it may not be told who it was (gate). `standing`: what the gate would have to ask again of another event
    that names the same; None if its answer was for this one alone, or if no policy is published.
    """

    message: Message
    shared: Shared
    seq: int | None = None
    properties: Raw = NO_JSON
    traits: Raw = NO_JSON
    name: str = ""
    beside: bool = False
    purpose: str = ""
    event_time: datetime | None = None
    original: datetime | None = None
    user_id: str | None = None
    anonymous_id: str | None = None
    pii_actions: dict[str, int] | None = None
    pii_alias: dict[str, str] | None = None
    match_keys: dict[str, str] | None = None
    consent_subject: str | None = None
    consent_person: str | None = None
    unnamed: bool = False
    standing: Any = None

    @property
    def id(self) -> str:
        return self.message.message_id


def of(message: Message, shared: Shared, seq: int | None) -> Event:
    """The event of a freshly decoded message and its context."""
    if shared.extra and message.type == "identify" and message.traits is NO_JSON:
        shared, traits = _rudder_traits(shared)
        return Event(message, shared, seq, message.properties, traits)
    return Event(message, shared, seq, message.properties, message.traits)


def _rudder_traits(shared: Shared) -> tuple[Shared, Raw]:
    """RudderStack puts the traits of `identify` into the context."""
    extra = msgspec.json.decode(shared.extra, type=dict[str, Raw])
    traits = extra.pop("traits", NO_JSON)
    if traits is NO_JSON:
        return shared, NO_JSON
    rest = msgspec.json.encode(extra) if extra else b""
    return Shared(shared.context, rest, shared.circumstances), traits


def encode_columns(columns: Any) -> bytes:
    """A dictionary or struct of columns as `,"name":value` pairs; empty if there are none."""
    inner = msgspec.json.encode(columns)[1:-1]
    return b"," + inner if inner else b""
