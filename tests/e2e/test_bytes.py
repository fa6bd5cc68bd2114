"""The search for bytes finds what there is to find, or the tests that find nothing would mean nothing."""

import gzip
import json
import sqlite3
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import pytest

from tests.e2e.bytes import found
from tests.e2e.stack import Installation
from tests.stores import local_store
from warehouse.catalog import open_catalog

NEEDLE = "mei@needle.test"


@pytest.fixture
def quiet(tmp_path: Path) -> Installation:
    """A data directory that nothing runs on."""
    stack = Installation(local_store(tmp_path / "data"))
    (stack.data / "deep").mkdir(parents=True)
    stack.log.write_text("worker ready\n")
    return stack


def test_nothing_is_found_where_nothing_is(quiet: Installation) -> None:
    (quiet.data / "deep" / "file").write_bytes(b"mei@ needle.test")
    assert found(quiet, NEEDLE) == {}


def test_in_logs_files_archives_and_databases(quiet: Installation) -> None:
    quiet.log.write_text(f"never say {NEEDLE.upper()}\n")
    (quiet.data / "deep" / "segment").write_bytes(b"\x00\xff" + NEEDLE.encode() + b"\x00")
    (quiet.data / "v1.metadata.json.gz").write_bytes(gzip.compress(json.dumps({"a": NEEDLE}).encode()))
    with sqlite3.connect(quiet.data / "some.db") as database:
        database.execute("CREATE TABLE t (v)")
        database.execute("INSERT INTO t VALUES (?)", [NEEDLE])
    database.close()
    assert found(quiet, NEEDLE)[NEEDLE] == [
        "stack.log", "deep/segment", "some.db", "v1.metadata.json.gz (unpacked)",
    ]  # fmt: skip


def test_in_the_values_of_compressed_columns(quiet: Installation) -> None:
    others = [f"{n * 7919 % 10007}@needle.test" for n in range(1000)]  # alike enough for zstd to take the one apart
    table = pa.table({"nested": [{"list": [*others, NEEDLE]}]})
    pyarrow.parquet.write_table(table, quiet.data / "a.parquet", compression="zstd", write_statistics=False)
    assert NEEDLE.encode() not in (quiet.data / "a.parquet").read_bytes()
    assert found(quiet, NEEDLE) == {NEEDLE: ["a.parquet (values)"]}


def test_in_the_bounds_of_a_manifest(quiet: Installation) -> None:
    catalog = open_catalog(quiet.store.config)
    catalog.create_namespace("n")
    rows = pa.table({"mail": [NEEDLE]})
    catalog.create_table("n.t", rows.schema, properties={"write.metadata.metrics.default": "full"}).append(rows)
    places = found(quiet, NEEDLE)[NEEDLE]
    assert any(place.endswith(".avro (values)") for place in places)
