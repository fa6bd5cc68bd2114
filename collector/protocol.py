"""The wire: what a client may send and how we hold it. `docs/protocol.md` and `tests/contract/schema` say the same.

The public Segment tracking API plus additions of ours (`context.seq`, `context.purpose`, `context.gpc`,
`context.consent`). Structs, not dicts, because every field access is on the hot path; `Raw` for what is only
carried. `Context` refuses unknown fields: that is the fast way for our own SDKs, and what decode.py falls back
from for everybody else, keeping what has no column.
"""

from datetime import datetime
from typing import Annotated, Final

from msgspec import Meta, Raw, Struct

MAX_MESSAGE_BYTES: Final = 32 * 1024
MAX_BATCH_MESSAGES: Final = 500
MAX_BODY_BYTES: Final = 1024 * 1024
MAX_INFLATED_BYTES: Final = 8 * 1024 * 1024
MAX_DEPTH: Final = 16
MAX_PROPERTIES: Final = 255
MAX_ID_CHARS: Final = 100
MAX_NAME_CHARS: Final = 200
MAX_USER_ID_CHARS: Final = 256
MAX_PURPOSE_CHARS: Final = 64
MAX_USER_AGENT_CHARS: Final = 1024
# Clients write the keys of our caches, and a cache is bounded in entries: longer ones are looked up each time
MAX_CACHED_CHARS: Final = 512

TYPES: Final = frozenset({"track", "page", "screen", "identify", "group", "alias"})
RESERVED_EVENTS: Final = frozenset(
    {"$page", "$page_leave", "$click", "$submit", "$change", "$scroll", "$exposure", "$rage_click", "$dead_click",
     "$outbound", "$download", "$search", "$web_vitals", "$error", "$session_start", "$app_launch", "$app_show",
     "$app_hide", "$share", "$favorite", "$consent", "$lost"}
)  # fmt: skip


def cacheable(*texts: str | None) -> bool:
    """Whether client-written texts are together short enough to be the key of a bounded cache."""
    return sum(map(len, filter(None, texts))) <= MAX_CACHED_CHARS


# Limits that the decoder checks; who exceeds one is read again by loose.py, which says which one it was
Id = Annotated[str, Meta(max_length=MAX_ID_CHARS)]
PersonId = Annotated[str, Meta(max_length=MAX_USER_ID_CHARS)]
Name = Annotated[str, Meta(max_length=MAX_NAME_CHARS)]
PurposeName = Annotated[str, Meta(max_length=MAX_PURPOSE_CHARS)]
Count = Annotated[int, Meta(ge=0, le=2**53 - 1)]
Scene = Annotated[int, Meta(ge=0, le=2**31 - 1)]


class _Wire(Struct, rename="camel", forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """Base of everything below `context`."""


class Page(_Wire):
    url: str | None = None
    path: str | None = None
    search: str | None = None
    title: str | None = None
    referrer: str | None = None


class Screen(_Wire):
    width: int | float | None = None
    height: int | float | None = None
    density: int | float | None = None


class Viewport(_Wire):
    width: int | float | None = None
    height: int | float | None = None


class Campaign(_Wire):
    source: str | None = None
    medium: str | None = None
    name: str | None = None
    term: str | None = None
    content: str | None = None


class Library(_Wire):
    name: str | None = None
    version: str | None = None


class Os(_Wire):
    name: str | None = None
    version: str | None = None


class Device(_Wire):
    type: str | None = None
    manufacturer: str | None = None
    model: str | None = None


class App(_Wire):
    name: str | None = None
    version: str | None = None


class Consent(_Wire):
    """What the person chose, as the client stamped it: `{"categoryPreferences": {"analytics": true}}`."""

    category_preferences: dict[str, bool] | None = None
    receipt_id: str | None = None
    token: str | None = None
    policy_version: str | None = None


class Context(_Wire):
    page: Page | None = None
    user_agent: str | None = None
    locale: str | None = None
    timezone: str | None = None
    screen: Screen | None = None
    viewport: Viewport | None = None
    network: str | None = None
    campaign: Campaign | None = None
    library: Library | None = None
    os: Os | None = None
    device: Device | None = None
    app: App | None = None
    session_id: str | None = None
    consent: Consent | None = None
    gpc: bool = False
    seq: Count | None = None
    purpose: PurposeName | None = None
    scene: Scene | None = None


NO_JSON: Final = Raw()


class Message(Struct, rename="camel", omit_defaults=True, gc=False):
    """One message as sent. `properties`, `traits` and `context` stay undecoded JSON (or empty): see shared.py."""

    type: str = ""
    message_id: Id = ""
    timestamp: datetime | None = None
    original_timestamp: datetime | None = None
    anonymous_id: PersonId | None = None
    user_id: PersonId | None = None
    event: Name | None = None
    name: Name | None = None
    category: Name | None = None
    group_id: PersonId | None = None
    previous_id: PersonId | None = None
    properties: Raw = NO_JSON
    traits: Raw = NO_JSON
    context: Raw = NO_JSON


class BatchBody(Struct, rename="camel"):
    """A body of `/v1/batch` whose messages are still undecoded."""

    batch: list[Raw]
    write_key: str | None = None
    sent_at: Raw = NO_JSON
    context: Raw = NO_JSON


class StrictBatchBody(Struct, rename="camel"):
    """The same, decoded in one go: what our own SDKs send."""

    batch: list[Message]
    write_key: str | None = None
    sent_at: datetime | None = None
    context: Raw = NO_JSON
