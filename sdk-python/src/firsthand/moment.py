"""Times on the wire: ISO 8601, UTC, milliseconds, Z."""

from __future__ import annotations

import time
from datetime import datetime, timezone

_cached: tuple[int, str] = (0, "1970-01-01T00:00:00")


def iso(seconds: float) -> str:
    """Unix seconds as `2026-01-02T03:04:05.678Z`.

    Raises ValueError, OverflowError or OSError for a time outside the years 1 to 9999.
    """
    return iso_of_ms(int(seconds * 1000 // 1))


def iso_of_ms(milliseconds: int) -> str:
    """The same of whole milliseconds."""
    global _cached  # noqa: PLW0603 - one tuple, replaced whole: formatting a second once is most of the cost
    second, rest = divmod(milliseconds, 1000)
    known, text = _cached
    if known != second:
        text = datetime.fromtimestamp(second, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0")
        _cached = (second, text)
    return f"{text}.{rest:03d}Z"


def now() -> str:
    return iso(time.time())


def utc(moment: datetime) -> str:
    """An aware time in UTC; a naive one is local time, as everywhere in Python's datetime."""
    moved = moment.astimezone(timezone.utc)
    return moved.isoformat(timespec="milliseconds").replace("+00:00", "Z")
