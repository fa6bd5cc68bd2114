"""The requests of people. Times are whole milliseconds since the epoch; lists are JSON as text."""

from typing import Final

from sqlalchemy import BigInteger, Column, Index, String, Table, Text

from consent.store.tables import metadata

dsr_request: Final = Table(
    "dsr_request", metadata,
    Column("id", String(36), primary_key=True),
    Column("site", String(64), nullable=False),
    Column("kind", String(16), nullable=False),  # access | export | restrict | erase
    Column("law", String(16), nullable=False),
    Column("state", String(16), nullable=False),  # received | verified | running | done | denied
    Column("channel", String(16), nullable=False),  # api | form | command line
    Column("identifiers", Text, nullable=False),  # forms as the tables hold them; emptied when an erasure is done
    Column("verified_by", String(200)),
    Column("reason", Text, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("extended_at", BigInteger),
    Column("closed_at", BigInteger),
    Column("tasks", Text, nullable=False),  # {"suppress": when, "tables": when, …}
    Column("certificate", String(80)),
    Index(None, "site", "state", "due_at"),
)  # fmt: skip
