"""The ledger as a file: CSV for spreadsheets, JSON lines for programs, Parquet for analysts."""

import csv
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO


def write(rows: Iterator[dict[str, Any]], out: str, form: str, columns: tuple[str, ...]) -> int:
    """Write rows as csv, jsonl or parquet to the file `out` (- is standard output); gives their number."""
    if form == "parquet":
        return _write_parquet(rows, Path(out), columns)
    if out == "-":
        return _write_text(rows, sys.stdout, form, columns)
    with Path(out).open("w", newline="", encoding="utf-8") as file:
        return _write_text(rows, file, form, columns)


def _write_text(rows: Iterator[dict[str, Any]], file: TextIO, form: str, columns: tuple[str, ...]) -> int:
    count = 0
    table = csv.DictWriter(file, columns)
    if form == "csv":
        table.writeheader()
    for row in rows:
        count += 1
        if form == "jsonl":
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
        else:
            lists = {"granted": " ".join(row["granted"]), "denied": " ".join(row["denied"])}
            table.writerow({name: _harmless(value) for name, value in (row | lists).items()})
    return count


def _harmless(value: Any) -> Any:
    """A spreadsheet must not take a cell for a formula."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def _write_parquet(rows: Iterator[dict[str, Any]], out: Path, columns: tuple[str, ...]) -> int:
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds = {"seq": pa.int64(), "granted": pa.list_(pa.string()), "denied": pa.list_(pa.string()), "gpc": pa.bool_(),
             "erased": pa.bool_()}  # fmt: skip
    schema = pa.schema([(name, kinds.get(name, pa.string())) for name in columns])
    count = 0
    with pq.ParquetWriter(out, schema) as writer:
        chunk: list[dict[str, Any]] = []
        for row in rows:
            chunk.append(row)
            count += 1
            if len(chunk) == 5_000:
                writer.write_table(pa.Table.from_pylist(chunk, schema))
                chunk = []
        if chunk:
            writer.write_table(pa.Table.from_pylist(chunk, schema))
    return count
