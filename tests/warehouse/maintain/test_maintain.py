"""Upkeep: exactly the same rows afterwards, fewer and smaller files, and nobody's data deleted."""

import sys
import threading
import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from pyarrow.parquet import read_table as parquet

from tests.stores import POSTGRES_SLOWLY, Store
from tests.warehouse.spooled import bad_event, event, spool
from warehouse.catalog import open_catalog
from warehouse.loader import Loader, LoaderConfig
from warehouse.maintain import MaintainConfig, Maintainer, compact, expire, purge
from warehouse.maintain.compact import is_finished, is_scattered
from warehouse.maintain.purge import locate, referred
from warehouse.query import Reader
from warehouse.schema import BAD_EVENTS, EVENTS

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)


def loaded(store: Store, days: int = 2, commits: int = 4) -> Loader:
    """A table with several small files on several days, with repeats that the loader let through."""
    loader = Loader(LoaderConfig(store.config.data_dir, dedupe_ids=0), store.config)
    for commit in range(commits):
        rows = []
        for day in range(days):
            at = f"2026-01-0{2 + day}T03:04:05.{commit:03d}Z"
            rows += [event(f"d{day}-{n}", received_at=at, event_time=at, subject_key=f"s{n % 3}", seq=commit)
                     for n in range(commit * 2, commit * 2 + 4)]  # fmt: skip
        spool(store.data, [rows], bad=[bad_event(received_at="2026-01-02T00:00:00Z")])
        loader.run_once()
    return loader


def table_of(store: Store, schema: Any = EVENTS) -> Any:
    return open_catalog(store.config).load_table((store.config.namespace, schema.name))


def rows_of(store: Store, sql: str) -> list[dict[str, Any]]:
    with Reader(store.config) as reader:
        return reader.query(sql).objects()


def view(store: Store) -> list[dict[str, Any]]:
    return rows_of(store, "select * from events order by event_id")


@POSTGRES_SLOWLY
def test_all_three_keep_the_rows_and_shrink_the_files(store: Store) -> None:
    loaded(store)
    before, raw = view(store), len(rows_of(store, "select 1 from events_raw"))
    table = table_of(store)
    files = len(list(table.scan().plan_files()))
    config = MaintainConfig(store.config.data_dir, snapshot_keep_seconds=0, orphan_grace_seconds=0, expire_every=1)
    said: list[str] = []
    first = Maintainer(config, store.config).run_once(say=said.append)
    assert said[0] == "events: compacting finished days"
    assert first.compacted["events"].days == 2
    assert first.compacted["events"].repeats == raw - len(before) > 0
    assert first.expired["events"] > 0
    assert first.purged["events"].files >= files
    assert view(store) == before
    assert len(rows_of(store, "select 1 from events_raw")) == len(before)
    table = table_of(store)
    assert len(list(table.scan().plan_files())) == 2 < files
    assert len(rows_of(store, "select * from bad_events")) == 4
    again = Maintainer(config, store.config).run_once()
    assert (again.compacted["events"].days, again.purged["events"].files) == (0, 0)
    assert Loader(LoaderConfig(store.config.data_dir), store.config).run_once().error == ""


