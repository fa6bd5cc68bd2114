"""NDJSON lines → Arrow tables in a table's schema.

Why like this
    DuckDB's read_json parses 400 thousand lines a second on two cores; the same through Python objects is a
    fifth of that. So the bytes lie where DuckDB can read them (room.py), it reads them with explicit columns, and
    Arrow comes back. No row ever becomes a dict.

Hostile values
    What is only carried (`properties`, …) is read as JSON and kept as its own text: 100-digit integers, 1e999,
    duplicate keys, `\\u0000`. An optional number or time that does not fit its column becomes NULL. A line that
    is no row (broken JSON, a required column missing) must never stop the loader: when a chunk fails it is
    halved until the bad line stands alone; a lone surrogate is then replaced by U+FFFD and the line tried
    again; what still fails is returned as Poison, which knows the line's keys but none of its values.
"""

import json
import re
from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple

import duckdb
import pyarrow as pa

from warehouse.room import Room
from warehouse.schema import SPOOL_COLUMNS, Column, TableSchema

# Longest line of a chunk: an accepted message has 32 KiB at most. DuckDB's buffers are some times this, and parsing
# is fastest while they stay in the processor's cache. A longer line is parsed alone
CHUNK_BYTES = 128 * 1024
MAX_LINE_BYTES = 64 * 1024 * 1024
MAX_KEYS_SHOWN = 100
# DuckDB's way of handing out its own vectors. More at once would be moved again and again as they grow: a fifth slower
ROWS_AT_ONCE = 2048

_ARROW = {
    "string": pa.string(),
    "json": pa.string(),
    "time": pa.timestamp("us", tz="UTC"),
    "long": pa.int64(),
    "int": pa.int32(),
    "bool": pa.bool_(),
}
_READ = {"string": "VARCHAR", "json": "JSON", "time": "VARCHAR", "long": "BIGINT", "int": "INTEGER",
         "bool": "BOOLEAN", "strings": "VARCHAR[]"}  # fmt: skip
# As text first where a value may not fit: a bad number must cost the column, not the row. It takes a tenth longer, so
# it is for lines of which one was found not to fit. A time is a text anyway
_READ_WITH_CARE = _READ | {"long": "VARCHAR", "int": "VARCHAR", "bool": "VARCHAR"}
_CAST = {"time": "TIMESTAMP", "long": "BIGINT", "int": "INTEGER", "bool": "BOOLEAN", "json": "VARCHAR"}
_LONE_SURROGATE = re.compile(
    rb"(?<!\\)((?:\\\\)*)(?:\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F][0-9a-fA-F]{2})"
    rb"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2})"
)


class Poison(NamedTuple):
    """A line that is no row: what was wrong (without values), its top-level keys, its length in bytes."""

    detail: str
    keys: tuple[str, ...]
    length: int


class Parsed(NamedTuple):
    """`table` has the columns of the schema but for the spool's; `repaired` lines had a lone surrogate."""

    table: pa.Table
    poison: list[Poison]
    repaired: int = 0


class RowError(ValueError):
    """A chunk of lines holds at least one that is no row."""


def arrow_schema(schema: TableSchema) -> pa.Schema:
    """The Arrow schema of a table, in column order, with field ids."""
    return pa.schema([_field(column) for column in schema.columns])


def _field(column: Column) -> pa.Field:
    if column.kind == "strings":
        element = pa.field("element", pa.string(), metadata={"PARQUET:field_id": str(column.element_id)})
        kind: pa.DataType = pa.list_(element)
    else:
        kind = _ARROW[column.kind]
    metadata = {"PARQUET:field_id": str(column.id)}
    return pa.field(column.name, kind, nullable=not column.required, metadata=metadata)


