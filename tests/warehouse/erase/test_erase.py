"""Erased means: no row, no file, no version, no manifest holds them any more, and nobody else lost or gained a row."""

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.stores import POSTGRES_SLOWLY, Store
from tests.warehouse.spooled import event, spool
from warehouse import suppress as suppressed
from warehouse.bucket import client
from warehouse.catalog import open_catalog
from warehouse.erase import Erasure, ErasureError, Job, Target, erase, find
from warehouse.erase import job as jobs
from warehouse.erase.scan import avro_blocks, holds
from warehouse.erase.target import target_of
from warehouse.loader import Loader, LoaderConfig
from warehouse.query import Reader

ADA, DEVICE = "u-ada-4711", "a-9f8a7c6b5d4e"
HASH = "p1.k1." + "Q" * 43


def rows_of(store: Store, sql: str = "select * from events order by event_id") -> list[dict[str, Any]]:
    with Reader(store.config) as reader:
        return reader.query(sql).objects()


def loader_of(store: Store) -> Loader:
    return Loader(LoaderConfig(store.config.data_dir), store.config)


def loaded(store: Store, commits: int = 2, others: int = 8) -> Loader:
    """Ada's rows among those of others, on two days, in several commits; one of the others mentions her."""
    loader = loader_of(store)
    for commit in range(commits):
        rows = []
        for day in (2, 3):
            at = f"2026-01-0{day}T03:04:0{commit}Z"
            for n in range(others):
                who = f"u-{n % 7:04d}"
                rows.append(
                    event(f"o{commit}-{day}-{n}", received_at=at, user_id=who, subject_key=who, properties={"n": n})
                )
            rows.append(
                event(
                    f"a{commit}-{day}",
                    received_at=at,
                    user_id=ADA,
                    anonymous_id=DEVICE,
                    subject_key=ADA,
                    traits={"email": HASH},
                )
            )
            rows.append(event(f"d{commit}-{day}", received_at=at, anonymous_id=DEVICE, subject_key=DEVICE))
        rows.append(
            event(
                f"m{commit}",
                user_id="u-0001",
                subject_key="u-0001",
                properties={"invited": HASH, "by": f"{ADA},{ADA}", "not": f"{ADA}x"},
            )
        )
        spool(store.data, [rows])
        loader.run_once()
    return loader


def job(id: str = "e1") -> Job:
    return Job(id, 1, [ADA, DEVICE], [HASH])


def how(store: Store, **more: Any) -> Erasure:
    return Erasure(store.data, store.config, **more)


def files_with(store: Store, target: Target) -> list[str]:
    """An own look over the files of all tables, not the one that is tested."""
    found = []
    for path, content in files_of(store):
        if path.endswith(".parquet"):
            table = pq.read_table(pa.BufferReader(content))
            content += "\n".join(str(v) for c in table.columns for v in c.to_pylist()).encode()
        elif path.endswith(".avro"):
            content += b"".join(avro_blocks(content))
        if any(form.encode() in content.replace(f"{ADA}x".encode(), b"") for form in target.ids | target.forms):
            found.append(path)
    return found


def files_of(store: Store) -> Iterator[tuple[str, bytes]]:
    """Every file below the tables' locations, and what it holds; at least one."""
    catalog = open_catalog(store.config)
    roots = [catalog.load_table(name).location() for name in catalog.list_tables(store.config.namespace)]
    seen = 0
    for root in roots:
        scheme, _, place = root.partition("://")
        if scheme == "s3":
            bucket, _, prefix = place.partition("/")
            s3 = client(store.config)
            for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{prefix}/"):
                for one in page.get("Contents", []):
                    seen += 1
                    yield one["Key"], s3.get_object(Bucket=bucket, Key=one["Key"])["Body"].read()
            continue
        for path in Path(place).rglob("*"):
            if path.is_file():
                seen += 1
                yield str(path), path.read_bytes()
    assert seen


