"""How long it takes to erase a thousand people out of millions of rows, on a local disk and on S3, and that nothing is left.

    python -m tests.bench --only erase
    python -m tests.bench.erase --rows 5000000 --subjects 1000 --store local,s3 --loader

`--loader`: beside it a loader in a process of its own commits as fast as it can, and afterwards every row of others is
counted: none lost, none twice.

Rows lie in files of a hundred thousand, ten days of them, as compaction leaves them: sorted by person, so that a person
lies in one file a day. Printed: time by step, files and bytes written anew, objects deleted and searched, hits.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from tests.bench.report import Figure, Report
from tests.stores import Seaweed, Store, local_store, rest_store, start_seaweed, stop
from warehouse.catalog import open_catalog
from warehouse.erase import Erasure, Job, erase
from warehouse.erase.job import report
from warehouse.query import Reader
from warehouse.row import arrow_schema
from warehouse.schema import EVENTS
from warehouse.tables import ensure

PEOPLE, DAYS = 50_000, 10


def rows(day: int, part: int, count: int) -> pa.Table:
    """A part of a day: its people are those of its part, in order."""
    at = datetime(2026, 1, 1 + day, tzinfo=UTC) + timedelta(hours=1)
    random = np.random.default_rng(day * 1000 + part)
    people = np.sort(random.integers(part * PEOPLE // 100, (part + 1) * PEOPLE // 100, count))
    users = [f"user-{n:08d}" for n in people]
    values: dict[str, Any] = {
        "event_id": [f"{day:02d}-{part:04d}-{n:08d}" for n in range(count)], "type": ["track"] * count, "event": ["Product Viewed"] * count,
        "purpose": ["analytics"] * count, "source_id": ["shop"] * count, "event_time": [at] * count, "received_at": [at] * count,
        "user_id": users, "subject_key": users, "anonymous_id": [f"anon-{n:08d}" for n in people],
        "page_url": [f"https://shop.example/p/{n % 997}" for n in range(count)],
        "properties": [f'{{"sku":"TEA-{n % 499}","price":{n % 90}.5,"list":"search results","position":{n % 20}}}' for n in range(count)],
        "spool_shard": ["c1-0"] * count, "spool_seq": [part] * count,
    }  # fmt: skip
    schema = arrow_schema(EVENTS)
    return pa.table([pa.array(values.get(f.name, [None] * count), f.type) for f in schema], schema=schema)


class Feeding:
    """A loader at full speed in another process: 500 rows of others a segment, commit after commit, until it is told
    to end by a file; then how many rows it sent."""

    def __init__(self, store: Store) -> None:
        self._end = store.data / "end"
        config = msgspec.json.encode(store.config).decode()
        self._process = subprocess.Popen([sys.executable, "-c", FEED, config, str(self._end)], stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        self._process.stdout.readline()  # its first commit is done

    def stop(self) -> tuple[int, int]:
        """Rows and commits."""
        self._end.touch()
        answer, _ = self._process.communicate(timeout=300)
        rows, commits = map(int, answer.split()[-2:])
        return rows, commits


FEED = """
import sys
from pathlib import Path
import msgspec
from tests.warehouse.spooled import event, spool
from warehouse.catalog import StoreConfig
from warehouse.loader import Loader, LoaderConfig
store = msgspec.json.decode(sys.argv[1], type=StoreConfig)
loader, sent, rounds = Loader(LoaderConfig(store.data_dir), store), 0, 0
while not Path(sys.argv[2]).exists() or not rounds:
    rows = [event(f"x{rounds}-{n}", user_id=f"other-{n:06d}", subject_key=f"other-{n:06d}") for n in range(500)]
    spool(Path(store.data_dir), [rows])
    loader.run_once()
    sent, rounds = sent + len(rows), rounds + 1
    if rounds == 1:
        print("begun", flush=True)
