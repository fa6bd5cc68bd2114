"""A view for each purpose: `events_for_marketing` shows only what may be used for marketing *now*.

An event is in it if it was sent for that purpose, or the person had granted the purpose when it was sent, and neither
the device nor the person denies it today or asked to be forgotten. What is denied today is asked of the consent store
when the reader opens, not of a copy in the lake: a withdrawal changes the next query's answer, and nothing is
rewritten.

    events_for_<purpose>   for each purpose of the built-in ones and of all published policies
    consent_denied         the (subject, purpose) pairs that are denied, `*` for a person who asked to be forgotten

If a store was made but cannot be read there are no such views (fail closed); `events` itself is what it is.
"""

import logging
from typing import Final

import duckdb
import pyarrow as pa
import sqlalchemy as sa

from consent.store import open_store, sqlite_path
from consent.store.tables import change, consent_state

log = logging.getLogger("firsthand.query")
BUILT_IN: Final = ("necessary", "analytics", "personalization", "marketing", "third_party", "cross_border")
DENIED: Final = pa.schema([("subject", pa.string()), ("purpose", pa.string())])


def purpose_views(duck: duckdb.DuckDBPyConnection, url: str) -> None:
    """Make the views over `events`. `url`: of the consent store; where nobody made one, nothing is denied."""
    try:
        denied = _denied(url)
    except sa.exc.SQLAlchemyError as error:
        log.warning("no views by purpose: the consent store cannot be read (%s)", type(error).__name__)
        return
    duck.register("consent_denied", denied)
    known = {row[0] for row in duck.execute("SELECT DISTINCT purpose FROM consent_denied").fetchall()}
    for purpose in sorted({*BUILT_IN, *known} - {"*"}):
        duck.execute(_view(purpose))


def _denied(url: str) -> pa.Table:
    path = sqlite_path(url)
    if path is not None and not path.exists():
        return DENIED.empty_table()
    store = open_store(url, migrate=False)
    try:
        with store.read() as connection:
            said = sa.select(consent_state.c.subject, consent_state.c.purpose).where(~consent_state.c.granted)
            out = sa.select(change.c.subject).where(change.c.denied == ",*,")
            pairs = [(row.subject, row.purpose) for row in connection.execute(said)]
            pairs += [(row.subject, "*") for row in connection.execute(out)]
    finally:
        store.close()
    return pa.Table.from_pylist([{"subject": s, "purpose": p} for s, p in pairs], DENIED)


def _view(purpose: str) -> str:
    """A purpose's name is an identifier of ours: letters, digits, dash and underscore."""
    text = purpose.replace("'", "''")
    name = f'"events_for_{purpose.replace(chr(34), "")}"'
    against = f"(SELECT subject FROM consent_denied WHERE purpose IN ('{text}', '*'))"  # noqa: S608 - names of ours
    return f"""
        CREATE VIEW {name} AS SELECT * FROM events
        WHERE (purpose = '{text}' OR list_contains(consent_purposes, '{text}'))
          AND (consent_subject IS NULL OR consent_subject NOT IN {against})
          AND (consent_person IS NULL OR consent_person NOT IN {against})
    """  # noqa: S608 - names of ours
