"""What was accepted and refused each day, by source and reason: a few small files that outlive the worker.

`<data>/days/<shard>/<day>.json` holds one worker's sums of one day (UTC). Written every few seconds and when the worker
ends, so a worker that is killed forgets the last seconds of its tally, never an event. Kept for `KEPT_DAYS`.
"""

import os
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec

from collector.metrics import Balance

KEPT_DAYS: Final = 90
ACCEPTED: Final = "accepted"


class Day(msgspec.Struct):
    """Counts by "source outcome"; an outcome is `accepted` or a reason. `unavailable` events were answered 503."""

    counts: dict[str, int] = {}
    unavailable: int = 0


class DayBook:
    """One worker's book. `note` adds what the balance sheet has more than at the last call."""

    def __init__(self, root: Path, shard: str) -> None:
        self._folder = root / shard
        self._last: Counter[str] = Counter()
        self._unavailable = 0
        self._day, self._open = "", Day()

    def note(self, balance: Balance, now: float) -> None:
        """Write down what came since the last call, under today (`now`: seconds since the epoch). Raises OSError."""
        day = datetime.fromtimestamp(now, UTC).date().isoformat()
        if day != self._day:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._day, self._open = day, _read(self._folder / f"{day}.json")
            forget(self._folder, datetime.fromtimestamp(now, UTC).date() - timedelta(days=KEPT_DAYS))
        current = Counter({f"{source} {ACCEPTED}": n for source, n in balance.accepted.items()}) + Counter(
            balance.rejected
        )
        more = current - self._last
        unavailable = balance.unavailable - self._unavailable
        if not more and not unavailable:
            return
        for key, count in more.items():
            self._open.counts[key] = self._open.counts.get(key, 0) + count
        self._open.unavailable += unavailable
        self._last, self._unavailable = current, balance.unavailable
        draft = self._folder / f"{day}.{os.getpid()}.tmp"
        draft.write_bytes(msgspec.json.encode(self._open))
        draft.rename(self._folder / f"{day}.json")


def read_days(root: Path, newest: date, days: int) -> dict[str, Day]:
    """The last `days` days that anything came on, newest first, summed over all workers."""
    found: dict[str, Day] = {}
    for back in range(days):
        day = (newest - timedelta(days=back)).isoformat()
        for path in sorted(root.glob(f"*/{day}.json")):
            one, whole = _read(path), found.setdefault(day, Day())
            whole.unavailable += one.unavailable
            for key, count in one.counts.items():
                whole.counts[key] = whole.counts.get(key, 0) + count
    return found


def _read(path: Path) -> Day:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Day)
    except (OSError, msgspec.MsgspecError):
        return Day()  # a new day, or a file that a full disk cut short


def forget(folder: Path, before: date) -> None:
    """Take away the files of the days before `before`; a file is named after its day."""
    for path in folder.glob("*.json"):
        if path.stem < before.isoformat():
            path.unlink(missing_ok=True)
