"""What a sink is given and what it gives back."""

from collections.abc import Mapping
from typing import NamedTuple, Protocol

import pyarrow as pa

from warehouse.schema import TableSchema


class Part(NamedTuple):
    """One segment's rows for one table, in the table's full schema; `sha256` is the segment's identity in hex."""

    shard: str
    seq: int
    sha256: str
    rows: pa.Table


class Position(NamedTuple):
    """How far a shard is committed in one table: every number ≤ `seq` but those in `missing`.

    `missing` numbers were skipped loudly because their segment was not there; should it come back, it counts.
    """

    seq: int
    missing: frozenset[int] = frozenset()

    def holds(self, seq: int) -> bool:
        return seq <= self.seq and seq not in self.missing


class Written(NamedTuple):
    """What a write did: parts that this call committed and parts that were there before.

    `snapshot_id` is the table's now, `snapshots` how many it keeps (0 if unknown), `attempts` from 1.
    """

    committed: tuple[Part, ...]
    already: tuple[Part, ...]
    snapshot_id: int | None
    snapshots: int
    attempts: int


Missing = Mapping[str, frozenset[int]]
"""By shard: numbers below the newest part whose segments were never seen."""


class Sink(Protocol):
    """See the package text."""

    def positions(self, schema: TableSchema) -> dict[str, Position]:
        """Committed positions by shard."""

    def write(self, schema: TableSchema, parts: list[Part], missing: Missing) -> Written:
        """Commit all parts that the table does not hold yet, each exactly once. Raises what the store raises."""

    def recent(self, schema: TableSchema, column: str, limit: int) -> pa.Table:
        """About the `limit` newest values of a column (at least, if there are as many), oldest first."""

    def expire(self, schema: TableSchema, keep_seconds: float, keep_count: int) -> None:
        """Let go of old snapshots, if it keeps any; asked for when `Written.snapshots` has grown."""