@POSTGRES_SLOWLY
def test_nothing_of_her_is_left_and_everything_of_the_others(store: Store) -> None:
    loaded(store)
    before = [row for row in rows_of(store) if row["event_id"][0] == "o"]
    assert find(how(store), target_of([ADA, DEVICE], [HASH]))["events"][0] >= 2
    done = erase(how(store), job())
    rows = rows_of(store)
    assert [row for row in rows if row["event_id"][0] == "o"] == before
    assert [row for row in rows if row["event_id"][0] in "ad"] == []
    [mention, *_] = [row for row in rows if row["event_id"][0] == "m"]
    assert json.loads(mention["properties"]) == {"invited": ":erased", "by": ":erased,:erased", "not": f"{ADA}x"}
    report = jobs.report(done)["tables"]["events"]
    assert report["rows"] == 8
    assert report["mentions"] == 2
    assert report["scanned"]["hits"] == 0
    assert report["objectsRemoved"] >= len(report["removed"]) > 4
    assert files_with(store, target_of([ADA, DEVICE], [HASH])) == []
    text = jobs.path_of(store.data, "e1").read_text()
    assert ADA not in text and HASH not in text and DEVICE not in text


def test_without_the_purge_her_bytes_are_still_there(local: Store) -> None:
    """That the own look finds something is what makes the test above worth anything."""
    loaded(local, commits=1)
    table = open_catalog(local.config).load_table(("firsthand", "events"))
    table.delete(f"user_id = '{ADA}'")
    assert all(row["event_id"][0] != "a" for row in rows_of(local))
    assert files_with(local, target_of([ADA, DEVICE], [HASH]))


@pytest.mark.parametrize("pause", [0.3, pytest.param(0.0, marks=pytest.mark.slow)])
def test_beside_a_running_loader_no_row_of_others_is_lost_or_doubled(local: Store, pause: float) -> None:
    """With a commit each `pause` seconds; without one as fast as it can, which overtakes most swaps."""
    loaded(local, commits=2)
    suppressed.suppress(local.data, [ADA, DEVICE])
    stop = threading.Event()
    sent: list[str] = []

    def feed() -> None:
        loader = loader_of(local)
        n = 0
        while not stop.is_set() or n < 3:
            rows = [event(f"x{n}-{k}", user_id=f"u-{k:04d}", subject_key=f"u-{k:04d}") for k in range(5)]
            rows.append(event(f"late{n}", user_id=ADA, subject_key=ADA))
            spool(local.data, [rows])
            loader.run_once()
            sent.extend(row["event_id"] for row in rows[:5])
            n += 1
            stop.wait(pause)

    feeding = threading.Thread(target=feed)
    feeding.start()
    try:
        while not sent:
            time.sleep(0.01)
        erase(how(local), job())
    finally:
        stop.set()
        feeding.join()
    ids = [row["event_id"] for row in rows_of(local, "select event_id from events_raw")]
    assert sorted(i for i in ids if i[0] == "x") == sorted(sent)
    assert len(ids) == len(set(ids)) == len(sent) + 2 * (16 + 1)
    assert files_with(local, target_of([ADA, DEVICE], [HASH])) == []


def test_late_and_replayed_events_do_not_bring_her_back(local: Store) -> None:
    loader = loaded(local, commits=1)
    suppressed.suppress(local.data, [ADA, DEVICE])
    spool(
        local.data,
        [[event("late", user_id=ADA, subject_key=ADA), event("fine", user_id="u-0002", subject_key="u-0002")]],
    )
    done = erase(how(local, load=lambda: loader.run_once() and None), job())
    assert done.finished
    spool(local.data, [[event("replayed", anonymous_id=DEVICE, subject_key=DEVICE), event("more")]], collector_id="c2")
    assert loader_of(local).run_once().suppressed == 1  # after a restart too
    ids = {row["event_id"] for row in rows_of(local)}
    assert {"fine", "more"} <= ids
    assert not {"late", "replayed"} & ids
    # Somebody else on her device: theirs, without the device, which nobody may find any more
    shared = event("shared", user_id="u-0003", anonymous_id=DEVICE, subject_key="u-0003", consent_subject=DEVICE)
    spool(
        local.data, [[shared, event("hers", user_id=ADA, anonymous_id="a-other", subject_key=ADA)]], collector_id="c4"
    )
    assert loader_of(local).run_once().suppressed == 1
    [row] = rows_of(local, "select * from events where event_id in ('shared', 'hers')")
    assert (row["event_id"], row["user_id"], row["anonymous_id"], row["consent_subject"]) == (
        "shared", "u-0003", ":erased", ":erased",
    )  # fmt: skip
    assert files_with(local, target_of([ADA, DEVICE])) == []
    suppressed.lift(local.data, [DEVICE])
    spool(local.data, [[event("again", anonymous_id=DEVICE, subject_key=DEVICE)]], collector_id="c3")
    loader_of(local).run_once()
    assert "again" in {row["event_id"] for row in rows_of(local)}


