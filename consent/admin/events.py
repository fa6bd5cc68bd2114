"""The map of events: which purpose an event is for, and which of its fields need a purpose of their own.

Unlike the policy, a change of the map takes effect at once (in all gates within seconds), because it changes nothing
a person agreed to: the purposes stay what they are. Every version is kept, with who wrote it.
"""

import msgspec
import sqlalchemy as sa
from msgspec import Struct
from sqlalchemy import Connection

from consent.admin import Admin, AdminError, audit, policies
from consent.canonical import canonical
from consent.model import EventRule
from consent.policy import check_events
from consent.store.tables import event_map, seen_event
from consent.store.upsert import upsert


class MapVersion(Struct, frozen=True, rename="camel"):
    """One version of the map; the highest number is in force. `changed_at` in milliseconds."""

    number: int
    rules: tuple[EventRule, ...]
    author: str
    changed_at: int


class Seen(Struct, frozen=True, rename="camel"):
    """An event that a source sent, and what it was taken for. `mapped`: does the map say so? Times in milliseconds."""

    source: str
    event: str
    purpose: str
    mapped: bool
    first_seen: int
    last_seen: int
    count: int


def current(connection: Connection, site: str) -> tuple[EventRule, ...]:
    """The map in force; empty if none was saved."""
    found = history(connection, site, limit=1)
    return found[0].rules if found else ()


def history(connection: Connection, site: str, limit: int = 100) -> list[MapVersion]:
    """The versions of the map, the newest first."""
    query = sa.select(event_map).where(event_map.c.site == site).order_by(event_map.c.number.desc()).limit(limit)
    return [
        MapVersion(row.number, msgspec.json.decode(row.rules, type=tuple[EventRule, ...]), row.author, row.changed_at)
        for row in connection.execute(query)
    ]


def save(connection: Connection, admin: Admin, site: str, rules: tuple[EventRule, ...], basis: int) -> MapVersion:
    """Put a new map into force. `basis`: the number of the version that was edited (0: none), so that two officers
    cannot overwrite each other unseen. Raises AdminError, PolicyError."""
    published = policies.current(connection, site)
    if published is None:
        raise AdminError("map.noPolicy")
    check_events(published.document, rules)
    policies.touch(connection, site, admin.now)  # locks the site's row as well
    newest = history(connection, site, limit=1)
    last = newest[0].number if newest else 0
    if basis != last:
        raise AdminError("map.changed")
    made = MapVersion(last + 1, rules, admin.name, admin.now)
    connection.execute(event_map.insert().values(
        site=site, number=made.number, rules=canonical(rules).decode(), author=admin.name, changed_at=admin.now
    ))  # fmt: skip
    audit.record(connection, admin, site, "events.map", str(made.number), {
        "rules": msgspec.to_builtins(rules), "before": msgspec.to_builtins(newest[0].rules) if newest else [],
    })  # fmt: skip
    return made


def seen(connection: Connection, site: str, limit: int = 1_000) -> list[Seen]:
    """What arrived, the most frequent first."""
    query = sa.select(seen_event).where(seen_event.c.site == site).order_by(seen_event.c.count.desc()).limit(limit)
    return [
        Seen(row.source, row.event, row.purpose, row.mapped, row.first_seen, row.last_seen, row._mapping["count"])
        for row in connection.execute(query)
    ]


def unmapped(connection: Connection, site: str) -> list[Seen]:
    """What arrived and stands in no entry of the map: it is taken for what its client says, or for analytics."""
    return [one for one in seen(connection, site) if not one.mapped]


def note(connection: Connection, site: str, found: list[Seen]) -> None:
    """Add to what was seen; called by gates now and then. Counts are added, the first time stays."""
    # PostgreSQL has no NUL in its texts, and clients choose the names of events
    entries = {(one.source, one.event.replace("\0", "?"), one.purpose): one for one in found}
    t = seen_event.c
    query = sa.select(t.source, t.event, t.purpose, t.first_seen).where(
        t.site == site, sa.tuple_(t.source, t.event, t.purpose).in_(list(entries))
    )
    first = {(row.source, row.event, row.purpose): row.first_seen for row in connection.execute(query)}
    rows = [
        msgspec.structs.asdict(one) | {"site": site, "event": key[1], "first_seen": first.get(key, one.first_seen)}
        for key, one in sorted(entries.items())  # in one order: two workers cannot wait for each other
    ]
    upsert(connection, seen_event, rows, add=["count"])
