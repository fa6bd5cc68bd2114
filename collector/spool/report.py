"""What the loader says of itself: sums since it started, written to `<data>/loader.json` after each round.

The loader writes it; `/metrics`, `/readyz`, the console, the admin API and `firsthand doctor` read it. It stands beside
the spool's reader because both sides may see it here: the collector knows nothing of the warehouse. The file is
replaced atomically, so nobody sees half of it.
"""

import contextlib
from datetime import UTC, datetime
from pathlib import Path

import msgspec


class LoadReport(msgspec.Struct):
    """Counts of rows unless said otherwise. `already` segments were committed before (by us or another loader)."""

    time: datetime | None = None
    committed_events: int = 0
    committed_bad: int = 0
    duplicates: int = 0
    suppressed: int = 0  # of people who were erased
    damaged_frames: int = 0
    poison_rows: int = 0
    repaired_rows: int = 0
    segments: int = 0
    already: int = 0
    missing_segments: int = 0
    commits: int = 0
    snapshot_id: int | None = None
    lag_seconds: float = 0.0
    pending_segments: int = 0
    error: str = ""

    @property
    def seen(self) -> float:
        """When it was written, in seconds since the epoch."""
        return 0.0 if self.time is None else self.time.timestamp()

    def add(self, other: "LoadReport") -> None:
        """Add the sums of a round to the sums since the start; the rest is replaced by what is newer."""
        for name in ("committed_events", "committed_bad", "duplicates", "suppressed", "damaged_frames", "poison_rows",
                     "repaired_rows", "segments", "already", "missing_segments", "commits"):  # fmt: skip
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.snapshot_id = other.snapshot_id or self.snapshot_id
        self.lag_seconds, self.pending_segments = other.lag_seconds, other.pending_segments
        self.error = other.error


def path_of(data: Path) -> Path:
    """Where the report of a data directory lies."""
    return data / "loader.json"


def write(data: Path, report: LoadReport, now: float) -> None:
    """Replace the report; `now` in seconds since the epoch. Raises OSError."""
    report.time = datetime.fromtimestamp(int(now * 1000) / 1000, UTC)
    path = path_of(data)
    draft = path.with_name(f"{path.name}.{id(report):x}.tmp")
    draft.write_bytes(msgspec.json.encode(report))
    draft.rename(path)


def read(data: Path) -> LoadReport | None:
    """The last report; None if no loader has run here, or it cannot be read."""
    with contextlib.suppress(OSError, msgspec.MsgspecError):
        return msgspec.json.decode(path_of(data).read_bytes(), type=LoadReport)
    return None
