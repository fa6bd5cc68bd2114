"""Files as pyiceberg would have written them, but for what nobody reads."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyiceberg.io.pyarrow import _dataframe_to_data_files, _determine_partitions
from pyiceberg.table import Table
from pyiceberg.types import LongType

from tests.stores import Store
from warehouse.files import data_files, only_day
from warehouse.query import Reader
from warehouse.row import arrow_schema
from warehouse.schema import EVENTS
from warehouse.sinks.iceberg import IcebergSink
from warehouse.swap import replace_files

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
MIDNIGHT = datetime(2026, 1, 3, tzinfo=UTC)
TICK = timedelta(microseconds=1)


def rows_at(*times: datetime) -> pa.Table:
    """An event a time, with texts, a number, a yes and a list in it."""
    return pa.Table.from_pylist(
        [
            {"event_id": f"e{n}", "type": "track", "event": "$click", "purpose": "analytics", "source_id": "shop",
             "event_time": at, "received_at": at, "subject_key": f"s{n % 3}", "seq": n, "is_bot": n % 2 == 0,
             "properties": f'{{"n":{n}}}', "consent_purposes": ["analytics", "marketing"][: n % 3], "spool_shard": "a",
             "spool_seq": 1}
            for n, at in enumerate(times)
        ],
        arrow_schema(EVENTS),
    )  # fmt: skip


def events(store: Store) -> Table:
    return IcebergSink(store.config).table(EVENTS)


def parquet(location: str) -> pq.ParquetFile:
    return pq.ParquetFile(Path(urlsplit(location).path))


@pytest.mark.parametrize("parts", [1, 7])
@pytest.mark.parametrize("times", [[NOON] * 20, [NOON, MIDNIGHT, NOON + timedelta(days=400)] * 7])
def test_files_are_what_pyiceberg_would_have_written(local: Store, times: list[datetime], parts: int) -> None:
    table, rows = events(local), rows_at(*times)
    rows = pa.Table.from_batches(rows.to_batches(max_chunksize=-(-len(times) // parts)))
    mine = sorted(data_files(table.metadata, table.io, rows), key=lambda file: str(file.partition))
    theirs = sorted(_dataframe_to_data_files(table.metadata, rows, table.io), key=lambda file: str(file.partition))
    assert len(mine) == len(theirs)
    for one, other in zip(mine, theirs, strict=True):
        for name in ("content", "file_format", "partition", "record_count", "lower_bounds", "upper_bounds",
                     "value_counts", "null_value_counts", "nan_value_counts"):  # fmt: skip
            assert getattr(one, name) == getattr(other, name), name
        assert one.file_size_in_bytes == Path(urlsplit(one.file_path).path).stat().st_size
        written, wanted = parquet(one.file_path), parquet(other.file_path)
        assert written.schema.equals(wanted.schema)  # types, names and what is required
        assert [ids(field) for field in written.schema_arrow] == [ids(field) for field in wanted.schema_arrow]
        assert written.read().equals(wanted.read())


def ids(field: pa.Field) -> list[object]:
    """A field's id, and that of its elements."""
    inner = [field.type.value_field.metadata] if pa.types.is_list(field.type) else []
    return [field.name, field.metadata, *inner]


def test_readers_agree(local: Store) -> None:
    table, rows = events(local), rows_at(*[NOON] * 20)
    assert replace_files(table, [], list(data_files(table.metadata, table.io, rows)), {})
    import polars

    wanted = [(f"e{n}", f"s{n % 3}", n, ["analytics", "marketing"][: n % 3]) for n in range(20)]
    names = ["event_id", "subject_key", "seq", "consent_purposes"]
    table.refresh()
    found = table.scan().to_arrow().sort_by("seq").select(names).to_pylist()
    assert [tuple(row.values()) for row in found] == wanted
    assert polars.scan_iceberg(table).select(names).sort("seq").collect().rows() == wanted
    with Reader(local.config) as reader:
        answer = reader.query(f"select {', '.join(names)} from events_raw order by seq").objects()
    assert [tuple(row.values()) for row in answer] == wanted


def test_bounds_are_kept_where_they_prune_and_dictionaries_where_they_gain(local: Store) -> None:
    table = events(local)
    (file,) = data_files(table.metadata, table.io, rows_at(*[NOON] * 20))
    group = parquet(file.file_path).metadata.row_group(0)
    columns = {group.column(n).path_in_schema: group.column(n) for n in range(group.num_columns)}
    assert {name for name, column in columns.items() if column.is_stats_set} == {
        "event_id", "source_id", "event_time", "received_at", "subject_key"
    }  # fmt: skip
    for name in ("event", "subject_key", "received_at", "consent_purposes.list.element"):
        assert columns[name].has_dictionary_page, name
    for name in ("event_id", "event_time", "properties"):
        assert not columns[name].has_dictionary_page, name


def test_a_column_that_the_rows_lack_is_empty(local: Store) -> None:
    table = events(local)
    with table.update_schema() as update:
        update.add_column("of_another_version", LongType())
    rows = (
        rows_at(NOON)
        .drop_columns(["page_url"])
        .select(["received_at", *EVENTS.names()[:6], "spool_shard", "spool_seq"])
    )
    (file,) = data_files(table.metadata, table.io, rows)
    written = parquet(file.file_path).read()
    assert written.column_names == [*EVENTS.names(), "of_another_version"]
    assert written.column("event_id").to_pylist() == ["e0"]
    assert written.column("of_another_version").null_count == written.column("page_url").null_count == 1


def test_no_rows_make_no_file(local: Store) -> None:
    table = events(local)
    assert list(data_files(table.metadata, table.io, rows_at())) == []


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
