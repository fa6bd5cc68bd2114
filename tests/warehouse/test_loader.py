"""The loader over real stores: load and query, exactly once, one row a message, damage, gaps, poison."""

import json
import logging
import threading
import time
from pathlib import Path
from typing import Any

import polars
import pytest

from collector.spool import reader as spool_reader
from collector.spool import report
from tests.stores import POSTGRES_SLOWLY, Store
from tests.warehouse.spooled import bad_event, event, lines, spool
from warehouse.catalog import open_catalog
from warehouse.loader import Loader, LoaderConfig
from warehouse.query import Reader


def loader_of(store: Store, **settings: Any) -> Loader:
    return Loader(LoaderConfig(store.config.data_dir, **settings), store.config)


def rows_of(store: Store, sql: str) -> list[dict[str, Any]]:
    with Reader(store.config) as reader:
        return reader.query(sql).objects()


def ids_of(store: Store, table: str = "events_raw") -> list[str]:
    return [row["event_id"] for row in rows_of(store, f"select event_id from {table} order by 1")]


def polars_options(store: Store) -> dict[str, str]:
    """What Polars' own reader needs to know of the store."""
    if not store.config.s3_endpoint:
        return {}
    return {
        "aws_endpoint_url": store.config.s3_endpoint,
        "aws_access_key_id": store.config.s3_access_key_id,
        "aws_secret_access_key": store.config.s3_secret_access_key,
        "aws_region": store.config.s3_region,
        "aws_allow_http": "true",
    }


def test_load_then_query(store: Store) -> None:
    rows = [
        event(f"e{i}", seq=i, properties={"n": i, "emoji": "😀"}, consent_purposes=["analytics"], gpc=True)
        for i in range(30)
    ]
    spool(store.data, [rows[:10], rows[10:]], bad=[bad_event(detail="no type", message_id="m1")])
    report = loader_of(store).run_once()
    assert (report.committed_events, report.committed_bad, report.segments) == (30, 1, 2)
    assert spool_reader.sealed(store.data / "spool") == []
    found = rows_of(store, "select * from events order by seq")
    assert [row["event_id"] for row in found] == [f"e{i}" for i in range(30)]
    assert found[3]["event_time"] == "2026-01-02T03:04:05.678Z"
    assert json.loads(found[3]["properties"]) == {"n": 3, "emoji": "😀"}
    assert found[3]["consent_purposes"] == ["analytics"]
    assert found[3]["gpc"] is True
    assert found[3]["user_id"] is None
    assert {row["spool_seq"] for row in found} == {0, 1}
    bad = rows_of(store, "select reason, detail, message_id, payload from bad_events")
    assert bad == [{"reason": "invalid", "detail": "no type", "message_id": "m1", "payload": '{"type":"x"}'}]


@POSTGRES_SLOWLY
def test_other_readers_agree(store: Store) -> None:
    spool(store.data, [[event(f"e{i}", seq=i, properties={"n": i}) for i in range(50)]])
    loader_of(store).run_once()
    table = open_catalog(store.config).load_table((store.config.namespace, "events"))
    by_pyiceberg = sorted((r["event_id"], r["seq"], r["properties"]) for r in table.scan().to_arrow().to_pylist())
    by_polars = sorted(
        (r["event_id"], r["seq"], r["properties"])
        for r in polars.scan_iceberg(table, storage_options=polars_options(store)).collect().to_dicts()
    )
    by_duckdb = sorted((r["event_id"], r["seq"], r["properties"]) for r in rows_of(store, "select * from events"))
    assert len(by_pyiceberg) == 50
    assert by_pyiceberg == by_polars == by_duckdb


@POSTGRES_SLOWLY
def test_nothing_loaded_yet_reads_as_empty(store: Store) -> None:
    store.data.mkdir()
    assert rows_of(store, "select count(*) as n from events") == [{"n": 0}]
    assert rows_of(store, "select * from bad_events") == []


@POSTGRES_SLOWLY
def test_segments_loaded_twice_count_once(store: Store, tmp_path: Path) -> None:
    """A loader that dies between commit and delete: the next one finds the segments done."""
    spool(store.data, [[event("a")], [event("b")]], bad=[bad_event()])
    keep = {s.path: s.path.read_bytes() for s in spool_reader.sealed(store.data / "spool")}
    loader_of(store).run_once()
    for path, content in keep.items():
        path.write_bytes(content)
    report = loader_of(store).run_once()
    assert (report.committed_events, report.committed_bad, report.already) == (0, 0, 2)
    assert ids_of(store) == ["a", "b"]
    assert rows_of(store, "select count(*) as n from bad_events") == [{"n": 1}]
    assert spool_reader.sealed(store.data / "spool") == []


