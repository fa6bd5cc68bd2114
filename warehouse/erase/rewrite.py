"""Write the files that hold rows of the target anew, without them.

A row goes if one of its ids is the target's, unless it names another user: a device that two people shared. A row of
somebody else that only mentions a form of an identifier (that device, an invitation) stays, and the mention becomes
`:erased`. Files are taken in small batches: each is one
commit, a swap of exactly those files, so that a loader beside us only makes us look again.
"""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from msgspec import Struct
from pyiceberg.expressions import AlwaysTrue
from pyiceberg.io.pyarrow import ArrowScan
from pyiceberg.manifest import DataFile
from pyiceberg.table import FileScanTask, Table

from warehouse.erase import unlink
from warehouse.erase.target import Target
from warehouse.files import data_files
from warehouse.suppress import ERASED, ID_COLUMNS
from warehouse.swap import Outrun, replace_files

log = logging.getLogger("firsthand.erase")

FILES_AT_ONCE: Final = 8
MAX_ROUNDS: Final = 20


class Rewritten(Struct):
    """Rows that were deleted and rows in which a mention was taken out; files and bytes that were written anew."""

    rows: int = 0
    mentions: int = 0
    files: int = 0
    bytes_before: int = 0
    bytes_after: int = 0


def affected(
    table: Table, target: Target, on_file: Callable[[int, int], None] = lambda n, of: None
) -> list[FileScanTask]:
    """The files of the newest snapshot that hold anything of the target."""
    tasks = list(table.scan().plan_files())
    found = []
    for number, task in enumerate(tasks):
        if touches(table, task.file, target):
            found.append(task)
        on_file(number + 1, len(tasks))
    return found


def touches(table: Table, file: DataFile, target: Target) -> bool:
    """Whether a file holds an id or a form of the target."""
    with table.io.new_input(file.file_path).open() as source:
        parquet = pq.ParquetFile(source)
        for group in range(parquet.num_row_groups):
            rows = parquet.read_row_group(group, columns=_texts(parquet.schema_arrow))
            for name in rows.column_names:
                if (name in ID_COLUMNS and _is_in(rows.column(name), target)) or mentions(rows.column(name), target):
                    return True
                if target.kid and name == unlink.ALIAS and unlink.joins(rows.column(name), target.kid):
                    return True
    return False


def rewrite(
    table: Table, target: Target, done: Rewritten, data: Path, on_file: Callable[[int, int], None] = lambda n, of: None,
    on_swap: Callable[[], None] = lambda: None,
) -> None:  # fmt: skip
    """Until no file of the newest snapshot holds anything of the target. Raises Outrun, and what the store does.

    Loaders of the directory `data` give way. `on_swap` is called when new files are written and before they take the
    place of the old ones."""
    for _ in range(MAX_ROUNDS):
        table.refresh()
        tasks = affected(table, target, on_file)
        if not tasks:
            return
        if any(task.delete_files for task in tasks):
            raise Outrun(f"{table.name()} has delete files of another writer; let it compact the table first")
        for batch in _batches(tasks):
            new, counts = _written(table, batch, target)
            on_swap()
            if replace_files(table, [task.file for task in batch], new, {"firsthand.erased": "true"}, data=data):
                done.rows += counts.rows
                done.mentions += counts.mentions
                done.files += len(batch)
                done.bytes_before += sum(task.file.file_size_in_bytes for task in batch)
                done.bytes_after += sum(file.file_size_in_bytes for file in new)
    raise Outrun(f"{table.name()} changed faster than it could be rewritten; run it again")


def mentions(column: pa.ChunkedArray, target: Target) -> bool:
    """Whether a form stands in a text column: first over its bytes as they lie in memory, then exactly."""
    if target.anywhere is None:
        return False
    return any(
        buffers[2] is not None and target.anywhere.search(buffers[2].to_pybytes()) is not None
        and bool(pc.any(pc.match_substring_regex(chunk, target.whole), min_count=0).as_py())
        for chunk in column.chunks
        for buffers in [chunk.buffers()]
        if len(buffers) > 2
    )  # fmt: skip


def _is_in(column: pa.ChunkedArray, target: Target) -> bool:
    return bool(pc.any(pc.is_in(column, value_set=pa.array(sorted(target.ids), column.type)), min_count=0).as_py())


def _texts(schema: pa.Schema) -> list[str]:
    return [field.name for field in schema if pa.types.is_string(field.type) or pa.types.is_large_string(field.type)]


def _batches(tasks: list[FileScanTask]) -> Iterator[list[FileScanTask]]:
    for start in range(0, len(tasks), FILES_AT_ONCE):
        yield tasks[start : start + FILES_AT_ONCE]


def _written(table: Table, tasks: list[FileScanTask], target: Target) -> tuple[list[DataFile], Rewritten]:
    """New files with what stays of the old ones; a file of which nothing stays has none."""
    counts = Rewritten()
    new: list[DataFile] = []
    arrow = table.schema().as_arrow()
    for task in tasks:
        rows = ArrowScan(table.metadata, table.io, table.schema(), AlwaysTrue()).to_table([task])
        kept, cleaned = without(rows, target)
        counts.rows += rows.num_rows - kept.num_rows
        counts.mentions += cleaned
        if kept.num_rows:
            new += data_files(table.metadata, table.io, kept.cast(arrow))
    return new, counts


def without(rows: pa.Table, target: Target) -> tuple[pa.Table, int]:
    """`rows` without those of the target; how many of the others had a mention taken out."""
    ids = pa.array(sorted(target.ids), pa.large_string())
    out: Any = None
    for name in ID_COLUMNS:
        if name in rows.column_names:
            mine = pc.is_in(rows.column(name).cast(pa.large_string()), value_set=ids)
            out = mine if out is None else pc.or_(out, mine)
    kept = rows
    if out is not None:
        if "user_id" in rows.column_names:  # a row of somebody else on a device that they shared is theirs
            user = rows.column("user_id").cast(pa.large_string())
            theirs = pc.and_(pc.is_valid(user), pc.invert(pc.is_in(user, value_set=ids)))
            out = pc.and_(out, pc.invert(theirs))
        kept = rows.filter(pc.invert(pc.fill_null(out, False)))
        for name in set(ID_COLUMNS) & set(kept.column_names):
            column = kept.column(name)
            if _is_in(column, target):
                mine = pc.is_in(column, value_set=pa.array(sorted(target.ids), column.type))
                cleaned = pc.if_else(pc.fill_null(mine, False), pa.scalar(ERASED, column.type), column)
                kept = kept.set_column(kept.schema.get_field_index(name), kept.schema.field(name), cleaned)
    touched: Any = None
    for name in _texts(kept.schema):
        column = kept.column(name)
        if mentions(column, target):
            hit = pc.fill_null(pc.match_substring_regex(column, target.whole), False)
            touched = hit if touched is None else pc.or_(touched, hit)
            for _ in range(2):  # two mentions side by side share the character between them
                column = pc.replace_substring_regex(column, target.whole, rf"\1{ERASED}\2")
            kept = kept.set_column(kept.schema.get_field_index(name), kept.schema.field(name), column)
    if target.kid:
        return unlink.without_pairs(kept, target.kid)
    return kept, 0 if touched is None else pc.sum(touched).as_py()
