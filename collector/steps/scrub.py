"""Nothing that names a person goes further. Last of the steps, so that geo could see the address. Fails closed.

The firewall (`consent/pii/`) looks through everything that a message carries: properties, traits, context, the
addresses and title of the page, campaign tags, names of events and pages, ids. Declared fields and found values are
hashed, cut or dropped as the source says; a user id that is an address, a phone or an identity number (or every one, if
the source says so) becomes a keyed pseudonym; the IP is truncated to /24 or /48 (done once a request).

The common event holds nothing of the kind, which one look over the bytes of a whole batch shows (`clean`); only a hint
there looks at each event, and a hint in an event sends it the long way: decode, walk, encode. What a context holds is
scrubbed once for all events that say the same. What was done is counted in `pii_actions`, by field, class,
action and rule.
"""

from functools import lru_cache

import msgspec
from msgspec import Raw

from collector.context import RequestContext, Source
from collector.event import Event, encode_columns
from collector.outcome import Drop, Reason
from collector.protocol import NO_JSON, cacheable
from collector.shared import Shared
from consent.pii.firewall import IDENTIFIER, Scrubber
from consent.pii.hashing import aliases, pseudonym
from consent.pii.identifiers import kind_of_id
from consent.pii.look import hints, rules_in
from consent.pii.matchkeys import PURPOSE, match_keys
from consent.pii.spelling import plain
from consent.pii.urls import CAMPAIGN_PARAMS, clean_referrer, clean_url, host_of, path_of

MAX_TITLE_CHARS = 300


class Scrubbed(msgspec.Struct, frozen=True):
    """What is left of a context, as encoded columns: its page (addresses, title, what was looked up about them), and
    what was looked up beside; what has no column; and what was done."""

    page: bytes
    columns: bytes
    extra: bytes
    actions: dict[str, int]


def scrub(event: Event, context: RequestContext) -> Event:
    if not context.clean and event.properties is not NO_JSON:
        event.properties = _scrub_object(event.properties, "properties", event, context)
    if event.traits is not NO_JSON:
        if context.source.match_keys and event.message.type == "identify":
            event.match_keys = _match_keys(event, context) or None
        # What describes a person is always walked: its names are few and its messages rare
        event.traits = _scrub_object(event.traits, "traits", event, context, person=event.message.type != "group")
    user, anonymous, name = event.user_id, event.anonymous_id, event.name
    if user is not None and ((kind := _kind_of_id(user)) is not None or context.source.hash_user_id):
        event.user_id = _hash_id(user, kind or "user_id", "user_id", event, context)
    if anonymous is not None and (kind := _kind_of_id(anonymous)) is not None:
        event.anonymous_id = _hash_id(anonymous, kind, "anonymous_id", event, context)
    if event.beside:
        _scrub_names(event, context)
    if name[0] != "$" and _may_hold(name):
        event.name = _scrub_text(name, "event", event, context) or ":redacted"
    shared = event.shared
    scrubbed: Scrubbed | None = shared.scrubbed
    if scrubbed is None:
        scrubbed = shared.scrubbed = _scrub_context(shared, context)
    if scrubbed.actions:
        for action, times in scrubbed.actions.items():
            _count(event, action, times)
    return event


# People have many events and programs few names for them, and the exact look costs some microseconds
_kind_of_id = lru_cache(16_384)(kind_of_id)


@lru_cache(4096)
def _harmless(title: str) -> bool:
    """Whether a title, short enough to stay whole, stays as it is whatever the source says."""
    return len(title) <= MAX_TITLE_CHARS and not rules_in(f"\n{plain(title)}")


@lru_cache(4096)
def _may_hold(name: str) -> bool:
    """Whether the name of an event has to be looked at exactly."""
    return bool(rules_in(name)) or "%" in name


def clean(joined: bytes, source: Source) -> bool:
    """Whether nothing in the joined objects may hold PII. False is no verdict: then each is looked at by itself."""
    return hints(joined) is None and not (source.pii.declares and source.pii.may_declare(joined))


def _scrub_context(shared: Shared, context: RequestContext) -> Scrubbed:
    actions: dict[str, int] = {}
    extra = _scrubbed(shared.extra, "context", context, actions) if shared.extra else b""
    columns, landed = shared.columns or b"", shared.page_columns or b""
    if columns and _hinted(columns):
        columns = _scrub_columns(columns, context, actions)
    if landed and _hinted(landed):  # campaign tags, mostly
        landed = _scrub_columns(landed, context, actions)
    page = shared.context.page
    if page is None:
        return Scrubbed(landed, columns, extra, actions)
    url, path, referrer = page.url or "", page.path or "", page.referrer or ""
    look = _addresses if cacheable(url, path, referrer) else _addresses.__wrapped__
    addresses, suspect = look(url, path, referrer, context.source.query_params)
    if suspect:
        addresses = _scrub_addresses(addresses, context, actions)
    title = page.title
    if title is not None and not (cacheable(title) and _harmless(title)):
        title = Scrubber(context.key, actions, context.source.pii, context.samples).text(
            title[:MAX_TITLE_CHARS], "page.title"
        )
    if title is not None:
        addresses += b',"page_title":' + msgspec.json.encode(title)
    return Scrubbed(addresses + landed, columns, extra, actions)