@POSTGRES_SLOWLY
def test_crash_between_the_two_tables(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    spool(store.data, [[event("a")]], bad=[bad_event()])
    first = loader_of(store)
    write = first.sink.write

    def only_events(schema: Any, parts: Any, missing: Any) -> Any:
        if schema.name == "bad_events":
            raise ConnectionError("gone")
        return write(schema, parts, missing)

    monkeypatch.setattr(first.sink, "write", only_events)
    with pytest.raises(ConnectionError):
        first.run_once()
    assert first.total.error.startswith("ConnectionError")
    report = loader_of(store).run_once()
    assert (report.committed_events, report.committed_bad) == (0, 1)
    assert ids_of(store) == ["a"]
    assert rows_of(store, "select count(*) as n from bad_events") == [{"n": 1}]


def test_repeats_are_dropped_in_a_commit_between_commits_and_after_restart(local: Store) -> None:
    spool(local.data, [[event("a"), event("b"), event("a")], [event("b")]])
    first = loader_of(local)
    assert (first.run_once().duplicates, first.total.committed_events) == (2, 2)
    spool(local.data, [[event("b"), event("c")]])
    assert first.run_once().duplicates == 1
    spool(local.data, [[event("c"), event("d")]])
    report = loader_of(local).run_once()  # another process: its memory comes from the table
    assert (report.committed_events, report.duplicates) == (1, 1)
    assert ids_of(local) == ["a", "b", "c", "d"]


def test_the_view_is_exact_where_the_memory_was_too_short(local: Store) -> None:
    spool(local.data, [[event("a", seq=1)], [event("a", seq=2), event("b")]])
    loader_of(local, dedupe_ids=0, commit_rows=1).run_once()
    assert ids_of(local) == ["a", "a", "b"]
    assert rows_of(local, "select event_id, seq from events order by 1") == [
        {"event_id": "a", "seq": 1}, {"event_id": "b", "seq": None},
    ]  # fmt: skip


def test_a_failed_commit_is_not_taken_for_a_repeat(local: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    loader = loader_of(local)
    spool(local.data, [[event("a")]])
    commit = loader.sink._commit
    monkeypatch.setattr(loader.sink, "_commit", _raise)
    with pytest.raises(ConnectionError):
        loader.run_once()
    monkeypatch.setattr(loader.sink, "_commit", commit)
    assert loader.run_once().committed_events == 1
    assert ids_of(local) == ["a"]


def _raise(*_: Any) -> None:
    raise ConnectionError("away")


def test_many_segments_share_a_commit_and_commits_are_bounded(local: Store) -> None:
    spool(local.data, [[event() for _ in range(10)] for _ in range(12)])
    report = loader_of(local, commit_rows=50).run_once()
    assert (report.committed_events, report.segments, report.commits) == (120, 12, 3)


def test_snapshots_stay_few_over_many_commits(local: Store) -> None:
    loader = loader_of(local, expire_every=5)
    for _ in range(30):
        spool(local.data, [[event()]])
        loader.run_once()
    table = open_catalog(local.config).load_table((local.config.namespace, "events"))
    assert 5 <= len(table.metadata.snapshots) <= 11
    assert len(ids_of(local)) == 30
    assert len(table.metadata.metadata_log) <= 10
    assert len(list((local.data / "warehouse").rglob("*.metadata.json"))) <= 2 * 12  # two tables


def test_poison_rows_cost_only_themselves(local: Store) -> None:
    good = [event(f"g{i}") for i in range(20)]
    poison = [
        b'{"event_id": "secret-value", "email": "who@example.com"}',
        b'{"event_id": "cut',
        b"[]",
        lines([event("x")])[:-2] + b', "event_id": "twice"}',
        json.dumps(event("t") | {"received_at": "soon"}).encode(),
    ]
    spool(local.data, [[*good[:10], *poison, *good[10:]]], bad=[bad_event()])
    report = loader_of(local).run_once()
    assert (report.committed_events, report.poison_rows, report.committed_bad) == (20, 5, 6)
    assert len(ids_of(local)) == 20
    bad = rows_of(local, "select * from bad_events where reason = 'internal'")
    assert len(bad) == 5
    assert {"event_id", "email"} in [set(json.loads(row["payload"])["keys"]) for row in bad]
    assert "who@example.com" not in json.dumps(bad)
    assert "secret-value" not in json.dumps(bad)


def test_bit_flips_cost_only_their_frame_and_are_kept_aside(local: Store, caplog: pytest.LogCaptureFixture) -> None:
    spool(local.data, [[event("a"), event("b")]], bad=[bad_event()])
    [segment] = spool_reader.sealed(local.data / "spool")
    content = bytearray(segment.path.read_bytes())
    content[60] ^= 1
    segment.path.write_bytes(content)
    report = loader_of(local).run_once()
    assert (report.committed_events, report.committed_bad, report.damaged_frames) == (0, 1, 1)
    [kept] = (local.data / "quarantine").iterdir()
    assert kept.read_bytes() == bytes(content)
    assert "damaged" in caplog.text
    assert spool_reader.sealed(local.data / "spool") == []


def test_a_torn_segment_gives_its_whole_frames(local: Store) -> None:
    spool(local.data, [[event("a")]], bad=[bad_event()])
    [segment] = spool_reader.sealed(local.data / "spool")
    segment.path.write_bytes(segment.path.read_bytes()[:-200])
    report = loader_of(local).run_once()
    assert (report.committed_events, report.damaged_frames) == (1, 1)
    assert ids_of(local) == ["a"]


def test_a_missing_segment_is_loud_and_counts_when_it_comes_back(
    local: Store, caplog: pytest.LogCaptureFixture
) -> None:
    spool(local.data, [[event("a")]])
    loader = loader_of(local)
    loader.run_once()
    spool(local.data, [[event("b")], [event("c")], [event("d")]])
    middle = spool_reader.sealed(local.data / "spool")[1]
    content = middle.path.read_bytes()
    middle.path.unlink()
    report = loader.run_once()
    assert (report.missing_segments, ids_of(local)) == (1, ["a", "b", "d"])
    assert "missing" in caplog.text
    spool(local.data, [[event("e")]])
    middle.path.write_bytes(content)
    report = loader.run_once()
    assert (report.missing_segments, report.committed_events) == (0, 2)
    assert ids_of(local) == ["a", "b", "c", "d", "e"]
    middle.path.write_bytes(content)
    assert loader_of(local).run_once().already == 1
    assert ids_of(local) == ["a", "b", "c", "d", "e"]


def test_an_unsealed_number_holds_its_shard(local: Store) -> None:
    spool(local.data, [[event("a")]])
    loader = loader_of(local)
    loader.run_once()
    shard = spool(local.data, [[event("b")], [event("c")]])
    lock = spool_reader.try_lock(local.data / "spool" / shard)  # a live worker
    assert lock is not None
    first = spool_reader.sealed(local.data / "spool")[0]
    first.path.rename(first.path.with_suffix(".open"))
    assert loader.run_once().committed_events == 0
    first.path.with_suffix(".open").rename(first.path)
    assert loader.run_once().committed_events == 2
    spool_reader.unlock(lock)


def test_the_heartbeat_says_what_happened(local: Store) -> None:
    spool(local.data, [[event("a"), event("a")]])
    loader = loader_of(local)
    loader.run_once()
    found = report.read(local.data)
    assert found is not None
    assert (found.committed_events, found.duplicates, found.error, found.pending_segments) == (1, 1, "", 0)
    assert found.snapshot_id is not None
    assert abs(found.seen - time.time()) < 60
    assert list(local.data.glob("*.tmp")) == []


def test_running_it_loads_what_comes_and_stops_after_the_last(local: Store) -> None:
    loader = loader_of(local, commit_interval=0.2)
    stop = threading.Event()
    thread = threading.Thread(target=loader.run, args=(stop,))
    thread.start()
    try:
        spool(local.data, [[event("a")]])
        deadline = time.monotonic() + 60
        while loader.total.committed_events < 1 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert loader.total.committed_events == 1
    finally:
        stop.set()
        thread.join(60)
    assert not thread.is_alive()
    spool(local.data, [[event("b")]])
    stop.set()
    loader.run(stop)
    assert ids_of(local) == ["a", "b"]


def test_an_absent_store_is_logged_once_and_loses_nothing(local: Store, caplog: pytest.LogCaptureFixture,
                                                         monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    loader = loader_of(local, commit_interval=0.05)
    loader.run_once()
    table = loader.sink.table
    monkeypatch.setattr(loader.sink, "table", _raise)
    spool(local.data, [[event("a")]])
    stop = threading.Event()
    thread = threading.Thread(target=loader.run, args=(stop,))
    with caplog.at_level(logging.INFO):
        thread.start()
        deadline = time.monotonic() + 60
        while not loader.total.error and time.monotonic() < deadline:
            time.sleep(0.05)
        assert loader.total.error.startswith("ConnectionError")
        time.sleep(0.5)  # it fails again and again, and says so once
        monkeypatch.setattr(loader.sink, "table", table)
        deadline = time.monotonic() + 60
        while loader.total.committed_events < 1 and time.monotonic() < deadline:
            time.sleep(0.05)
        stop.set()
        thread.join(60)
    assert caplog.text.count("cannot commit") == 1
    assert "committing again" in caplog.text
    assert ids_of(local) == ["a"]
