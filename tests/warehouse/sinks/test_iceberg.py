"""Every sink: written twice equals written once, whoever writes and whatever answer is lost."""

import threading
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.stores import Seaweed, Store, rest_store
from tests.warehouse.proxy import Proxy
from tests.warehouse.spooled import event, lines
from warehouse.catalog import StoreConfig
from warehouse.row import Parser, with_spool
from warehouse.schema import EVENTS
from warehouse.sinks import SINKS
from warehouse.sinks.iceberg import Contention, IcebergSink, positions_of, properties_after, summary_of
from warehouse.sinks.part import Part, Position


def part(seq: int, ids: list[str], shard: str = "c1-0a") -> Part:
    parser = Parser(EVENTS)
    rows = parser.parse([lines([event(i) for i in ids])]).table
    parser.close()
    return Part(shard, seq, f"{seq:064x}", with_spool(rows, shard, seq, EVENTS))


def ids_in(config: StoreConfig) -> list[str]:
    table = IcebergSink(config).table(EVENTS)
    return sorted(table.scan(selected_fields=("event_id",)).to_arrow().column("event_id").to_pylist())


@pytest.mark.parametrize("name", SINKS)
def test_writing_twice_equals_writing_once(name: str, store: Store) -> None:
    sink = SINKS[name](store.config)
    parts = [part(0, ["a"]), part(1, ["b", "c"])]
    assert sink.write(EVENTS, parts, {}).committed == tuple(parts)
    again = SINKS[name](store.config).write(EVENTS, parts, {})
    assert (again.committed, again.already) == ((), tuple(parts))
    assert sink.positions(EVENTS)["c1-0a"] == Position(1)
    assert sorted(sink.recent(EVENTS, "event_id", 100).column("event_id").to_pylist()) == ["a", "b", "c"]


def test_only_the_new_parts_of_a_mixed_batch_are_written(store: Store) -> None:
    sink = IcebergSink(store.config)
    sink.write(EVENTS, [part(0, ["a"])], {})
    written = sink.write(EVENTS, [part(0, ["a"]), part(1, ["b"])], {})
    assert [p.seq for p in written.committed] == [1]
    assert ids_in(store.config) == ["a", "b"]


def test_a_stale_loader_never_doubles_a_segment(store: Store) -> None:
    """It looked at the table before the live one committed, and commits after."""
    live, stale = IcebergSink(store.config), IcebergSink(store.config)
    live.table(EVENTS)
    old = stale.table(EVENTS)
    live.write(EVENTS, [part(0, ["a"])], {})
    fetched: list[Any] = [old]
    current = stale.table
    stale.table = lambda schema: fetched.pop() if fetched else current(schema)  # type: ignore[method-assign]
    written = stale.write(EVENTS, [part(0, ["a"])], {})
    assert written.committed == ()
    assert written.attempts == 2
    assert ids_in(store.config) == ["a"]


def test_a_stale_loader_without_rows_cannot_move_the_position_back(store: Store) -> None:
    live, stale = IcebergSink(store.config), IcebergSink(store.config)
    live.write(EVENTS, [part(0, ["a"])], {})
    old = stale.table(EVENTS)
    live.write(EVENTS, [part(1, ["b"]), part(2, ["c"])], {})
    fetched: list[Any] = [old]
    current = stale.table
    stale.table = lambda schema: fetched.pop() if fetched else current(schema)  # type: ignore[method-assign]
    stale.write(EVENTS, [part(1, [])], {})
    assert live.positions(EVENTS)["c1-0a"] == Position(2)


def test_two_loaders_at_once_write_each_segment_once(store: Store) -> None:
    IcebergSink(store.config).table(EVENTS)
    parts = [part(n, [f"e{n}"]) for n in range(6)]
    errors: list[BaseException] = []

    def loader() -> None:
        try:
            sink = IcebergSink(store.config)
            for one in parts:
                sink.write(EVENTS, [one], {})
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=loader) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert errors == []
    assert ids_in(store.config) == [f"e{n}" for n in range(6)]


@pytest.mark.stores
def test_a_lost_commit_answer_neither_doubles_nor_loses(seaweed: Seaweed, tmp_path: Path) -> None:
    with Proxy(seaweed.rest).running() as proxy:
        config = rest_store(tmp_path / "data", seaweed, proxy.url).config
        sink = IcebergSink(config)
        sink.write(EVENTS, [part(0, ["a"])], {})
        losses = iter(["lose"])
        proxy.fault = lambda method, path: (
            next(losses, "") if method == "POST" and path.endswith("/tables/events") else ""
        )
        written = sink.write(EVENTS, [part(1, ["b"])], {})
        assert proxy.lost == 1
        assert [p.seq for p in written.committed] == [1]
        assert ids_in(config) == ["a", "b"]


