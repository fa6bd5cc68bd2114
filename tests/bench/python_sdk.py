"""`make bench-python`: the Python SDK beside its peers from PyPI. One run, one machine, one kind of sink, one event.

Each client has a process and a sink of its own. The first figures are what the host feels (time of a call while the
client's own thread delivers), then what it pays. `ceiling` is what encoding the event with `json.dumps` alone takes
on this machine.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.python_clients import CLIENTS, PROPERTIES
from tests.bench.report import Figure, Report

ROOT = Path(__file__).parents[2]
UNITS = {
    "p50_us": "µs a call, p50", "p99_us": "µs a call, p99", "max_ms": "ms, the longest call",
    "delivered_per_s": "events/s delivered", "cpu_us": "µs processor an event", "rss_mb": "MB more memory",
}  # fmt: skip
TARGETS = {
    ("firsthand", "p50_us"): ("≤ 4", lambda v: v <= 4),
    ("firsthand", "p99_us"): ("≤ 20", lambda v: v <= 20),
    ("firsthand, spool", "p50_us"): ("≤ 15", lambda v: v <= 15),
    ("firsthand", "delivered_per_s"): ("≥ 60,000", lambda v: v >= 60_000),
}


@contextmanager
def sink() -> Iterator[int]:
    """A sink; its port."""
    process = subprocess.Popen([sys.executable, "-m", "tests.bench.sink"], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, cwd=ROOT)  # fmt: skip
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.wait()


def ceiling() -> float:
    """µs to encode the properties, the best of some."""
    best = 1e9
    for _ in range(20):
        began = time.perf_counter_ns()
        for _ in range(1_000):
            json.dumps(PROPERTIES)
        best = min(best, (time.perf_counter_ns() - began) / 1e6)
    return best


def one(name: str, events: int, scratch: Path) -> dict[str, float] | str:
    """Figures of one run, or why there are none."""
    with sink() as port:
        command = [sys.executable, "-m", "tests.bench.python_clients", name, str(port), str(events)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=150, cwd=scratch,
                                  env={"PYTHONPATH": str(ROOT), "PATH": ""})  # fmt: skip
        except subprocess.TimeoutExpired:
            return "not delivered in 150 s"
    if done.returncode != 0:
        return (done.stderr.strip().splitlines() or ["ended without a word"])[-1]
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3, help="the best of so many is reported")
    parser.add_argument("--only", default=",".join(CLIENTS).replace(", ", "; "))
    parser.add_argument("--out", type=Path, default=Path("bench-results"))
    given = parser.parse_args()
    report = Report(given.out)
    with tempfile.TemporaryDirectory(prefix="scratch-", dir=given.out) as scratch:
        measure(given, report, Path(scratch).resolve())
    report.show()


def measure(given: argparse.Namespace, report: Report, scratch: Path) -> None:
    """All figures of one run into the report."""
    report.add(Figure("ceiling", "json.dumps of the properties", ceiling(), "µs"))
    for name in [n.replace("; ", ", ") for n in given.only.split(",")]:
        events = given.events if name != "sensors" else given.events // 4
        runs = [one(name, events, scratch) for _ in range(given.rounds)]
        good = [run for run in runs if not isinstance(run, str)]
        print(name, runs, file=sys.stderr)
        for key, unit in UNITS.items() if good else ():
            pick = max if key == "delivered_per_s" else min
            value = pick(run[key] for run in good)
            words, meets = TARGETS.get((name, key), ("", None))
            report.add(Figure(name, unit.partition(",")[0], value, unit, words, meets(value) if meets else None))


if __name__ == "__main__":
    main()