def test_a_large_day_is_dealt_out_and_each_person_lies_in_one_file(
    local: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = sys.modules["warehouse.maintain.compact"]
    monkeypatch.setattr(module, "ROWS_AT_ONCE", 16)
    monkeypatch.setattr(module, "TARGET_BYTES", 60_000)
    loaded(local, days=1, commits=12)
    before, raw = view(local), len(rows_of(local, "select 1 from events_raw"))
    done = compact(table_of(local), EVENTS, local.data / "tmp", NOW)
    assert (done.days, done.rows, done.repeats) == (1, len(before), raw - len(before))
    assert view(local) == before
    files = [task.file.file_path for task in table_of(local).scan().plan_files()]
    assert 1 < len(files) == done.files_after < 12
    io = table_of(local).io
    people = [set(parquet(io.new_input(f).open()).column("subject_key").to_pylist()) for f in files]
    assert sum(map(len, people)) == len(set.union(*people)) == 3
    # Rewritten again only while that leaves fewer files, so it comes to rest
    rounds = [compact(table_of(local), EVENTS, local.data / "tmp", NOW) for _ in range(3)]
    assert rounds[-1].days == 0
    assert all(r.files_after < r.files_before for r in rounds if r.days)
    assert view(local) == before
    assert not list((local.data / "tmp").glob("compact-*"))


@POSTGRES_SLOWLY
def test_nothing_is_loaded_again_after_upkeep(store: Store) -> None:
    """The committed positions survive compaction, expiry and purge."""
    loader = loaded(store, commits=2)
    spool(store.data, [[event("late")]])
    from collector.spool import reader

    [segment] = reader.sealed(store.data / "spool")
    content = segment.path.read_bytes()
    loader.run_once()
    config = MaintainConfig(store.config.data_dir, snapshot_keep_seconds=0, orphan_grace_seconds=0, expire_every=1)
    Maintainer(config, store.config).run_once()
    segment.path.write_bytes(content)
    report = Loader(LoaderConfig(store.config.data_dir, dedupe_ids=0), store.config).run_once()
    assert (report.committed_events, report.already) == (0, 1)


def test_a_compacted_day_is_sorted_by_subject(local: Store) -> None:
    loaded(local, days=1)
    compact(table_of(local), EVENTS, local.data / "tmp", NOW)
    [task] = table_of(local).scan().plan_files()
    import pyarrow.parquet

    found = pyarrow.parquet.read_table(locate(task.file.file_path)[1])
    subjects = found.column("subject_key").to_pylist()
    assert subjects == sorted(subjects)
    assert found.schema.field("event_id").metadata[b"PARQUET:field_id"] == b"1"


def test_today_is_left_alone(local: Store) -> None:
    loaded(local, days=1)
    done = compact(table_of(local), EVENTS, local.data / "tmp", datetime(2026, 1, 3, 0, 5, tzinfo=UTC))
    assert done.days == 0


def test_appends_to_other_days_do_not_disturb_a_compaction(local: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    loader = loaded(local, days=1)
    before = view(local)
    table = table_of(local)
    _during_swap(monkeypatch, lambda: _load_one(local, loader, "2026-01-05T00:00:00Z"))
    done = compact(table, EVENTS, local.data / "tmp", NOW)
    assert (done.days, done.changed) == (1, 0)
    assert [row for row in view(local) if row["event_id"] != "new"] == before


def test_a_day_that_changes_meanwhile_is_given_up(local: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    loader = loaded(local, days=1)
    before = view(local)
    _during_swap(monkeypatch, lambda: _load_one(local, loader, "2026-01-02T00:00:00Z"))
    done = compact(table_of(local), EVENTS, local.data / "tmp", NOW)
    assert (done.days, done.changed) == (0, 1)
    assert [row for row in view(local) if row["event_id"] != "new"] == before
    assert len(view(local)) == len(before) + 1


def _load_one(store: Store, loader: Loader, at: str) -> None:
    spool(store.data, [[event("new", received_at=at, event_time=at)]])
    loader.run_once()


def _during_swap(monkeypatch: pytest.MonkeyPatch, action: Any) -> None:
    """Run `action` once after the new files are written and before they are swapped in."""
    module = sys.modules["warehouse.maintain.compact"]  # the package's attribute of that name is the function
    swap = module._swap

    def acted(*args: Any) -> Any:
        action()
        return swap(*args)

    monkeypatch.setattr(module, "_swap", acted)


@POSTGRES_SLOWLY
def test_compaction_beside_a_working_loader(store: Store) -> None:
    """No row is lost or doubled while both commit as fast as they can."""
    loader = loaded(store, days=2, commits=3)
    before = {row["event_id"] for row in view(store)}
    errors: list[BaseException] = []

    def load() -> None:
        try:
            for n in range(8):
                spool(store.data, [[event(f"today-{n}", received_at="2026-01-05T00:00:00Z")]])
                loader.run_once()
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=load)
    thread.start()
    done = compact(table_of(store), EVENTS, store.data / "tmp", NOW)
    thread.join(120)
    assert errors == []
    assert done.days + done.changed == 2
    assert {row["event_id"] for row in view(store)} == before | {f"today-{n}" for n in range(8)}


def test_purge_waits_for_the_grace_of_files_and_of_readers(local: Store) -> None:
    loaded(local, days=1)
    seen = local.data / "seen.json"
    compact(table_of(local), EVENTS, local.data / "tmp", NOW)
    expire(table_of(local), 0, 1)
    assert purge(table_of(local), local.config, 3600, seen).files == 0
    # The replaced files are days old, yet a reader may have begun a second ago
    import json
    import os

    old = time.time() - 7200
    for file in (local.data / "warehouse").rglob("*"):
        if file.is_file():
            os.utime(file, (old, old))
    assert purge(table_of(local), local.config, 3600, seen).files == 0
    first = json.loads(seen.read_text())
    assert first
    seen.write_text(json.dumps(dict.fromkeys(first, old)))
    assert purge(table_of(local), local.config, 3600, seen).files == len(first)
    assert len(view(local)) == 10


def test_purge_touches_nothing_that_it_does_not_know(local: Store) -> None:
    loaded(local, days=1, commits=1)
    root = Path(locate(table_of(local).location())[1])
    mine, orphan, neighbour = (
        root / "data" / "notes.txt",
        root / "data" / "x.parquet",
        root.parent / "y.parquet",
    )
    for file in (mine, orphan, neighbour):
        file.write_bytes(b"x")
    assert purge(table_of(local), local.config, 0, local.data / "seen.json").files == 1
    assert (mine.exists(), orphan.exists(), neighbour.exists()) == (True, False, True)


def test_everything_a_kept_snapshot_needs_is_referred_to(local: Store) -> None:
    loaded(local, days=2)
    table = table_of(local)
    compact(table, EVENTS, local.data / "tmp", NOW)
    table = table_of(local)
    files = {locate(t.file.file_path)[1] for s in table.metadata.snapshots
             for t in table.scan(snapshot_id=s.snapshot_id).plan_files()}  # fmt: skip
    assert files <= referred(table)
    purge(table, local.config, 0, local.data / "seen.json")
    for snapshot in table.metadata.snapshots:  # time travel still works
        table.scan(snapshot_id=snapshot.snapshot_id).to_arrow()


def test_expiry_keeps_what_a_tag_names(local: Store) -> None:
    loaded(local, days=1)
    table = table_of(local)
    oldest = min(table.metadata.snapshots, key=lambda s: s.sequence_number)
    table.manage_snapshots().create_tag(oldest.snapshot_id, "audit").commit()
    assert expire(table_of(local), 0, 1) == 2
    assert table_of(local).snapshot_by_name("audit").snapshot_id == oldest.snapshot_id


def test_young_snapshots_stay(local: Store) -> None:
    loaded(local, days=1)
    assert expire(table_of(local), 3600, 100) == 0


def test_bad_events_are_compacted_too(local: Store) -> None:
    loaded(local)
    done = compact(table_of(local, BAD_EVENTS), BAD_EVENTS, local.data / "tmp", NOW)
    assert (done.days, done.rows, done.repeats, done.files_after) == (1, 4, 0, 1)


@pytest.mark.parametrize(
    ("now", "finished"),
    [("2026-01-02T23:59", False), ("2026-01-03T00:10", False), ("2026-01-03T00:15", True)],
)
def test_when_a_day_is_finished(now: str, finished: bool) -> None:
    assert is_finished(date(2026, 1, 2), datetime.fromisoformat(now + ":00+00:00")) is finished


@pytest.mark.parametrize(
    ("megabytes", "scattered"),
    [([], False), ([1], False), ([1, 1], True), ([128, 100, 1], False), ([128, 1, 1], True)],
)
def test_which_days_need_it(megabytes: list[int], scattered: bool) -> None:
    assert is_scattered([size * 1024 * 1024 for size in megabytes]) is scattered


def test_addresses() -> None:
    assert locate("s3://lake/ns/t/data/x.parquet") == ("s3", "lake/ns/t/data/x.parquet")
    assert locate("s3a://lake/x") == ("s3", "lake/x")
    assert locate("file:///a/b") == locate("/a/b") == ("file", "/a/b")
    with pytest.raises(ValueError, match="gs://"):
        locate("gs://bucket/x")


def test_running_it_goes_on_after_an_error(local: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    config = MaintainConfig(local.config.data_dir, maintain_interval=0.01)
    keeper, stop, calls = Maintainer(config, local.config), threading.Event(), []

    def once(*_: Any) -> Any:
        calls.append(1)
        if len(calls) == 3:
            stop.set()
        raise ConnectionError("away")

    monkeypatch.setattr(keeper, "run_once", once)
    keeper.run(stop)
    assert len(calls) == 3
