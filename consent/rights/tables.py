"""The requests of people. Times are whole milliseconds since the epoch; lists are JSON as text."""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Index, String, Table, Text

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
    Column("verifier", Text),  # all names of whoever verified, JSON: the second pair of eyes must be another's
    Index(None, "site", "state", "due_at"),
)  # fmt: skip

dsr_work: Final = Table(
    "dsr_work", metadata,
    Column("request", String(36), primary_key=True),
    Column("site", String(64), nullable=False),
    Column("kind", String(16), nullable=False),  # export | erase | restrict | lift
    Column("state", String(16), nullable=False),  # waiting | running | failed | done
    Column("night", Boolean, nullable=False),  # not before erase_at
    Column("asked_by", String(200), nullable=False),
    Column("asked_at", BigInteger, nullable=False),
    Column("began_at", BigInteger),
    Column("ended_at", BigInteger),
    Column("beat_at", BigInteger),  # when its runner last said that it is alive
    Column("runner", String(200)),  # machine and data directory of the loader that has it
    Column("step", String(32), nullable=False),
    Column("done", BigInteger, nullable=False),  # files of this step
    Column("total", BigInteger, nullable=False),
    Column("problem", Text, nullable=False),
    Column("file", String(64)),  # name of an export below `exports/` of the runner; no identifier
    Column("file_until", BigInteger),
    Index(None, "state"),
)  # fmt: skip
