"""An append as pyiceberg makes it, but for one thing: it copies the table's whole metadata some twenty times a commit.

Metadata changes only with the table or with the staged updates, so one copy for each of these is enough.
"""

from typing import Any

import pyarrow as pa
from pyiceberg.io.pyarrow import _check_pyarrow_schema_compatible
from pyiceberg.table import Transaction
from pyiceberg.table.metadata import TableMetadata

from warehouse.files import data_files


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
            for file in data_files(metadata, self._table.io, rows, snapshot.commit_uuid):
                snapshot.append_data_file(file)
