"""Retention: events go when the days of their purpose's class are over (GDPR 5(1)(e), PIPL 19).

The published policies say how long: each purpose names a class, each class has days. The clock is `received_at`,
whole UTC days. Rows of a day that is over are deleted by a table delete, one day and purpose at a time, so that one
commit rewrites no more than one day; what is left behind goes with expiry and purge. Of several sites that name a
purpose the longest counts: the table does not know sites, and what is deleted too early cannot be had again.
"""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from pyiceberg.table import Table

from consent.admin import policies
from consent.store import open_store, sqlite_path
from warehouse.catalog import CONFLICTS
from warehouse.give_way import until_first

log = logging.getLogger("firsthand.maintain")
ATTEMPTS = 8


def days_by_purpose(url: str) -> dict[str, int]:
    """Days that each purpose's events are kept, by the policies in force; empty where none is published."""
    path = sqlite_path(url)
    if path is not None and not path.exists():
        return {}
    store = open_store(url)
    found: dict[str, int] = {}
    try:
        with store.read() as connection:
            for site in policies.sites(connection):
                published = policies.current(connection, site)
                if published is not None:
                    document = published.document
                    for purpose in document.purposes:
                        days = document.retention[purpose.retention]
                        found[purpose.id] = max(days, found.get(purpose.id, 0))
    finally:
        store.close()
    return found


def retain(table: Table, days: Mapping[str, int], now: datetime) -> dict[str, int]:
    """Delete the events whose days are over; rows deleted by purpose. Raises what the catalog raises."""
    gone: dict[str, int] = {}
    for purpose, kept in sorted(days.items()):
        midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        # A purpose's name holds letters, digits, dash and underscore only (consent.model.Identifier)
        over = f"purpose = '{purpose}' and received_at < '{(midnight - timedelta(days=kept)).isoformat()}'"
        rows = table.scan(row_filter=over, selected_fields=("event_id",)).to_arrow().num_rows
        if rows and _delete(table, over):
            gone[purpose] = rows
            log.info("%d events for %s were older than %d days", rows, purpose, kept)
    return gone


def _delete(table: Table, over: str) -> bool:
    if until_first(lambda: _deleted(table, over), ATTEMPTS):
        return True
    log.info("a delete in %s was overtaken by other writers %d times; next time", table.name(), ATTEMPTS)
    return False


def _deleted(table: Table, over: str) -> bool | None:
    table.refresh()
    try:
        table.delete(over)
    except CONFLICTS:
        return None
    return True
