"""Appending without copies gives what pyiceberg itself would have written."""

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from pyiceberg.io.pyarrow import _determine_partitions

from tests.stores import Store
from warehouse.schema import EVENTS
from warehouse.sinks.append import AppendTransaction, only_day
from warehouse.sinks.iceberg import IcebergSink

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
MIDNIGHT = datetime(2026, 1, 3, tzinfo=UTC)
TICK = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("times", "days"),
    [
        ([NOON], 1),
        ([NOON, MIDNIGHT - TICK, MIDNIGHT - timedelta(days=1)], 1),
        ([MIDNIGHT, MIDNIGHT - TICK], 2),
        ([NOON, MIDNIGHT, NOON + timedelta(days=400)], 3),
        ([datetime(1969, 12, 31, 23, tzinfo=UTC)], 1),
        ([datetime(1969, 12, 31, 23, tzinfo=UTC), datetime(1970, 1, 1, 1, tzinfo=UTC)], 2),
    ],
)
def test_one_day_is_seen_as_pyiceberg_sees_it(local: Store, times: list[datetime], days: int) -> None:
    table = IcebergSink(local.config).table(EVENTS)
    rows = pa.table({"received_at": pa.array(times, pa.timestamp("us", tz="UTC"))})
    parted = list(_determine_partitions(table.spec(), table.schema(), rows))
    found = only_day(table.metadata, rows)
    assert len(parted) == days
    assert (found is None) == (days > 1)
    assert found is None or found.partition == parted[0].partition_key.partition


def test_no_times_are_no_day(local: Store) -> None:
    table = IcebergSink(local.config).table(EVENTS)
    unknown = pa.table({"received_at": pa.array([NOON, None], pa.timestamp("us", tz="UTC"))})
    assert only_day(table.metadata, unknown) is None
    assert only_day(table.metadata, unknown.slice(0, 0)) is None


def test_what_is_staged_shows_at_once(local: Store) -> None:
    transaction = AppendTransaction(IcebergSink(local.config).table(EVENTS))
    assert transaction.table_metadata is transaction.table_metadata
    transaction.set_properties({"firsthand.x.seq": "1"})
    assert transaction.table_metadata.properties["firsthand.x.seq"] == "1"
