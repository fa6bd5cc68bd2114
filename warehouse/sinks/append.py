"""An append as pyiceberg makes it, without what it does more often than needed.

* pyiceberg copies the table's whole metadata some twenty times a commit. Metadata changes only with the table or
  with the staged updates, so one copy for each of these is enough.
* To part the rows by day pyiceberg filters and copies all of them. Nearly every commit is of one day, which the
  first and the last time show; then the rows are written as they are. All else is left to pyiceberg.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.io import FileIO
from pyiceberg.io.pyarrow import (
    _check_pyarrow_schema_compatible,
    _dataframe_to_data_files,
    bin_pack_arrow_table,
    pyarrow_to_schema,
    write_file,
)
from pyiceberg.manifest import DataFile
from pyiceberg.partitioning import PartitionFieldValue, PartitionKey
from pyiceberg.table import TableProperties, Transaction, WriteTask
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.transforms import DayTransform
from pyiceberg.types import TimestamptzType

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class AppendTransaction(Transaction):
    """One append and what belongs to it, committed as one when the block ends."""

    _known: tuple[TableMetadata, tuple[Any, ...], TableMetadata] | None = None

    @property
    def table_metadata(self) -> TableMetadata:
        """The metadata as the staged updates would make it; not to be changed."""
        base, updates = self._table.metadata, self._updates
        # Both are replaced when they change, never changed in place, and are held here: identity is enough
        if self._known is None or self._known[0] is not base or self._known[1] is not updates:
            self._known = base, updates, super().table_metadata
        return self._known[2]

    def add(self, rows: pa.Table, summary: dict[str, str]) -> None:
        """Write `rows` to data files and stage them as one snapshot; no rows make a snapshot too."""
        metadata = self.table_metadata
        _check_pyarrow_schema_compatible(
            metadata.schema(), provided_schema=rows.schema, format_version=metadata.format_version
        )
        with self._append_snapshot_producer(summary) as snapshot:
            if rows.num_rows:
                for file in data_files(metadata, self._table.io, snapshot.commit_uuid, rows):
                    snapshot.append_data_file(file)


def data_files(metadata: TableMetadata, io: FileIO, uuid: UUID, rows: pa.Table) -> Iterable[DataFile]:
    """Files with `rows` in them, by partition, written when they are asked for."""
    day = only_day(metadata, rows)
    if day is None:
        files: Iterable[DataFile] = _dataframe_to_data_files(table_metadata=metadata, df=rows, io=io, write_uuid=uuid)
        return files
    return write_file(io=io, table_metadata=metadata, tasks=_tasks(metadata, uuid, rows, day))


def _tasks(metadata: TableMetadata, uuid: UUID, rows: pa.Table, day: PartitionKey) -> Iterator[WriteTask]:
    schema = pyarrow_to_schema(rows.schema, metadata.schema().name_mapping, format_version=metadata.format_version)
    name, default = TableProperties.WRITE_TARGET_FILE_SIZE_BYTES, TableProperties.WRITE_TARGET_FILE_SIZE_BYTES_DEFAULT
    numbers = count()
    for batches in bin_pack_arrow_table(rows, int(metadata.properties.get(name, default))):
        yield WriteTask(uuid, next(numbers), schema, batches, partition_key=day)


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
