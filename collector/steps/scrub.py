"""Nothing that names a person goes further. Last of the steps, so that geo could see the address. Fails closed.

Addresses are cut down, declared fields hashed or dropped, a user id that is a mail address (or every one, if the
source says so) becomes a keyed pseudonym, the IP is truncated to /24 or /48 (done once a request).

The common event holds nothing declared, which one pass over the bytes of a whole batch shows (`clean`); only a hit
there looks at each event, and a hit in an event sends it the long way: decode, walk, encode. What a context holds is
scrubbed once for all events that say the same.
"""

from functools import lru_cache
from typing import NamedTuple

import msgspec

from collector.context import RequestContext
from collector.event import Event, encode_columns
from collector.outcome import Drop, Reason
from collector.protocol import cacheable
from collector.shared import Shared
from consent.pii.declared import may_declare, scrub_declared
from consent.pii.hashing import Key, pseudonym
from consent.pii.urls import CAMPAIGN_PARAMS, clean_referrer, clean_url, host_of, path_of

MAX_TITLE_CHARS = 300


class Scrubbed(NamedTuple):
    """What is left of a context: its addresses as encoded columns, its title, what has no column; and what was done."""

    page: bytes
    title: str | None
    extra: bytes
    actions: dict[str, int]


def scrub(event: Event, context: RequestContext) -> Event:
    key = context.key
    if event.properties and not context.clean:
        event.properties = _scrub_object(event.properties, event, key)
    if event.traits:
        event.traits = _scrub_object(event.traits, event, key, person=event.message.type != "group")
    user, anonymous = event.user_id, event.anonymous_id
    if user is not None and (context.source.hash_user_id or "@" in user):
        event.user_id = _hash_id(user, event, key)
    if anonymous is not None and "@" in anonymous:
        event.anonymous_id = _hash_id(anonymous, event, key)
    message = event.message
    if message.name or message.category or message.previous_id or message.group_id:
        _scrub_names(event, key)
    shared = event.shared
    if shared.scrubbed is None:
        shared.scrubbed = _scrub_context(shared, context)
    for action, times in shared.scrubbed.actions.items():
        _count(event, action, times)
    return event


def clean(joined: bytes) -> bool:
    """Whether nothing in the joined objects may declare PII. False is no verdict: then each is looked at by itself."""
    return not may_declare(joined)


def _scrub_context(shared: Shared, context: RequestContext) -> Scrubbed:
    actions: dict[str, int] = {}
    extra = _scrubbed(shared.extra, context.key, actions) if shared.extra else b""
    page = shared.context.page
    if page is None:
        return Scrubbed(b"", None, extra, actions)
    url, path, referrer = page.url or "", page.path or "", page.referrer or ""
    look = _addresses if cacheable(url, path, referrer) else _addresses.__wrapped__
    columns = look(url, path, referrer, context.source.query_params)
    title = page.title
    return Scrubbed(columns, None if title is None or "@" in title else title[:MAX_TITLE_CHARS], extra, actions)


def _scrub_names(event: Event, key: Key) -> None:
    message = event.message
    if message.name is not None and "@" in message.name:
        message.name = None
    if message.category is not None and "@" in message.category:
        message.category = None
    if message.previous_id is not None and "@" in message.previous_id:
        message.previous_id = _hash_id(message.previous_id, event, key)
    if message.group_id is not None and "@" in message.group_id:
        message.group_id = _hash_id(message.group_id, event, key)


@lru_cache(16_384)
def _addresses(url: str, path: str, referrer: str, allowed: frozenset[str]) -> bytes:
    """The columns of a page's addresses, cut down."""
    keep = CAMPAIGN_PARAMS | allowed
    clean = clean_url(url, keep) if url else None
    host = host_of(clean) if clean else None
    columns = {
        "page_url": clean,
        "page_host": host,
        # The path is read from the cleaned address, and a path of its own is cleaned the same way
        "page_path": path_of(clean) if clean else clean_url(path, frozenset()) if path else None,
        "referrer": clean_referrer(referrer, host, keep) if referrer else None,
    }
    return encode_columns({name: value for name, value in columns.items() if value})


def _hash_id(value: str, event: Event, key: Key) -> str:
    kind = "email" if "@" in value else "user_id"
    _count(event, f"{kind}:hash")
    return pseudonym(key, kind, value)


def _scrub_object(raw: bytes, event: Event, key: Key, person: bool = False) -> bytes:
    actions: dict[str, int] = {}
    scrubbed = _scrubbed(raw, key, actions, person)
    for action, times in actions.items():
        _count(event, action, times)
    return scrubbed


def _scrubbed(raw: bytes, key: Key, actions: dict[str, int], person: bool = False) -> bytes:
    # What describes a person is always walked: its names are few and its messages rare
    if not person and not may_declare(raw):
        return raw
    try:
        cleaned = scrub_declared(msgspec.json.decode(raw), key, actions, person)
    except (msgspec.MsgspecError, RecursionError, ValueError):
        # A number outside the range of a double, mostly: what cannot be read cannot be scrubbed
        raise Drop(Reason.INVALID, "properties, traits or context hold a value that cannot be read") from None
    return msgspec.json.encode(cleaned)


def _count(event: Event, action: str, times: int = 1) -> None:
    if event.pii_actions is None:
        event.pii_actions = {}
    event.pii_actions[action] = event.pii_actions.get(action, 0) + times