@pytest.mark.stores
def test_a_catalog_that_vanishes_after_the_commit_is_asked_later(seaweed: Seaweed, tmp_path: Path) -> None:
    with Proxy(seaweed.rest).running() as proxy:
        config = rest_store(tmp_path / "data", seaweed, proxy.url).config
        sink = IcebergSink(config)
        sink.write(EVENTS, [part(0, ["a"])], {})
        gone = False

        def fault(method: str, path: str) -> str:
            nonlocal gone
            if gone:
                return "refuse"
            gone = method == "POST" and path.endswith("/tables/events")
            return "lose" if gone else ""

        proxy.fault = fault
        with pytest.raises(OSError):
            sink.write(EVENTS, [part(1, ["b"])], {})
        proxy.fault = lambda method, path: ""
        written = sink.write(EVENTS, [part(1, ["b"])], {})
        assert [p.seq for p in written.already] == [1]
        assert ids_in(config) == ["a", "b"]


def test_a_commit_that_never_arrived_is_made_again(local: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    sink = IcebergSink(local.config)
    commit = sink._commit
    monkeypatch.setattr(sink, "_commit", lambda *_: (_ for _ in ()).throw(ConnectionError("cut")))
    with pytest.raises(ConnectionError):
        sink.write(EVENTS, [part(0, ["a"])], {})
    monkeypatch.setattr(sink, "_commit", commit)
    assert len(sink.write(EVENTS, [part(0, ["a"])], {}).committed) == 1
    assert ids_in(local.config) == ["a"]


def test_endless_conflicts_end_in_a_clear_error(local: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    from pyiceberg.exceptions import CommitFailedException

    sink = IcebergSink(local.config, sleep=lambda seconds: None)
    monkeypatch.setattr(sink, "_commit", lambda *_: (_ for _ in ()).throw(CommitFailedException("changed")))
    with pytest.raises(Contention, match="overtaken"):
        sink.write(EVENTS, [part(0, ["a"])], {})


def test_the_position_survives_the_expiry_of_all_snapshots_but_one(local: Store) -> None:
    from warehouse.maintain import expire

    sink = IcebergSink(local.config)
    for n in range(4):
        sink.write(EVENTS, [part(n, [f"e{n}"])], {})
    assert expire(sink.table(EVENTS), keep_seconds=0, keep_count=1) == 3
    assert sink.write(EVENTS, [part(2, ["e2"])], {}).committed == ()
    assert ids_in(local.config) == ["e0", "e1", "e2", "e3"]


def test_the_summary_names_the_segments(local: Store) -> None:
    sink = IcebergSink(local.config)
    sink.write(EVENTS, [part(n, [f"e{n}"]) for n in (0, 1, 2, 5)], {})
    snapshot = sink.table(EVENTS).current_snapshot()
    assert snapshot is not None and snapshot.summary is not None
    assert snapshot.summary["firsthand.segments"] == "c1-0a:0-2,5"
    assert len(str(snapshot.summary["firsthand.segments-sha256"])) == 64


def test_newest_values_come_from_the_newest_files(local: Store) -> None:
    sink = IcebergSink(local.config)
    for n in range(5):
        rows = part(n, [f"e{n}"]).rows
        later = pa.compute.add(rows.column("received_at"), pa.scalar(n * 86_400_000_000, pa.duration("us")))
        moved = rows.set_column(rows.schema.get_field_index("received_at"), rows.schema.field("received_at"), later)
        sink.write(EVENTS, [Part("c1-0a", n, "", moved)], {})
    assert sink.recent(EVENTS, "event_id", 2).column("event_id").to_pylist() == ["e3", "e4"]
    assert sink.recent(EVENTS, "event_id", 100).num_rows == 5


NUMBERS = st.sets(st.integers(0, 40), max_size=12)


@settings(deadline=None)
@given(st.lists(NUMBERS, max_size=6))
def test_positions_hold_exactly_what_was_committed(rounds: list[set[int]]) -> None:
    """Whatever numbers come in whatever rounds, with the gaps that the loader reports."""
    properties: dict[str, str] = {}
    committed: set[int] = set()
    first: int | None = None
    empty = pa.table({})
    for numbers in rounds:
        before = positions_of(properties)
        fresh = {n for n in numbers if not before.get("s", Position(-1)).holds(n) and (first is None or n >= first)}
        if not fresh:
            continue
        first = min(fresh) if first is None else first
        start = before["s"].seq + 1 if "s" in before else first
        gone = frozenset(set(range(start, max(fresh))) - fresh)
        parts = [Part("s", n, "", empty) for n in fresh]
        properties |= properties_after(before, parts, {"s": gone})
        committed |= fresh
    position = positions_of(properties).get("s", Position(-1))
    held = {n for n in range(first or 0, 60) if position.holds(n)}
    assert held == committed


def test_the_summary_does_not_depend_on_the_order() -> None:
    empty = pa.table({})
    parts = [Part(s, n, str(n), empty) for s in ("b", "a") for n in (3, 1, 2)]
    assert summary_of(parts) == summary_of(parts[::-1])
    assert summary_of(parts)["firsthand.segments"] == "a:1-3;b:1-3"
