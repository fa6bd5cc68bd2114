"""Nothing that names a person goes further. Last of the steps, so that geo could see the address. Fails closed.

Addresses are cut down, declared fields hashed or dropped, a user id that is a mail address (or every one, if the
source says so) becomes a keyed pseudonym, the IP is truncated to /24 or /48 (done once a request).

The common event holds nothing declared, which one pass over its bytes shows; only a hit sends it the long way: decode,
walk, encode.
"""

from functools import lru_cache

import msgspec

from collector.context import RequestContext
from collector.event import Event, encode_columns
from collector.outcome import Drop, Reason
from collector.protocol import MAX_CACHED_CHARS
from consent.pii.declared import may_declare, scrub_declared
from consent.pii.hashing import Key, pseudonym
from consent.pii.urls import CAMPAIGN_PARAMS, clean_referrer, clean_url, host_of, path_of

MAX_TITLE_CHARS = 300


def scrub(event: Event, context: RequestContext) -> Event:
    if event.properties:
        event.properties = _scrub_object(event.properties, event, context.key)
    if event.traits:
        event.traits = _scrub_object(event.traits, event, context.key, person=event.message.type != "group")
    if event.extra:
        event.extra = _scrub_object(event.extra, event, context.key)
    source = context.source
    if event.user_id is not None and (source.hash_user_id or "@" in event.user_id):
        event.user_id = _hash_id(event.user_id, event, context.key)
    if event.anonymous_id is not None and "@" in event.anonymous_id:
        event.anonymous_id = _hash_id(event.anonymous_id, event, context.key)
    _scrub_names(event, context.key)
    page = event.context.page
    if page is not None:
        url, path, referrer = page.url or "", page.path or "", page.referrer or ""
        look = _addresses if len(url) + len(path) + len(referrer) <= MAX_CACHED_CHARS else _addresses.__wrapped__
        event.page = look(url, path, referrer, source.query_params)
        title = page.title
        event.title = None if title is None or "@" in title else title[:MAX_TITLE_CHARS]
    return event


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
    # What describes a person is always walked: its names are few and its messages rare
    if not person and not may_declare(raw):
        return raw
    actions: dict[str, int] = {}
    try:
        cleaned = scrub_declared(msgspec.json.decode(raw), key, actions, person)
    except (msgspec.MsgspecError, RecursionError, ValueError):
        # A number outside the range of a double, mostly: what cannot be read cannot be scrubbed
        raise Drop(Reason.INVALID, "properties, traits or context hold a value that cannot be read") from None
    for action, times in actions.items():
        _count(event, action, times)
    return msgspec.json.encode(cleaned)


def _count(event: Event, action: str, times: int = 1) -> None:
    if event.pii_actions is None:
        event.pii_actions = {}
    event.pii_actions[action] = event.pii_actions.get(action, 0) + times
