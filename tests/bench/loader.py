"""The loader: rows a second to a local directory and to S3 with a REST catalog, flat commits, cost as tables grow."""

# ruff: noqa: E501 - request bodies and figures are clearest on one line

import statistics
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil

from tests.bench import rows
from tests.bench.report import Figure, Report
from tests.stores import Seaweed, rest_store
from warehouse.catalog import StoreConfig, open_catalog
from warehouse.loader import Loader, LoaderConfig
from warehouse.maintain import MaintainConfig, Maintainer
from warehouse.maintain.compact import compact
from warehouse.query import Reader
from warehouse.schema import EVENTS


def throughput(report: Report, scratch: Path, quick: bool, seaweed: Seaweed) -> None:
    count = 200_000 if quick else 1_000_000
    for name, target in (("local", 200_000), ("S3 + REST", 150_000)):
        data = scratch / f"loader-{name.split()[0]}"
        store = StoreConfig(data_dir=str(data)) if name == "local" else rest_store(data, seaweed).config
        rows.fill(data / "spool", 1000)
        loader = Loader(LoaderConfig(str(data)), store)
        loader.run_once()  # tables made, libraries warm
        size = rows.fill(data / "spool", count)
        with PeakMemory() as peak:
            started = time.perf_counter()
            done = loader.run_once()
            seconds = time.perf_counter() - started
        loader.close()
        if done.committed_events != count:
            raise RuntimeError(f"{done.committed_events} of {count} rows were committed")
        rate = count / seconds
        detail = {"rows": count, "bytes": size, "seconds": seconds, "peak_mib": peak.mib}
        report.add(Figure("loader", f"rows to {name}", rate, "rows/s", f"≥ {target:,}", rate >= target, detail))
        report.add(Figure("loader", f"peak memory, {name}", peak.mib, "MiB"))


def flat(report: Report, scratch: Path, quick: bool) -> None:
    """A thousand small commits into one table: the last ones must not cost more than the first."""
    commits = 150 if quick else 1000
    data = scratch / "flat"
    loader = Loader(LoaderConfig(str(data), snapshot_keep_seconds=1.0), StoreConfig(data_dir=str(data)))
    times = []
    for i in range(commits):
        rows.fill(data / "spool", 100, first=i * 100)
        started = time.perf_counter()
        loader.run_once()
        times.append(time.perf_counter() - started)
    loader.close()
    early, late = statistics.median(times[20:120]) * 1000, statistics.median(times[-100:]) * 1000
    detail = {"commits": commits, "every_50th_ms": [round(t * 1000, 1) for t in times[::50]]}
    report.add(Figure("loader", "commit time, commits 20 to 120", early, "ms", detail=detail))
    report.add(
        Figure("loader", f"commit time, last 100 of {commits}", late, "ms", "≤ 1.5 × the first", late <= 1.5 * early)
    )


def growth(report: Report, scratch: Path, quick: bool) -> None:
    """Load, query and maintenance as the table grows, on one plot."""
    step, steps = (100_000, 3) if quick else (1_000_000, 10)
    data = scratch / "growth"
    store = StoreConfig(data_dir=str(data))
    loader = Loader(LoaderConfig(str(data)), store)
    points: list[dict[str, Any]] = []
    for i in range(steps):
        rows.fill(data / "spool", step, first=i * step)
        loading = _timed(loader.run_once)
        querying = _timed(lambda: _query(store, "select event, count(*) from events_raw group by all"))
        exact = _timed(lambda: _query(store, "select count(*) from events"))
        # The whole day is rewritten each time, so a few sizes are enough to see the slope
        upkeep = _timed(lambda: _upkeep(data, store)) if i + 1 in (1, 2, steps // 2, steps) else None
        points.append(
            {"rows": (i + 1) * step, "load": loading, "query_raw": querying, "query_exact": exact, "upkeep": upkeep}
        )
        report.add(Figure("growth", f"load the {i + 1}. part", loading, "s", detail=points[-1]))
    loader.close()
    plot(points, step, report.directory / "growth.png")
    last = points[-1]
    report.add(Figure("growth", f"group by over {last['rows']:,} rows (events_raw)", last["query_raw"], "s"))
    report.add(Figure("growth", f"exact count over {last['rows']:,} rows (events)", last["query_exact"], "s"))
    report.add(Figure("growth", f"upkeep at {last['rows']:,} rows", last["upkeep"], "s"))


def plot(points: list[dict[str, Any]], step: int, path: Path) -> None:
    """One picture: seconds over rows."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(8, 4.5))
    for name, label in (("load", f"load {step:,} more rows"), ("query_raw", "group by, events_raw"),
                        ("query_exact", "count, events (deduplicated)"), ("upkeep", "maintenance, compaction of the day included")):  # fmt: skip
        known = [p for p in points if p[name] is not None]
        axes.plot([p["rows"] / 1e6 for p in known], [p[name] for p in known], marker="o", label=label)
    axes.set(
        xlabel="million rows in the table",
        ylabel="seconds",
        title="Cost as the table grows (SQLite catalog, local files)",
    )
    axes.set_ylim(bottom=0)
    axes.legend()
    axes.grid(alpha=0.3)
    figure.tight_layout()
    figure.savefig(path, dpi=110)


def _upkeep(data: Path, store: StoreConfig) -> None:
    """A round as it will be when today is over: the day's files are rewritten sorted and without repeats."""
    table = open_catalog(store).load_table((store.namespace, EVENTS.name))
    compact(table, EVENTS, data / "tmp", datetime.now(UTC) + timedelta(days=2))
    Maintainer(MaintainConfig(str(data)), store).run_once()


def _query(store: StoreConfig, sql: str) -> None:
    with Reader(store) as reader:
        reader.query(sql).objects()


def _timed(job: Any) -> float:
    started = time.perf_counter()
    job()
    return time.perf_counter() - started


class PeakMemory:
    """The highest resident size of this process while the block runs, sampled every 20 ms."""

    def __enter__(self) -> "PeakMemory":
        self.mib = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        process = psutil.Process()
        while not self._stop.wait(0.02):
            self.mib = max(self.mib, process.memory_info().rss / 2**20)
