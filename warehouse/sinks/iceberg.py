"""The only place that appends to the lake: one loop that makes a segment count exactly once.

    load the table → property `firsthand.<shard>.seq` ≥ the segment's number? it is there, skip it
    → one transaction: append, segment ids in the snapshot's summary, property set
    → on a conflict or an unknown outcome: load again and look again

The position and the rows change in one atomic swap of the table's metadata, and the swap is refused when anyone
else committed since we looked. So a stale loader, a second loader or a lost answer can only lead to "it is there".
The property survives snapshot expiry; the summary is for people. An append of no rows still makes a snapshot:
a bare property change would not be fenced by a REST catalog.
"""

import logging
import random
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from hashlib import sha256
from pathlib import Path
from typing import Final

import pyarrow as pa
from pyiceberg.catalog import Catalog
from pyiceberg.table import Table

from warehouse.catalog import CONFLICTS, StoreConfig, open_catalog
from warehouse.give_way import give_way
from warehouse.schema import TableSchema
from warehouse.sinks.append import AppendTransaction
from warehouse.sinks.part import Missing, Part, Position, Written
from warehouse.tables import ensure

log = logging.getLogger("firsthand.sink")

PREFIX: Final = "firsthand."
ATTEMPTS: Final = 30
MAX_WAIT: Final = 1.0


class Contention(RuntimeError):
    """Other writers won every one of our attempts; the segments stay in the spool and are tried again."""


class IcebergSink:
    """Appends to the tables of one store. Connects at first use; one thread at a time. Raises StoreError."""

    def __init__(self, config: StoreConfig, sleep: Callable[[float], None] = time.sleep) -> None:
        config.check()  # a wrong setting is said at the start, not at the first event
        self._config = config
        self._sleep = sleep
        self._catalog: Catalog | None = None
        self._ensured: set[str] = set()

    def table(self, schema: TableSchema) -> Table:
        """The table as the catalog has it now; made or grown at the first call."""
        if self._catalog is None:
            self._catalog = open_catalog(self._config)
        if schema.name not in self._ensured:
            table = ensure(self._catalog, self._config.namespace, schema)
            self._ensured.add(schema.name)
            return table
        return self._catalog.load_table((self._config.namespace, schema.name))

    def positions(self, schema: TableSchema) -> dict[str, Position]:
        """Committed positions by shard."""
        return positions_of(self.table(schema).properties)

    def write(self, schema: TableSchema, parts: list[Part], missing: Missing) -> Written:
        """Commit what the table does not hold yet. Raises Contention, or what catalog and store raise.

        After an error the outcome may be unknown; the next call looks first, so calling again is always safe.
        """
        for attempt in range(1, ATTEMPTS + 1):
            give_way(Path(self._config.data_dir))
            table = self.table(schema)
            there = positions_of(table.properties)
            fresh = [part for part in parts if not _held(there, part)]
            already = tuple(part for part in parts if _held(there, part))
            if not fresh:
                return Written((), already, *_snapshots(table), attempt)
            try:
                self._commit(table, fresh, properties_after(there, fresh, missing))
            except CONFLICTS:
                log.info("someone else committed to %s; looking again (attempt %d)", schema.name, attempt)
                self._sleep(random.uniform(0, min(MAX_WAIT, 0.02 * 2**attempt)))
                continue
            except Exception:
                if self._landed(schema, fresh):
                    log.warning("a commit to %s was answered with an error but landed", schema.name)
                    return Written(tuple(fresh), already, None, 0, attempt)
                raise
            return Written(tuple(fresh), already, *_snapshots(table), attempt)
        raise Contention(f"{ATTEMPTS} commits to {schema.name} were overtaken by other writers")

    def _commit(self, table: Table, parts: list[Part], properties: dict[str, str]) -> None:
        rows = pa.concat_tables([part.rows for part in parts])
        transaction = AppendTransaction(table)
        with transaction:
            transaction.add(rows, summary_of(parts))
            transaction.set_properties(properties)

    def _landed(self, schema: TableSchema, parts: list[Part]) -> bool:
        """Whether all parts show in the table. False also when it cannot be asked: then nobody knows yet."""
        try:
            there = self.positions(schema)
        except Exception as error:  # noqa: BLE001 - the first error is the one that is reported
            log.debug("cannot look: %s", type(error).__name__)
            return False
        return all(_held(there, part) for part in parts)

    def recent(self, schema: TableSchema, column: str, limit: int) -> pa.Table:
        """About the `limit` newest values of `column`, oldest first."""
        from pyiceberg.io.pyarrow import ArrowScan

        table = self.table(schema)
        scan = table.scan(selected_fields=(column,))
        newest, rows = [], 0
        time_id = table.schema().find_field(schema.partition).field_id
        for task in sorted(scan.plan_files(), key=lambda t: t.file.upper_bounds.get(time_id, b"")[::-1], reverse=True):
            if rows >= limit:
                break
            newest.append(task)
            rows += task.file.record_count
        reader = ArrowScan(table.metadata, table.io, scan.projection(), scan.row_filter)
        return reader.to_table(newest[::-1])

    def expire(self, schema: TableSchema, keep_seconds: float, keep_count: int) -> None:
        """Take old snapshots out of the table's metadata (maintain/expire.py). Raises what the catalog raises."""
        from warehouse.maintain import expire

        expire(self.table(schema), keep_seconds, keep_count)


