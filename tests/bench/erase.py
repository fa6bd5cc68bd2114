"""How long it takes to erase a thousand people out of millions of rows, on a local disk and on S3, and that nothing is left.

    python -m tests.bench.erase --rows 5000000 --subjects 1000 --store local,s3

Rows lie in files of a hundred thousand, ten days of them, as compaction leaves them: sorted by person, so that a person
lies in one file a day. Printed: time by step, files and bytes written anew, objects deleted and searched, hits.
"""

import argparse
import json
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from tests.stores import Seaweed, Store, local_store, rest_store, start_seaweed, stop
from warehouse.catalog import open_catalog
from warehouse.erase import Erasure, Job, erase
from warehouse.erase.job import report
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


def measure(store: Store, total: int, subjects: int) -> dict[str, Any]:
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

    began = time.perf_counter()
    done = report(erase(Erasure(store.data, store.config, on_step=on_step), Job("bench", 0, ids, [])))
    on_step("")
    events = done["tables"]["events"]
    return {
        "rows": total, "subjects": subjects, "table MB": round(size / 1e6), "seconds": round(time.perf_counter() - began, 1), "steps": steps,
        "rows deleted": events["rows"], "files rewritten": events["files"], "MB rewritten": round(events["bytesBefore"] / 1e6),
        "objects deleted": events["objectsRemoved"], "objects searched": events["scanned"]["objects"],
        "MB searched": round(events["scanned"]["bytes"] / 1e6), "hits": events["scanned"]["hits"],
        "rows left": open_catalog(store.config).load_table((store.config.namespace, "events")).scan().count(),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--subjects", type=int, default=1000)
    parser.add_argument("--store", default="local,s3")
    chosen = parser.parse_args()
    found: dict[str, Any] = {}
    results = Path("bench-results")  # beside the results, not in /tmp: that may be memory
    results.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=results) as scratch:
        if "local" in chosen.store:
            found["local"] = measure(local_store(Path(scratch).resolve() / "data"), chosen.rows, chosen.subjects)
        if "s3" in chosen.store:
            process, ports = start_seaweed(Path(scratch).resolve() / "weed")
            try:
                server = Seaweed(*(f"http://127.0.0.1:{ports[name]}" for name in ("s3", "s3.port.iceberg")), process)
                found["s3"] = measure(rest_store(Path(scratch).resolve() / "s3", server), chosen.rows, chosen.subjects)
            finally:
                stop(process)
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