def _scrub_columns(encoded: bytes, context: RequestContext, actions: dict[str, int]) -> bytes:
    """What was looked up, where a client's words may stand in it. A referrer's host is a site's, not a person's."""
    columns: dict[str, Raw] = msgspec.json.decode(b"{" + encoded[1:] + b"}", type=dict[str, Raw])
    host = columns.pop("referrer_host", None)
    kept = _scrubbed(msgspec.json.encode(columns), "page", context, actions)[1:-1]
    return (b"," + kept if kept else b"") + (b"" if host is None else encode_columns({"referrer_host": host}))


def _scrub_addresses(encoded: bytes, context: RequestContext, actions: dict[str, int]) -> bytes:
    """Addresses that are cut already and may hold a value in what stayed. The host is the site's, not a person's."""
    columns: dict[str, str] = msgspec.json.decode(b"{" + encoded[1:] + b"}") if encoded else {}
    scrubber = Scrubber(context.key, actions, context.source.pii, context.samples)
    for name in columns.keys() & {"page_url", "page_path", "referrer"}:
        address = columns[name]
        own = path_of(address) or ""
        at = address.find(own, address.find("//") + 2) if "//" in address else 0
        columns[name] = address[:at] + (scrubber.text(address[at:], f"page.{name}") or ":redacted")
    return encode_columns(columns)


def _scrub_names(event: Event, context: RequestContext) -> None:
    message = event.message
    if message.name is not None:
        message.name = _scrub_text(message.name, "name", event, context)
    if message.category is not None:
        message.category = _scrub_text(message.category, "category", event, context)
    if message.previous_id is not None and (kind := _kind_of_id(message.previous_id)) is not None:
        message.previous_id = _hash_id(message.previous_id, kind, "previous_id", event, context)
    if message.group_id is not None and (kind := _kind_of_id(message.group_id)) is not None:
        message.group_id = _hash_id(message.group_id, kind, "group_id", event, context)


@lru_cache(16_384)
def _addresses(url: str, path: str, referrer: str, allowed: frozenset[str]) -> tuple[bytes, bool]:
    """The columns of a page's addresses, cut down, and whether a rule may find something in them."""
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
    suspect = bool(rules_in(plain(f"{url}\n{path}\n{referrer}")))
    return encode_columns({name: value for name, value in columns.items() if value}), suspect


@lru_cache(16_384)
def _hinted(columns: bytes) -> bool:
    """Whether columns that were looked up may hold something; most contexts that are new share theirs with others."""
    return hints(columns) is not None


def _hash_id(value: str, kind: str, where: str, event: Event, context: RequestContext) -> str:
    _count(event, f"{where}:{kind}:hash:{IDENTIFIER}")
    stands = pseudonym(context.key, kind, value)
    if context.key.older:
        _alias(event, aliases(context.key, kind, value, stands))
    return stands


def _alias(event: Event, found: dict[str, str]) -> None:
    if found:
        event.pii_alias = (event.pii_alias or {}) | found


def _match_keys(event: Event, context: RequestContext) -> dict[str, str]:
    """For a person who granted marketing, and against no signal. What cannot be read as such means no."""
    if context.gpc or event.shared.context.gpc or event.unnamed:
        return {}
    columns = event.shared.verdict.granted
    granted = msgspec.json.decode(b"{" + columns[1:] + b"}").get("consent_purposes", ()) if columns else ()
    if PURPOSE not in granted:
        return {}
    traits = msgspec.json.decode(event.traits)
    return match_keys(traits, event.user_id or "") if isinstance(traits, dict) else {}


def _scrub_text(text: str, where: str, event: Event, context: RequestContext) -> str | None:
    actions: dict[str, int] = {}
    scrubbed = Scrubber(context.key, actions, context.source.pii, context.samples).text(text, where)
    for action, times in actions.items():
        _count(event, action, times)
    return scrubbed


def _scrub_object(raw: Raw, where: str, event: Event, context: RequestContext, person: bool = False) -> Raw:
    actions: dict[str, int] = {}
    known: dict[str, str] = {}
    scrubbed = Raw(_scrubbed(bytes(raw), where, context, actions, person, known))
    for action, times in actions.items():
        _count(event, action, times)
    _alias(event, known)
    return scrubbed


def _scrubbed(
    raw: bytes, where: str, context: RequestContext, actions: dict[str, int], person: bool = False,
    known: dict[str, str] | None = None,
) -> bytes:  # fmt: skip
    source = context.source
    scrubber = Scrubber(context.key, actions, source.pii, context.samples, known, source.query_params)
    try:
        return scrubber.json(raw, where, person)
    except (msgspec.MsgspecError, RecursionError, ValueError):
        # A number outside the range of a double, mostly: what cannot be read cannot be scrubbed
        raise Drop(Reason.INVALID, "properties, traits or context hold a value that cannot be read") from None


def _count(event: Event, action: str, times: int = 1) -> None:
    if event.pii_actions is None:
        event.pii_actions = {}
    event.pii_actions[action] = event.pii_actions.get(action, 0) + times
