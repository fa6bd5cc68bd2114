"""Erase a person from the ledger. The chain stays whole; an entry says which numbers were emptied, and of nobody.

After this the rows are gone from the tables. SQLite overwrites them at once (`secure_delete`); `Store.vacuum` gives the
rest back, in both databases. PostgreSQL's write-ahead log and everybody's backups keep older bytes until they are
recycled.
"""

from collections.abc import Callable

import sqlalchemy as sa
from sqlalchemy import Connection

from consent.ledger.append import Entry, RandomBytes, append, lock
from consent.ledger.verify import ERASE
from consent.store.tables import change, consent_state, ledger_payload, subject_link


def erase(
    connection: Connection, site: str, subjects: list[str], at: int, new_id: Callable[[], str], random: RandomBytes
) -> list[int]:  # fmt: skip
    """Delete payloads, state, links and gate entries of these subjects. Gives the numbers that were emptied."""
    head = lock(connection, site)
    mine = (ledger_payload.c.chain == site) & ledger_payload.c.subject.in_(subjects)
    emptied = sorted(connection.execute(sa.select(ledger_payload.c.seq).where(mine)).scalars())
    connection.execute(ledger_payload.delete().where(mine))
    connection.execute(
        consent_state.delete().where(consent_state.c.site == site, consent_state.c.subject.in_(subjects))
    )
    connection.execute(
        subject_link.delete().where(
            subject_link.c.site == site, subject_link.c.device.in_(subjects) | subject_link.c.person.in_(subjects)
        )
    )
    # What keeps a person out (`,*,`) stays: late events must not bring them back
    connection.execute(
        change.delete().where(change.c.site == site, change.c.subject.in_(subjects), change.c.denied != ",*,")
    )
    id = new_id()
    append(connection, site, [Entry(ERASE, {"id": id, "erased": emptied})], at, random, head)
    return emptied
