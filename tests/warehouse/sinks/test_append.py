"""A transaction that knows its own metadata."""

from tests.stores import Store
from warehouse.schema import EVENTS
from warehouse.sinks.append import AppendTransaction
from warehouse.sinks.iceberg import IcebergSink


def test_what_is_staged_shows_at_once(local: Store) -> None:
    transaction = AppendTransaction(IcebergSink(local.config).table(EVENTS))
    assert transaction.table_metadata is transaction.table_metadata
    transaction.set_properties({"firsthand.x.seq": "1"})
    assert transaction.table_metadata.properties["firsthand.x.seq"] == "1"
