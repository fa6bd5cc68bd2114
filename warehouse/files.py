"""Rows → Parquet files of a table, with the same settings whoever writes: loader, compaction, erasure.

Why not pyiceberg's own way
* To part the rows by day it filters and copies all of them. Nearly every write is of one day, which the first and the
  last time show; then the rows are written as they are.
* To give columns their field ids it goes through all of them once for each chunk of rows. Ours have their ids already,
  so that is a look at names (`_stored`), and rows may come in as many small chunks as they were parsed in.
* It measures smallest and largest value of each column, four fifths of which nobody reads. Here those columns have them
  that a table is pruned by: what its metrics and its sort order name.
* zstd's level 1 instead of 3, and no dictionary for columns whose values hardly repeat: a third less time, and files
  that are a little smaller (docs/benchmarks.md).

Names of files, partitions, and what the manifests say of a file are pyiceberg's.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Final
from uuid import UUID, uuid4

import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.io import FileIO
from pyiceberg.io.pyarrow import (
    ParquetFormatWriter,
    _determine_partitions,
    bin_pack_arrow_table,
    compute_statistics_plan,
)
from pyiceberg.manifest import DataFile, DataFileContent, FileFormat
from pyiceberg.partitioning import PartitionFieldValue, PartitionKey
from pyiceberg.schema import Schema
from pyiceberg.table import TableProperties, WriteTask
from pyiceberg.table.locations import load_location_provider
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.transforms import DayTransform
from pyiceberg.typedef import Record
from pyiceberg.types import TimestamptzType

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
COMPRESSION_LEVEL: Final = 1  # unless the table's property says otherwise
# A dictionary of these is given up half-way, after every value was looked up in it
DISTINCT: Final = frozenset({"event_id", "event_time", "original_timestamp", "sent_at", "properties"})


def data_files(metadata: TableMetadata, io: FileIO, rows: pa.Table, uuid: UUID | None = None) -> Iterator[DataFile]:
    """Files with `rows` in them, by partition, each written when it is asked for.

    `rows` have columns of the table by name; optional ones that they lack are empty in the files. Raises what the
    store raises, and ArrowInvalid if a required column lacks a value.
    """
    uuid, numbers = uuid or uuid4(), count()
    if not rows.num_rows:
        return
    rows = _stored(metadata.schema(), rows)
    name, default = TableProperties.WRITE_TARGET_FILE_SIZE_BYTES, TableProperties.WRITE_TARGET_FILE_SIZE_BYTES_DEFAULT
    size = int(metadata.properties.get(name, default))
    for day, mine in _parted(metadata, rows):
        packs = [mine] if mine.nbytes <= size else map(pa.Table.from_batches, bin_pack_arrow_table(mine, size))
        for pack in packs:
            yield _written(metadata, io, pack, WriteTask(uuid, next(numbers), metadata.schema(), [], partition_key=day))


def only_day(metadata: TableMetadata, rows: pa.Table) -> PartitionKey | None:
    """The partition that all `rows` belong to; None if there are more, or if the table is not parted by day alone."""
    spec, schema = metadata.spec(), metadata.schema()
    if len(spec.fields) != 1 or not isinstance(spec.fields[0].transform, DayTransform):
        return None
    source = schema.find_field(spec.fields[0].source_id)
    if source.field_type != TimestamptzType() or source.name not in rows.column_names:
        return None
    times = rows.column(source.name)
    first, last = (pc.min_max(times)[name].as_py() for name in ("min", "max"))
    if times.null_count or first is None:
        return None
    days = {(time - EPOCH) // timedelta(days=1) for time in (first, last)}
    if len(days) != 1:
        return None
    return PartitionKey([PartitionFieldValue(spec.fields[0], days.pop())], spec, schema)


def _parted(metadata: TableMetadata, rows: pa.Table) -> Iterator[tuple[PartitionKey | None, pa.Table]]:
    if metadata.spec().is_unpartitioned():
        yield None, rows
    elif (day := only_day(metadata, rows)) is not None:
        yield day, rows
    else:
        for part in _determine_partitions(metadata.spec(), metadata.schema(), rows):
            yield part.partition_key, part.arrow_table_partition


def _stored(schema: Schema, rows: pa.Table) -> pa.Table:
    """`rows` with all columns of the table in its order, each with its field id. Texts and lists are not copied."""
    columns, fields = [], []
    for field in schema.as_arrow():
        if field.name in rows.column_names:
            column = rows.column(field.name)
            if not _is_same(column.type, field.type):
                column = column.cast(field.type)
        else:
            column = pa.chunked_array([pa.nulls(rows.num_rows, field.type)])
        columns.append(column)
        fields.append(field.with_type(column.type))
    return pa.table(columns, schema=pa.schema(fields))


def _is_same(mine: pa.DataType, wanted: pa.DataType) -> bool:
    """Whether both are one type in a file; a list's elements must have their id."""
    if pa.types.is_large_list(wanted) and (pa.types.is_list(mine) or pa.types.is_large_list(mine)):
        return mine.value_field.metadata == wanted.value_field.metadata and _is_same(mine.value_type, wanted.value_type)
    return bool(mine == wanted or (pa.types.is_large_string(wanted) and pa.types.is_string(mine)))


def _written(metadata: TableMetadata, io: FileIO, rows: pa.Table, task: WriteTask) -> DataFile:
    places = load_location_provider(metadata.location, metadata.properties)
    output = io.new_output(places.new_data_location(task.generate_data_file_filename("parquet"), task.partition_key))
    writer = ParquetFormatWriter(output, metadata.schema(), metadata.properties)
    writer._parquet_writer_kwargs.update(_settings(metadata, rows))
    with writer:
        writer.write(rows)
    return DataFile.from_args(
        content=DataFileContent.DATA,
        file_path=output.location,
        file_format=FileFormat.PARQUET,
        partition=task.partition_key.partition if task.partition_key else Record(),
        file_size_in_bytes=len(output),
        sort_order_id=None,
        spec_id=metadata.default_spec_id,
        equality_ids=None,
        key_metadata=None,
        **writer.result().to_serialized_dict(),
    )


def _settings(metadata: TableMetadata, rows: pa.Table) -> dict[str, Any]:
    """What differs from pyiceberg's settings for Parquet."""
    schema = metadata.schema()
    plan = compute_statistics_plan(schema, metadata.properties)
    pruned = {schema.find_column_name(id) for id, one in plan.items() if one.mode.type.value != "none"}
    pruned |= {schema.find_column_name(field.source_id) for field in metadata.sort_order().fields}
    found: dict[str, Any] = {
        "write_statistics": [name for name in rows.column_names if name in pruned],
        "use_dictionary": [_path(field) for field in rows.schema if field.name not in DISTINCT],
    }
    if TableProperties.PARQUET_COMPRESSION_LEVEL not in metadata.properties:
        found["compression_level"] = COMPRESSION_LEVEL
    return found


def _path(field: pa.Field) -> str:
    """A column's name in Parquet, where a list's values lie two levels below it."""
    is_list = pa.types.is_list(field.type) or pa.types.is_large_list(field.type)
    return f"{field.name}.list.element" if is_list else str(field.name)
