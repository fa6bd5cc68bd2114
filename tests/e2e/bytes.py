"""Every byte that an installation keeps, made readable: for tests that say what must not be among them.

Plain files are taken as they are. What is compressed or encoded is taken twice, as it is and as its values: Parquet
through pyarrow, Avro manifests through DuckDB (their bounds of columns hold raw values), gzip unpacked. Objects in S3
are fetched, and the rows of a PostgreSQL catalog written out.
"""

import gzip
import io
import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import psycopg
import pyarrow.parquet

from tests.e2e.stack import Installation
from warehouse import bucket
from warehouse.extensions import connect

Kept = Iterator[tuple[str, bytes]]


def kept(stack: Installation) -> Kept:
    """Names and bytes: everything below the data directory, all that was said, the store's objects, the catalog."""
    yield stack.log.name, stack.log.read_bytes()
    for path in sorted(stack.data.rglob("*")):
        if path.is_file():
            try:
                content = path.read_bytes()
            except FileNotFoundError:
                continue  # a segment that was just loaded, a draft that was just renamed
            yield from _readable(str(path.relative_to(stack.data)), content)
    yield from _objects(stack)
    yield from _catalog(stack)


def found(stack: Installation, *wanted: str) -> dict[str, list[str]]:
    """Where each of these texts stands (UTF-8, any case). Texts that stand nowhere are left out."""
    needles = {text: text.encode().lower() for text in wanted}
    places: dict[str, list[str]] = {}
    for name, content in kept(stack):
        lowered = content.lower()
        for text, needle in needles.items():
            if needle in lowered:
                places.setdefault(text, []).append(name)
    return places


def _readable(name: str, content: bytes) -> Kept:
    yield name, content
    if content[:2] == b"\x1f\x8b":
        yield f"{name} (unpacked)", gzip.decompress(content)
    elif content[:4] == b"PAR1":
        table = pyarrow.parquet.read_table(io.BytesIO(content))
        yield f"{name} (values)", _joined(column.to_pylist() for column in table.columns)
    elif content[:4] == b"Obj\x01":
        yield f"{name} (values)", _avro(content)


def _joined(columns: Iterator[Sequence[object]]) -> bytes:
    return "\n".join(str(value) for column in columns for value in column).encode()


def _avro(content: bytes) -> bytes:
    with tempfile.NamedTemporaryFile(suffix=".avro") as file, connect(Path(os.devnull), {}) as duck:
        file.write(content)
        file.flush()
        rows = duck.execute("FROM read_avro(?)", [file.name]).fetchall()
    return "\n".join(str(row) for row in rows).encode()


def _objects(stack: Installation) -> Kept:
    store = stack.store.config
    if not store.warehouse.startswith("s3://"):
        return
    name, _, prefix = store.warehouse.removeprefix("s3://").partition("/")
    client = bucket.client(store)
    # A table bucket of a REST catalog holds all tests' tables: ours lie below our namespace
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=name, Prefix=prefix or store.namespace):
        for entry in page.get("Contents", []):
            body = client.get_object(Bucket=name, Key=entry["Key"])["Body"].read()
            yield from _readable(f"s3://{name}/{entry['Key']}", body)


def _catalog(stack: Installation) -> Kept:
    uri = stack.store.config.catalog_uri
    if not uri.startswith("postgresql"):
        return
    with psycopg.connect(uri.replace("+psycopg", "")) as connection:
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        for (table,) in tables:
            rows = connection.execute(psycopg.sql.SQL("SELECT * FROM {}").format(psycopg.sql.Identifier(table)))
            yield f"postgresql {table}", "\n".join(str(row) for row in rows.fetchall()).encode()
