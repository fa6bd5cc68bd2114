"""From a click to a query that sees it: the whole stack, by default and with commit_interval = 1."""

import contextlib
import json
import os
import random
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from tests.bench.report import Figure, Report
from warehouse.catalog import StoreConfig
from warehouse.query import QueryError, Reader


def run(report: Report, scratch: Path, quick: bool) -> None:
    cases = ((1.0, 3.0, 5 if quick else 25), (10.0, 12.0, 2 if quick else 15))
    for interval, target, samples in cases:
        data = scratch / f"fresh-{interval:g}"
        with _up(data, interval) as (base, key):
            seconds = sorted(_sample(base, key, data, i) for i in range(samples))
        p95 = seconds[min(len(seconds) - 1, int(len(seconds) * 0.95))]
        detail = {"samples": seconds}
        name = f"click to queryable p95, commit_interval = {interval:g}"
        report.add(Figure("freshness", name, p95, "s", f"≤ {target:g}", p95 <= target, detail))


def _sample(base: str, key: str, data: Path, number: int) -> float:
    """Seconds until the event is in a query's answer. Begun at a random moment of the loader's cycle."""
    time.sleep(random.uniform(0, 1.5))
    message = {"type": "track", "event": "click", "messageId": f"fresh-{number}", "anonymousId": "a",
               "context": {"consent": {"categoryPreferences": {"analytics": True}}}}  # fmt: skip
    body = json.dumps({"batch": [message], "writeKey": key}).encode()
    started = time.perf_counter()
    with urllib.request.urlopen(urllib.request.Request(f"{base}/v1/batch", body), timeout=10) as answer:
        if json.load(answer)["accepted"] != 1:
            raise RuntimeError("the event was not accepted")
    while time.perf_counter() - started < 60:
        # A snapshot may expire between finding and reading it
        with contextlib.suppress(QueryError), Reader(StoreConfig(data_dir=str(data))) as reader:
            if reader.query(f"select 1 from events where event_id = 'fresh-{number}'").objects():
                return time.perf_counter() - started
        time.sleep(0.05)
    raise TimeoutError("the event did not become queryable within a minute")


@contextlib.contextmanager
def _up(data: Path, interval: float) -> Iterator[tuple[str, str]]:
    command = [sys.executable, "-m", "warehouse.cli"]
    made = subprocess.run(
        [*command, "source", "add", "bench", "--data", str(data), "--json"], capture_output=True, check=True
    )
    process = subprocess.Popen(
        [*command, "up", "--data", str(data), "--port", "0", "--json"],
        env={**os.environ, "FIRSTHAND_COMMIT_INTERVAL": str(interval)},
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())["collector"], json.loads(made.stdout)["writeKey"]
    finally:
        process.terminate()
        process.wait(60)
