"""The list of sinks is a choice: a newcomer of forty lines is loaded into, once, by what every sink can do."""

import sqlite3
from pathlib import Path

import pyarrow as pa
import pytest

from collector.spool import reader
from tests.stores import Store
from tests.warehouse.spooled import bad_event, event, spool
from warehouse.catalog import StoreConfig, StoreError
from warehouse.loader import Loader, LoaderConfig
from warehouse.schema import TableSchema
from warehouse.sinks import SINKS
from warehouse.sinks.part import Missing, Part, Position, Written


class Notebook:
    """Ids of rows in one SQLite file. A segment's place and its rows change in one transaction."""

    def __init__(self, config: StoreConfig) -> None:
        self._file = sqlite3.connect(Path(config.data_dir) / "notebook.db", isolation_level=None)
        self._file.executescript(
            "create table if not exists place (name, shard, seq, primary key (name, shard));"
            "create table if not exists row (name, id)"
        )

    def positions(self, schema: TableSchema) -> dict[str, Position]:
        found = self._file.execute("select shard, seq from place where name = ?", [schema.name])
        return {shard: Position(seq) for shard, seq in found}

    def write(self, schema: TableSchema, parts: list[Part], missing: Missing) -> Written:
        with self._file as file:
            file.execute("begin immediate")
            there = self.positions(schema)
            fresh = tuple(p for p in parts if p.seq > there.get(p.shard, Position(-1)).seq)
            for part in fresh:
                ids = part.rows.column("event_id" if schema.name == "events" else "message_id").to_pylist()
                file.executemany("insert into row values (?, ?)", [(schema.name, id) for id in ids])
                file.execute("insert or replace into place values (?, ?, ?)", [schema.name, part.shard, part.seq])
        return Written(fresh, tuple(p for p in parts if p not in fresh), None, 0, 1)

    def recent(self, schema: TableSchema, column: str, limit: int) -> pa.Table:
        return pa.table({column: pa.array(self.kept(schema.name)[-limit:], pa.string())})

    def expire(self, schema: TableSchema, keep_seconds: float, keep_count: int) -> None:
        raise AssertionError("it keeps no snapshots, and said so")

    def kept(self, name: str) -> list[str]:
        return [id for (id,) in self._file.execute("select id from row where name = ? order by rowid", [name])]


def loaded(store: Store) -> list[int]:
    loader = Loader(LoaderConfig(store.config.data_dir, sink="notebook"), store.config)
    done = loader.run_once()
    loader.close()
    return [done.committed_events, done.committed_bad, done.duplicates, done.already]


def test_a_newcomer_is_loaded_into_exactly_once(local: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SINKS, "notebook", Notebook)
    spool(local.data, [[event("a"), event("b")], [event("c")]], bad=[bad_event(message_id="m")])
    segments = {s.path: s.path.read_bytes() for s in reader.sealed(local.data / "spool")}
    assert loaded(local) == [3, 1, 0, 0]
    for path, content in segments.items():  # as if it had died before it deleted them
        path.write_bytes(content)
    assert loaded(local) == [0, 0, 0, 2]
    spool(local.data, [[event("a"), event("d")]])  # a client's repeat, after a restart
    assert loaded(local) == [1, 0, 1, 0]
    notebook = Notebook(local.config)
    assert (notebook.kept("events"), notebook.kept("bad_events")) == (["a", "b", "c", "d"], ["m"])
    assert not (local.data / "catalog.db").exists(), "nothing went to Iceberg"


def test_a_sink_that_is_not_there_is_said_at_the_start(local: Store) -> None:
    with pytest.raises(StoreError, match="sink is 'kafka'; there is iceberg"):
        Loader(LoaderConfig(local.config.data_dir, sink="kafka"), local.config)
