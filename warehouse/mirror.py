"""The consent ledger, copied into the lake: the table `consent_receipts`, one row an entry, for whoever reads tables.

The store stays the truth. Each site's ledger is a shard of its own (`ledger.<site>`) and an entry's number its place,
so the sink's rule for segments (the position is a property that changes with the rows, in one swap) makes each entry
one row, whatever dies in between and however many loaders there are. An entry whose payload was erased before it was
copied comes without it; erasing it afterwards from the table is the work of whoever erases rows.
"""

import hashlib
import logging
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pyarrow as pa

from consent.ledger.export import rows
from consent.store import Store, open_store, sqlite_path
from consent.store.tables import site
from warehouse.row import arrow_schema
from warehouse.schema import CONSENT_RECEIPTS
from warehouse.sinks.part import Part, Sink

log = logging.getLogger("firsthand.mirror")

ROWS = 20_000


class Mirror:
    """Copies what is new. `url`: of the consent store; one that nobody made yet is left alone."""

    def __init__(self, url: str, sink: Sink) -> None:
        self._url, self._sink = url, sink
        self._store: Store | None = None

    def run_once(self) -> int:
        """Copy all new entries of all sites; gives their number. Raises what store and catalog raise."""
        if self._store is None:
            path = sqlite_path(self._url)
            if path is not None and not path.exists():
                return 0
            self._store = open_store(self._url)
        copied = 0
        with self._store.read() as connection:
            sites = list(connection.execute(site.select()).scalars())
        for id in sites:
            for part in self._parts(self._store, id):
                self._sink.write(CONSENT_RECEIPTS, [part], {})
                copied += part.rows.num_rows
        return copied

    def close(self) -> None:
        if self._store is not None:
            self._store.close()

    def _parts(self, store: Store, id: str) -> Iterator[Part]:
        shard, after = f"ledger.{id}", 0
        first = True
        while True:
            with store.read() as connection:
                if first and next(rows(connection, id, 0, 1), None) is None:
                    return  # without an entry no table need be made
            if first:
                position = self._sink.positions(CONSENT_RECEIPTS).get(shard)
                after, first = position.seq if position else 0, False
            with store.read() as connection:
                found = list(rows(connection, id, after, ROWS))
            if not found:
                return
            after = found[-1]["seq"]
            yield Part(shard, after, _identity(found), _table(found, shard))


def _identity(found: list[dict[str, Any]]) -> str:
    """The last hash of the chain stands for all before it."""
    return hashlib.sha256(found[-1]["hash"].encode()).hexdigest()


def _table(found: list[dict[str, Any]], shard: str) -> pa.Table:
    given = [
        row
        | {
            "at": datetime.fromisoformat(row["at"]),
            "client_time": datetime.fromisoformat(row["client_time"]) if row["client_time"] else None,
            "spool_shard": shard,
            "spool_seq": row["seq"],
        }
        for row in found
    ]
    schema = arrow_schema(CONSENT_RECEIPTS)
    return pa.Table.from_pylist([{name: row[name] for name in schema.names} for row in given], schema)