print(sent, rounds)
"""


def measure(store: Store, total: int, subjects: int, with_loader: bool = False) -> dict[str, Any]:
    """Fill a table, erase, and say what it took."""
    table = ensure(open_catalog(store.config), store.config.namespace, EVENTS)
    target = table.schema().as_arrow()
    parts = max(1, total // DAYS // 50_000)
    for day in range(DAYS):
        for part in range(parts):
            table.append(rows(day, part, total // DAYS // parts).cast(target))
    size = sum(task.file.file_size_in_bytes for task in table.scan().plan_files())
    known = PEOPLE * parts // 100
    gone = [int(n) for n in np.linspace(0, known - 1, subjects).astype(int)]
    ids = [f"user-{n:08d}" for n in gone] + [f"anon-{n:08d}" for n in gone]
    steps: dict[str, float] = {}
    last = ["", time.perf_counter()]

    def on_step(name: str) -> None:
        now = time.perf_counter()
        if last[0]:
            steps[str(last[0])] = round(steps.get(str(last[0]), 0.0) + now - float(last[1]), 1)
        last[:] = [name, now]

    feeding = Feeding(store) if with_loader else None
    began = time.perf_counter()
    try:
        done = report(erase(Erasure(store.data, store.config, on_step=on_step), Job("bench", 0, ids, [])))
    finally:
        seconds = time.perf_counter() - began
        sent, commits = feeding.stop() if feeding else (0, 0)
    on_step("")
    events = done["tables"]["events"]
    beside = {"rows loaded meanwhile": sent, "commits meanwhile": commits} if feeding else {}
    return beside | balance(store, total - events["rows"] + sent) | {
        "rows": total, "subjects": subjects, "table MB": round(size / 1e6), "seconds": round(seconds, 1), "load average": os.getloadavg()[0], "steps": steps,
        "rows deleted": events["rows"], "files rewritten": events["files"], "MB rewritten": round(events["bytesBefore"] / 1e6),
        "objects deleted": events["objectsRemoved"], "objects searched": events["scanned"]["objects"],
        "MB searched": round(events["scanned"]["bytes"] / 1e6), "hits": events["scanned"]["hits"],
    }  # fmt: skip


def balance(store: Store, expected: int) -> dict[str, int]:
    """Rows that are left, of others alone; lost ones and repeats."""
    with Reader(store.config, memory="4GB") as reader:
        [(rows, ids)] = list(reader.query("select count(*), count(distinct event_id) from events_raw"))
    return {"rows left": rows, "rows lost": expected - ids, "rows twice": rows - ids}


def run(report: Report, scratch: Path, quick: bool) -> None:
    """The part of `make bench`: on a local disk and on SeaweedFS."""
    total, subjects = (100_000, 100) if quick else (5_000_000, 1000)
    for name, found in on_stores(scratch, ["local", "s3"], total, subjects, False).items():
        for what, unit in (("seconds", "s"), ("MB rewritten", "MB"), ("objects deleted", "objects"), ("hits", "files")):
            target = "0" if what == "hits" else ""
            report.add(Figure("erase", f"{subjects} of {total:,} rows' people, {name}: {what}", found[what], unit, target,
                              found[what] == 0 if target else None, found))  # fmt: skip


def on_stores(scratch: Path, names: list[str], total: int, subjects: int, with_loader: bool) -> dict[str, Any]:
    """Measured on each of the stores."""
    found: dict[str, Any] = {}
    if "local" in names:
        found["local"] = measure(local_store(scratch / "data"), total, subjects, with_loader)
    if "s3" in names:
        process, ports = start_seaweed(scratch / "weed")
        try:
            server = Seaweed(*(f"http://127.0.0.1:{ports[name]}" for name in ("s3", "s3.port.iceberg")), process)
            found["s3"] = measure(rest_store(scratch / "s3", server), total, subjects, with_loader)
        finally:
            stop(process)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--subjects", type=int, default=1000)
    parser.add_argument("--store", default="local,s3")
    parser.add_argument("--loader", action="store_true", help="with a loader at full speed beside it")
    chosen = parser.parse_args()
    results = Path("bench-results")  # beside the results, not in /tmp: that may be memory
    results.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=results) as scratch:
        names = chosen.store.split(",")
        found = on_stores(Path(scratch).resolve(), names, chosen.rows, chosen.subjects, chosen.loader)
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