def test_a_tag_that_keeps_the_bytes_is_said_and_nothing_is_certified(local: Store) -> None:
    loaded(local, commits=2)
    table = open_catalog(local.config).load_table(("firsthand", "events"))
    table.manage_snapshots().create_tag(table.metadata.snapshots[0].snapshot_id, "before").commit()
    with pytest.raises(ErasureError, match="before keeps an old snapshot"):
        erase(how(local), job())
    assert not jobs.load(local.data, "e1").finished
    table.refresh()
    table.manage_snapshots().remove_tag("before").commit()
    assert erase(how(local), jobs.load(local.data, "e1")).finished


def test_a_spool_that_nobody_loads_is_said(local: Store) -> None:
    loaded(local, commits=1)
    spool(local.data, [[event("x")]])
    with pytest.raises(ErasureError, match="segments are still in the spool"):
        erase(how(local, drain_timeout=0.3), job())


def test_a_file_beside_the_tables_that_names_her_is_found(local: Store) -> None:
    loaded(local, commits=1)
    (local.data / "quarantine").mkdir(exist_ok=True)
    (local.data / "quarantine" / "x.sealed").write_text(f"…{HASH}…")
    with pytest.raises(ErasureError, match=r"x\.sealed"):
        erase(how(local), job())
    (local.data / "quarantine" / "x.sealed").unlink()
    assert erase(how(local), jobs.load(local.data, "e1")).finished


def test_a_device_that_two_people_shared_keeps_the_others_rows(local: Store) -> None:
    shared = "a9"  # short: it counts in its column only
    rows = [
        event("1", user_id=ADA, anonymous_id=shared, subject_key=ADA),
        event("2", user_id="u-bob", anonymous_id=shared, subject_key="u-bob"),
        event("3", anonymous_id=shared, subject_key=shared),
    ]
    spool(local.data, [rows])
    loader_of(local).run_once()
    assert erase(how(local), Job("e4", 1, [ADA, shared], [])).finished
    [left] = rows_of(local)
    assert (left["event_id"], left["user_id"], left["anonymous_id"]) == ("2", "u-bob", ":erased")


def test_short_ids_count_in_their_columns_only(local: Store) -> None:
    spool(
        local.data,
        [
            [
                event("1", user_id="u1", subject_key="u1"),
                event("2", user_id="u12", subject_key="u12", properties={"x": "u1"}),
            ]
        ],
    )
    loader_of(local).run_once()
    assert erase(how(local), Job("e2", 1, ["u1"], [])).finished
    assert [row["event_id"] for row in rows_of(local)] == ["2"]


def test_a_table_without_the_person_is_left_alone(local: Store) -> None:
    loaded(local, commits=1)
    files = sorted(p.name for p in (local.data / "warehouse").rglob("*.parquet"))
    erase(how(local), Job("e3", 1, ["nobody-known"], []))
    assert sorted(p.name for p in (local.data / "warehouse").rglob("*.parquet")) == files


def test_the_scan_reads_what_is_packed(tmp_path: Path) -> None:
    import pyarrow as pa

    path = tmp_path / "x.parquet"
    pq.write_table(pa.table({"t": ["x", HASH, "y" * 1000]}), path, compression="zstd")
    assert holds("x.parquet", path.read_bytes(), target_of([], [HASH]))
    assert not holds("x.parquet", path.read_bytes(), target_of([], ["somebody-else"]))
    assert holds("x.parquet", path.read_bytes()[:100], target_of([], ["somebody-else"])), "half a file is no proof"
    assert not holds("x.parquet", b"", target_of([], ["somebody-else"]))
