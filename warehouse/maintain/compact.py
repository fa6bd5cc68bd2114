"""Compaction: the many small files of a finished day become a few sorted ones, with one row an event_id.

A day (of received_at, UTC) is finished some minutes after midnight. It is rewritten when it has at least two files
that are too small; afterwards it has one at most, so a day is rewritten once, and again only if late rows came.
Rows are sorted by subject, so that a person's rows lie in one file a day and an erasure rewrites just that.

DuckDB sorts and removes repeats, a large day in parts of 300,000 rows (`_parts`), and spills to `<data>/tmp`
beyond its memory; one part at a time is held as Arrow. The commit is a swap of exactly the files that were read:
if the day has changed meanwhile the new files are given up (the purge takes them), and a commit to any other day only
makes us look again.
"""

import logging
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import msgspec
import pyarrow as pa
from pyiceberg.manifest import DataFile
from pyiceberg.table import Table

from warehouse.files import data_files
from warehouse.schema import TableSchema
from warehouse.swap import Files, Outrun, replace_files

log = logging.getLogger("firsthand.maintain")

TARGET_BYTES = 128 * 1024 * 1024
SETTLED_AFTER = timedelta(minutes=15)
MEMORY = "1GB"
ROWS_AT_ONCE = 300_000
EPOCH = date(1970, 1, 1)


class Compacted(msgspec.Struct):
    """What a compaction did. `repeats` rows were left out; `changed` days were given up because rows came in."""

    days: int = 0
    files_before: int = 0
    files_after: int = 0
    rows: int = 0
    repeats: int = 0
    changed: int = 0


def compact(table: Table, schema: TableSchema, scratch: Path, now: datetime) -> Compacted:
    """Rewrite the finished days that need it. Raises what store and catalog raise."""
    done = Compacted()
    table.refresh()
    for day, files in sorted(days_of(table).items()):
        if is_finished(day, now) and is_worth_it(files):
            _rewrite(table, schema, day, files, scratch, done)
    return done


def is_finished(day: date, now: datetime) -> bool:
    """Whether no more than stragglers can come for a day of received_at."""
    return now >= datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1) + SETTLED_AFTER


def is_scattered(sizes: list[int]) -> bool:
    """Whether at least two files are smaller than half of what a file should be."""
    return sum(size < TARGET_BYTES // 2 for size in sizes) >= 2


def is_worth_it(files: list[DataFile]) -> bool:
    """Whether a rewrite would leave clearly fewer files; a large day that was rewritten once has one or two a part."""
    parts = part_count(files)
    return is_scattered([file.file_size_in_bytes for file in files]) and (parts == 1 or len(files) > 2 * parts)


def part_count(files: list[DataFile]) -> int:
    """Into how many parts a day is dealt: small enough for memory, but not below half of what a file should be."""
    rows = sum(file.record_count for file in files)
    size = sum(file.file_size_in_bytes for file in files)
    return max(1, min(-(-rows // ROWS_AT_ONCE), size // (TARGET_BYTES // 2)))


def days_of(table: Table) -> dict[date, list[DataFile]]:
    """The table's data files by day; days that have delete files (of another writer) are left to that writer."""
    days: dict[date, list[DataFile]] = defaultdict(list)
    foreign = set()
    for task in table.scan().plan_files():
        number = task.file.partition[0]
        if number is None or task.file.spec_id != table.spec().spec_id:
            continue
        day = number if isinstance(number, date) else EPOCH + timedelta(days=int(number))
        days[day].append(task.file)
        if task.delete_files:
            foreign.add(day)
    for day in foreign:
        log.info("%s of %s has delete files; left as it is", day, table.name())
        del days[day]
    return days


def _rewrite(
    table: Table, schema: TableSchema, day: date, files: list[DataFile], scratch: Path, done: Compacted
) -> None:
    rows_before = sum(file.record_count for file in files)
    new = _sorted_files(table, schema, day, part_count(files), scratch)
    if not _swap(table, day, files, new):
        done.changed += 1
        return
    rows = sum(file.record_count for file in new)
    done.days += 1
    done.files_before += len(files)
    done.files_after += len(new)
    done.rows += rows
    done.repeats += rows_before - rows
    log.info("%s of %s: %d files → %d, %d repeats out", day, table.name(), len(files), len(new), rows_before - rows)


def _sorted_files(table: Table, schema: TableSchema, day: date, parts: int, scratch: Path) -> list[DataFile]:
    """New files with the day's rows of the table's snapshot, sorted and without repeats."""
    reader = table.scan(row_filter=_within(schema, day)).to_arrow_batch_reader()
    target = table.schema().as_arrow()
    new: list[DataFile] = []
    scratch.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="compact-", dir=scratch) as directory,
        duckdb.connect(config={"memory_limit": MEMORY, "temp_directory": directory, "threads": 2}) as duck,
    ):
        duck.execute("SET TimeZone = 'UTC'")
        duck.execute("SET preserve_insertion_order = false")
        for part in _parts(duck, reader, schema, parts, Path(directory)):
            rows = duck.execute(sorting_sql(schema, part)).to_arrow_table()
            new += data_files(table.metadata, table.io, rows.cast(target))
    return new


def _parts(
    duck: duckdb.DuckDBPyConnection, reader: pa.RecordBatchReader, schema: TableSchema, count: int, directory: Path
) -> Iterator[str]:
    """Relations that hold the day's rows between them, each small enough to be sorted in memory.

    A large day is first dealt out to files by its sort key's hash: all rows of a person, and so all repeats of a
    message, come to lie in one of them. A sort of the whole would need as much memory as the day is large: its
    window over all columns spills only in part.
    """
    duck.register("rows_of_day", reader)
    if count == 1:
        yield "rows_of_day"
        return
    parts = directory / "parts"
    duck.execute(
        f"COPY (SELECT *, hash({schema.sort[0]}) % {count} AS part FROM rows_of_day) "  # noqa: S608 - our own names
        f"TO '{parts}' (FORMAT parquet, PARTITION_BY (part), ROW_GROUP_SIZE 20000)"
    )
    for part in sorted(parts.iterdir()):
        yield f"(SELECT * FROM read_parquet('{part}/*.parquet', hive_partitioning = false))"  # noqa: S608
        shutil.rmtree(part)


def sorting_sql(schema: TableSchema, rows: str = "rows_of_day") -> str:
    """The query over `rows`: the same row of each event_id that the view `events` shows, in table order."""
    once = (
        f"QUALIFY row_number() OVER (PARTITION BY {schema.unique} ORDER BY received_at, spool_shard, spool_seq) = 1"
        if schema.unique
        else ""
    )
    return f"SELECT * FROM {rows} {once} ORDER BY {', '.join(schema.sort)}"  # noqa: S608 - our own names


def _swap(table: Table, day: date, old: list[DataFile], new: list[DataFile]) -> bool:
    """Replace `old` by `new` in one snapshot; False if the day's files are no longer exactly `old`."""

    def of_the_day(table: Table) -> Files:
        return {file.file_path: file for file in days_of(table).get(day, [])}

    try:
        swapped = replace_files(table, old, new, {"firsthand.compacted": day.isoformat()}, of_the_day)
    except Outrun as error:
        log.info("compaction: %s", error)
        return False
    if not swapped:
        log.info("%s of %s changed while it was compacted; next time", day, table.name())
    return swapped


def _within(schema: TableSchema, day: date) -> str:
    begin, end = day.isoformat(), (day + timedelta(days=1)).isoformat()
    return f"{schema.partition} >= '{begin}T00:00:00+00:00' and {schema.partition} < '{end}T00:00:00+00:00'"
