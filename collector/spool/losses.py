"""What is known to be lost, by day and source: the loader finds it and writes it to `<data>/losses.json`.

The console's page Health and the admin API read it; they stand in the collector, which knows nothing of the lake
(how it is found: warehouse/losses.py). Like the loader's report it stands beside the spool's reader, because both
sides may see it here, and is replaced atomically, so nobody sees half of it.
"""

from datetime import UTC, datetime
from pathlib import Path

import msgspec


class SourceLoss(msgspec.Struct):
    """A source's day: `expected` numbers of the `sessions` begun on it, `arrived` of these; `lost`: told, by reason."""

    sessions: int = 0
    expected: int = 0
    arrived: int = 0
    lost: dict[str, int] = {}


class Losses(msgspec.Struct):
    """By day (UTC, `2026-01-02`) and source; `time`: when it was written, None if nobody has looked yet."""

    time: datetime | None = None
    days: dict[str, dict[str, SourceLoss]] = {}


def path_of(data: Path) -> Path:
    """Where the losses of a data directory lie."""
    return data / "losses.json"


def write(data: Path, losses: Losses, now: float) -> None:
    """Replace what was written before; `now` in seconds since the epoch. Raises OSError."""
    losses.time = datetime.fromtimestamp(int(now), UTC)
    path = path_of(data)
    draft = path.with_name(f"{path.name}.{id(losses):x}.tmp")
    draft.write_bytes(msgspec.json.encode(losses))
    draft.rename(path)


def read(data: Path) -> Losses:
    """What was last written; nothing if no loader has looked here, or it cannot be read."""
    try:
        return msgspec.json.decode(path_of(data).read_bytes(), type=Losses)
    except (OSError, msgspec.MsgspecError):
        return Losses()
