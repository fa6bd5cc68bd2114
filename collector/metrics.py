"""The balance sheet and the clocks of one worker, and the sum over all workers of a machine.

Received events are spooled or refused, nothing else: `received = spooled + Σ rejected[reason]`. Counters are plain
integers, because they are on the hot path; each worker writes them every second to `<data>/run/<shard>.json`, and
`/metrics` adds up what all workers wrote, so that any worker can answer for the whole collector.
"""

import bisect
import os
import time
from collections import defaultdict
from pathlib import Path

import msgspec

SYNC_BOUNDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0)
ACK_BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)


class Histogram(msgspec.Struct):
    """Counts per upper bound (seconds); the last count is for everything above."""

    bounds: tuple[float, ...]
    counts: list[int]
    total: float = 0.0

    @classmethod
    def of(cls, bounds: tuple[float, ...]) -> "Histogram":
        return cls(bounds, [0] * (len(bounds) + 1))

    def observe(self, seconds: float) -> None:
        self.counts[bisect.bisect_left(self.bounds, seconds)] += 1
        self.total += seconds


def _counter() -> dict[str, int]:
    return defaultdict(int)


class Balance(msgspec.Struct):
    """What one worker did since it started."""

    started: float = msgspec.field(default_factory=time.time)
    requests: dict[str, int] = msgspec.field(default_factory=_counter)  # per status
    received: int = 0
    spooled: int = 0
    unavailable: int = 0  # received while the spool could not take them: answered 503, the client keeps them
    rejected: dict[str, int] = msgspec.field(default_factory=_counter)  # "source reason"
    accepted: dict[str, int] = msgspec.field(default_factory=_counter)  # per source
    pii: dict[str, int] = msgspec.field(default_factory=_counter)  # "source class action"
    consent: dict[str, int] = msgspec.field(default_factory=_counter)  # "source purpose outcome" of the gate
    enrichment_errors: dict[str, int] = msgspec.field(default_factory=_counter)
    sync: Histogram = msgspec.field(default_factory=lambda: Histogram.of(SYNC_BOUNDS))
    ack: Histogram = msgspec.field(default_factory=lambda: Histogram.of(ACK_BOUNDS))
    group_requests: int = 0
    no_room: int = 0  # bodies answered 503 before their events were read, so these count nowhere else
    refusal: str = ""

    def balanced(self) -> bool:
        """Every received event has exactly one outcome."""
        return self.received == self.spooled + sum(self.rejected.values()) + self.unavailable


def publish(balance: Balance, path: Path) -> None:
    """Write one worker's numbers for `collect`; a torn read is avoided by the rename, durability is not needed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}.tmp")
    draft.write_bytes(msgspec.json.encode(balance))
    draft.rename(path)


def collect(run: Path) -> list[tuple[str, Balance]]:
    """The numbers of all workers, by shard name."""
    found = []
    for path in sorted(run.glob("*.json")):
        try:
            found.append((path.stem, msgspec.json.decode(path.read_bytes(), type=Balance)))
        except (OSError, msgspec.MsgspecError):
            continue  # just being replaced; the next scrape sees it
    return found
