"""The ledger as a file, piece by piece: CSV for spreadsheets, JSON lines for programs, Parquet for analysts.

One function for the command, the console and the admin API, so that one ledger is one file wherever it is asked for:
the same columns (`COLUMNS` of export.py) and cells. Pieces come as the rows do; a long ledger never lies in memory.
"""

import csv
import io
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, Final

import msgspec

from consent.ledger.export import COLUMNS

FORMATS: Final = {
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/x-ndjson",
    "parquet": "application/vnd.apache.parquet",
}
PIECE: Final = 1_000  # rows
GROUP: Final = 10_000  # rows of a row group
Row = dict[str, Any]


def pieces(rows: Iterator[Row], form: str) -> Iterator[bytes]:
    """A file of these rows in one of `FORMATS`. Raises KeyError for another form."""
    makers: dict[str, Callable[[Iterator[Row]], Iterator[bytes]]] = {"csv": _csv, "jsonl": _jsonl, "parquet": _parquet}
    return makers[form](rows)


def _some(rows: Iterator[Row], size: int) -> Iterator[list[Row]]:
    while some := list(islice(rows, size)):
        yield some


def _csv(rows: Iterator[Row]) -> Iterator[bytes]:
    text = io.StringIO(newline="")
    table = csv.DictWriter(text, COLUMNS)  # RFC 4180
    table.writeheader()
    yield text.getvalue().encode()
    for some in _some(rows, PIECE):
        text.seek(0)
        text.truncate()
        table.writerows({name: _cell(value) for name, value in row.items()} for row in some)
        yield text.getvalue().encode()


def _cell(value: Any) -> Any:
    """Lists as words; and a spreadsheet must not take a cell for a formula."""
    if isinstance(value, list):
        return " ".join(value)
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def _jsonl(rows: Iterator[Row]) -> Iterator[bytes]:
    for some in _some(rows, PIECE):
        yield b"".join(msgspec.json.encode(row) + b"\n" for row in some)


def _parquet(rows: Iterator[Row]) -> Iterator[bytes]:
    import pyarrow as pa  # large, and only wanted here
    import pyarrow.parquet as pq

    kinds = {"seq": pa.int64(), "granted": pa.list_(pa.string()), "denied": pa.list_(pa.string()), "gpc": pa.bool_(),
             "erased": pa.bool_()}  # fmt: skip
    schema = pa.schema([(name, kinds.get(name, pa.string())) for name in COLUMNS])
    sink = _Sink()
    with pq.ParquetWriter(pa.PythonFile(sink, mode="w"), schema) as writer:
        for some in _some(rows, GROUP):
            writer.write_table(pa.Table.from_pylist(some, schema))
            yield sink.take()
    yield sink.take()


class _Sink(io.RawIOBase):
    """What was written since somebody took it."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._at = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def write(self, data: Any) -> int:
        part = bytes(data)
        self._parts.append(part)
        self._at += len(part)
        return len(part)

    def take(self) -> bytes:
        taken, self._parts = b"".join(self._parts), []
        return taken