def positions_of(properties: dict[str, str]) -> dict[str, Position]:
    """The positions in a table's properties, by shard."""
    found = {}
    for name, value in properties.items():
        if name.startswith(PREFIX) and name.endswith(".seq"):
            shard = name[len(PREFIX) : -len(".seq")]
            missing = properties.get(f"{PREFIX}{shard}.missing", "")
            found[shard] = Position(int(value), frozenset(int(n) for n in missing.split(",") if n))
    return found


def properties_after(there: dict[str, Position], parts: Iterable[Part], missing: Missing) -> dict[str, str]:
    """The position properties once `parts` are committed, with the numbers that are noted as missing."""
    properties = {}
    for shard, numbers in _numbers(parts).items():
        before = there.get(shard) or Position(-1)
        last = max(before.seq, *numbers)
        gone = (before.missing | missing.get(shard, frozenset())) - numbers
        properties[f"{PREFIX}{shard}.seq"] = str(last)
        if gone or before.missing:
            properties[f"{PREFIX}{shard}.missing"] = ",".join(str(n) for n in sorted(gone) if n < last)
    return properties


def summary_of(parts: list[Part]) -> dict[str, str]:
    """What the snapshot says of its segments: ranges by shard, and one hash over their identities."""
    identity = sha256("\n".join(f"{p.shard}:{p.seq}:{p.sha256}" for p in sorted(parts, key=lambda p: p[:2])).encode())
    ranges = (f"{shard}:{_ranges(sorted(numbers))}" for shard, numbers in sorted(_numbers(parts).items()))
    return {"firsthand.segments": ";".join(ranges), "firsthand.segments-sha256": identity.hexdigest()}


def _numbers(parts: Iterable[Part]) -> dict[str, set[int]]:
    by_shard: dict[str, set[int]] = defaultdict(set)
    for part in parts:
        by_shard[part.shard].add(part.seq)
    return by_shard


def _ranges(numbers: list[int]) -> str:
    spans: list[list[int]] = []
    for number in numbers:
        if spans and spans[-1][1] == number - 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    return ",".join(f"{a}" if a == b else f"{a}-{b}" for a, b in spans)


def _held(there: dict[str, Position], part: Part) -> bool:
    position = there.get(part.shard)
    return position is not None and position.holds(part.seq)


def _snapshots(table: Table) -> tuple[int | None, int]:
    return table.metadata.current_snapshot_id, len(table.metadata.snapshots)