class Parser:
    """Parses lines of one table. Not thread-safe."""

    def __init__(self, schema: TableSchema, threads: int = 1) -> None:
        self._columns = [column for column in schema.columns if column.name not in SPOOL_COLUMNS]
        self.schema = pa.schema([_field(column) for column in self._columns])
        self._room = Room()
        self._duck = duckdb.connect(config={"threads": threads, "enable_external_file_cache": False})
        self._duck.execute("SET TimeZone = 'UTC'")
        self._relations: dict[str, duckdb.DuckDBPyRelation] = {}
        self._fast, self._careful = (_reading(self._columns, kinds) for kinds in (_READ, _READ_WITH_CARE))

    def parse(self, payloads: Sequence[bytes | memoryview], rows: int | None = None) -> Parsed:
        """All rows of `payloads` (NDJSON each) in order. Never raises for what the lines contain.

        `rows`: how many they should be, as who wrote them counted; a wrong number costs time only. Raises OSError if
        there is no memory to put them.
        """
        if not any(map(len, payloads)):
            return Parsed(self.schema.empty_table(), [])
        try:
            return Parsed(self._parse(payloads, len(_lines(payloads)) if rows is None else rows, self._fast), [])
        except RowError:
            return self._bisect(_lines(payloads))

    def _bisect(self, lines: list[bytes]) -> Parsed:
        found: list[pa.Table] = []
        poison: list[Poison] = []
        repaired = 0
        waiting = [lines]
        while waiting:
            chunk = waiting.pop()
            try:
                found.append(self._parse(chunk, len(chunk), self._careful))
                continue
            except RowError as error:
                if len(chunk) > 1:
                    half = len(chunk) // 2
                    waiting += (chunk[half:], chunk[:half])
                    continue
                reason = str(error)
            whole = repair(chunk[0])
            if whole is not None:
                try:
                    found.append(self._parse([whole], 1, self._careful))
                    repaired += 1
                    continue
                except RowError as error:
                    reason = str(error)
            poison.append(Poison(reason, keys_of(chunk[0]), len(chunk[0])))
        return Parsed(pa.concat_tables([self.schema.empty_table(), *found]), poison, repaired)

    def _parse(self, payloads: Sequence[bytes | memoryview], expected: int, query: str) -> pa.Table:
        """All lines, `expected` rows, or RowError, whose text names no value."""
        self._put(payloads)
        longest = MAX_LINE_BYTES if expected == 1 else CHUNK_BYTES
        try:
            table = self._relation(query.format(path=self._room.path, longest=longest)).to_arrow_table(ROWS_AT_ONCE)
        except duckdb.Error:
            self._relations.clear()
            # DuckDB's message quotes the line: it must go nowhere
            raise RowError("not a JSON object of the expected shape") from None
        if table.num_rows != expected:
            raise RowError("not one JSON object on one line")
        for field in self.schema:
            if not field.nullable and table.column(field.name).null_count:
                raise RowError(f"required column {field.name} is missing or unreadable")
        return table.cast(self.schema)

    def _relation(self, query: str) -> duckdb.DuckDBPyRelation:
        """A relation becomes Arrow at once, where what is executed, or has parameters, is gathered in another form
        first; and it is planned once, read as often as one likes."""
        if query not in self._relations:
            self._relations[query] = self._duck.sql(query)
        return self._relations[query]

    def _put(self, payloads: Sequence[bytes | memoryview]) -> None:
        """Lay the payloads' lines where DuckDB reads them."""
        parts = [(payload, b"" if payload[-1:] == b"\n" else b"\n") for payload in payloads if len(payload)]
        room, at = self._room.sized(sum(len(payload) + len(end) for payload, end in parts)), 0
        for part in chain.from_iterable(parts):
            room[at : at + len(part)] = part
            at += len(part)

    def close(self) -> None:
        self._relations.clear()
        self._duck.close()
        self._room.close()


def _reading(columns: Sequence[Column], kinds: dict[str, str]) -> str:
    """The query that reads columns from a file as `kinds` first; `{path}` and `{longest}` are to be filled in."""
    select = ", ".join(_expression(column, kinds[column.kind]) for column in columns)
    types = ", ".join(f"'{column.name}': '{kinds[column.kind]}'" for column in columns)
    return (
        f"SELECT {select} FROM read_json('{{path}}', columns = {{{{{types}}}}}, "  # noqa: S608 - our names
        "format = 'newline_delimited', maximum_object_size = {longest})"
    )


def _expression(column: Column, read: str) -> str:
    cast = _CAST.get(column.kind, read)
    if cast == read:
        return f'"{column.name}"'
    kind = "CAST" if column.kind == "json" else "TRY_CAST"
    return f'{kind}("{column.name}" AS {cast}) AS "{column.name}"'


def _lines(payloads: Sequence[bytes | memoryview]) -> list[bytes]:
    """The lines that are not blank."""
    return [line for payload in payloads for line in bytes(payload).split(b"\n") if line.strip()]


def repair(line: bytes) -> bytes | None:
    """The line with `\\uFFFD` for lone surrogate escapes and for bytes that are no UTF-8; None if it has neither."""
    whole = line.decode("utf-8", "replace").encode()
    whole = _LONE_SURROGATE.sub(rb"\1\\ufffd", whole)
    return None if whole == line else whole


def keys_of(line: bytes) -> tuple[str, ...]:
    """The top-level keys of a line as far as they can be read; none if it is no JSON object."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):  # that is why it is poison; there are no keys to name
        return ()
    return tuple(list(value)[:MAX_KEYS_SHOWN]) if isinstance(value, dict) else ()


def with_spool(table: pa.Table, shard: str, seq: int, schema: TableSchema) -> pa.Table:
    """The rows with the segment's identity added, in the full schema of the table."""
    rows = table.num_rows
    constants = {
        "spool_shard": pa.repeat(pa.scalar(shard), rows),
        "spool_seq": pa.repeat(pa.scalar(seq, pa.int64()), rows),
    }
    columns = [constants[name] if name in constants else table.column(name) for name in schema.names()]
    return pa.table(columns, schema=arrow_schema(schema))
