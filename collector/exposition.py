"""The balance sheet in Prometheus' text form. Labels are sources and reasons, never anything a client wrote."""

import time
from collections.abc import Iterator
from pathlib import Path

from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)

from collector.metrics import Balance, Histogram, collect
from collector.spool.disk import free_bytes
from collector.spool.reader import backlog
from collector.spool.report import LoadReport


class SheetCollector:
    """A Prometheus collector over what all workers published."""

    def __init__(self, data: Path, spool: Path, loader: LoadReport | None) -> None:
        self._data, self._spool, self._loader = data, spool, loader

    def collect(self) -> Iterator[Metric]:
        workers = collect(self._data / "run")
        sheets = [sheet for _, sheet in workers]
        yield from _counters(sheets)
        yield _histogram("firsthand_fsync_seconds", "Duration of a group's write and fdatasync",
                         [s.sync for s in sheets])  # fmt: skip
        yield _histogram("firsthand_ack_seconds", "From request to answer", [s.ack for s in sheets])
        waiting = backlog(self._spool, time.time())
        yield GaugeMetricFamily("firsthand_spool_segments", "Sealed segments that wait", waiting.segments)
        yield GaugeMetricFamily("firsthand_spool_bytes", "Bytes in sealed segments that wait", waiting.bytes)
        yield GaugeMetricFamily(
            "firsthand_spool_oldest_seconds", "Age of the oldest sealed segment", waiting.oldest_seconds
        )
        yield GaugeMetricFamily("firsthand_disk_free_bytes", "Free bytes on the spool's disk", free_bytes(self._data))
        refusing = GaugeMetricFamily("firsthand_spool_refusing", "1 while a worker answers 503", labels=["shard"])
        for shard, sheet in workers:
            refusing.add_metric([shard], 1 if sheet.refusal else 0)
        yield refusing
        yield from self._loaded()

    def _loaded(self) -> Iterator[Metric]:
        loader = self._loader
        if loader is None:
            return
        yield CounterMetricFamily("firsthand_committed_events", "Rows in the table events", loader.committed_events)
        yield CounterMetricFamily("firsthand_committed_bad_events", "Rows in bad_events", loader.committed_bad)
        yield CounterMetricFamily("firsthand_duplicates", "Repeated messages left out", loader.duplicates)
        yield CounterMetricFamily("firsthand_damaged_frames", "Unreadable places in segments", loader.damaged_frames)
        yield CounterMetricFamily("firsthand_poison_rows", "Spooled lines that were no rows", loader.poison_rows)
        yield GaugeMetricFamily("firsthand_loader_seen", "When the loader last reported (epoch)", loader.seen)
        yield GaugeMetricFamily(
            "firsthand_loader_lag_seconds", "Age of the oldest event not committed", loader.lag_seconds
        )


def _counters(sheets: list[Balance]) -> Iterator[Metric]:
    yield CounterMetricFamily("firsthand_received_events", "Events that came", sum(s.received for s in sheets))
    yield CounterMetricFamily("firsthand_spooled_events", "Events made durable", sum(s.spooled for s in sheets))
    yield CounterMetricFamily(
        "firsthand_unavailable_events",
        "Events answered 503; the client keeps them",
        sum(s.unavailable for s in sheets),
    )
    yield CounterMetricFamily(
        "firsthand_no_room_requests",
        "Bodies answered 503 because too much was in hand",
        sum(s.no_room for s in sheets),
    )
    rejected = CounterMetricFamily("firsthand_rejected_events", "Refused events", labels=["source", "reason"])
    for key, count in _summed([s.rejected for s in sheets]).items():
        source, _, reason = key.rpartition(" ")
        rejected.add_metric([source, reason], count)
    yield rejected
    pii = CounterMetricFamily(
        "firsthand_pii", "What the firewall did with personal values", labels=["source", "class", "action"]
    )
    for key, count in _summed([s.pii for s in sheets]).items():
        pii.add_metric(key.rsplit(" ", 2), count)
    yield pii
    gated = CounterMetricFamily(
        "firsthand_consent_outcomes", "What the gate did", labels=["source", "purpose", "outcome"]
    )
    for key, count in _summed([s.consent for s in sheets]).items():
        gated.add_metric(key.rsplit(" ", 2), count)
    yield gated
    for name, text, label, dicts in (
        ("firsthand_accepted_events", "Accepted events", "source", [s.accepted for s in sheets]),
        ("firsthand_requests", "Requests by status", "status", [s.requests for s in sheets]),
        (
            "firsthand_enrichment_errors",
            "Failed look-ups",
            "enrichment",
            [s.enrichment_errors for s in sheets],
        ),
    ):
        family = CounterMetricFamily(name, text, labels=[label])
        for key, count in _summed(dicts).items():
            family.add_metric([key], count)
        yield family


def _histogram(name: str, text: str, parts: list[Histogram]) -> Metric:
    family = HistogramMetricFamily(name, text)
    if parts:
        counts = [sum(column) for column in zip(*(p.counts for p in parts), strict=True)]
        cumulative = [sum(counts[: i + 1]) for i in range(len(counts))]
        bounds = [*(str(b) for b in parts[0].bounds), "+Inf"]
        family.add_metric([], list(zip(bounds, cumulative, strict=True)), sum(p.total for p in parts))
    return family


def _summed(dicts: list[dict[str, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for one in dicts:
        for key, count in one.items():
            total[key] = total.get(key, 0) + count
    return dict(sorted(total.items()))
