"""The loss ledger: what devices say that they lost, and which numbers of a session never arrived.

Every SDK numbers the events of a session from 0 without gaps (`seq`), and tells of what it had to let go with a `$lost`
event, by reason. So the table itself knows what it lacks: a session whose highest number is 41 sent 42 events. A number
is missing because the collector refused the event (counted in its day book), because the device lost it (told), or
for a reason that nobody knows, and that remainder is the figure to watch.

`deliveries` is a view over `events`, not a table beside it: a second copy of session ids would be one more thing to
erase people from, and this one forgets with the events. Its sums by day and source lie in `<data>/losses.json`, because
the console runs in the collector and knows nothing of the lake; a day is read with its neighbours only, so the cost
does not grow with the table. A session belongs to the day of its first event. What comes more than a day late counts
as missing.
"""

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from collector.spool import losses
from collector.spool.losses import Losses, SourceLoss
from warehouse.catalog import StoreConfig

log = logging.getLogger("firsthand.losses")

SECONDS: Final = 60.0
KEPT_DAYS: Final = 30
OPEN_DAYS: Final = 2  # that may still change: their sessions go on
BACK_DAYS: Final = 7  # how far back days are read that nobody read before
MEMORY: Final = "512MB"

DELIVERIES: Final = """
CREATE VIEW deliveries AS
SELECT source_id, session_id, min(received_at) AS first_at, max(received_at) AS last_at, min(seq) AS first_seq,
       max(seq) AS last_seq, count(DISTINCT seq) AS arrived, max(seq) + 1 - count(DISTINCT seq) AS missing
FROM events_raw WHERE session_id IS NOT NULL AND seq >= 0
GROUP BY source_id, session_id
"""
LOST: Final = r"""
CREATE VIEW lost AS
SELECT received_at, source_id,
       CASE WHEN regexp_full_match(told.key, '[a-z_]{1,40}') THEN told.key ELSE 'other' END AS reason,
       least(greatest(coalesce(TRY_CAST(told.value AS BIGINT), 0), 0), 1000000000) AS events
FROM (SELECT received_at, source_id,
             unnest(map_entries(TRY_CAST(TRY_CAST(properties AS JSON)->'$.reasons' AS MAP(VARCHAR, VARCHAR)))) AS told
      FROM events WHERE event = '$lost')
"""
# A session that began on the day before and goes on must not look as if it began today: one day more on each side.
# Write keys are public: one message with an enormous number must not make a million losses
_GAPS: Final = """
SELECT source_id, count(*) AS sessions, CAST(sum(last + 1) AS BIGINT) AS expected,
       CAST(sum(arrived) AS BIGINT) AS arrived
FROM (SELECT source_id, session_id, max(seq) AS last, count(DISTINCT seq) AS arrived
      FROM events_raw
      WHERE received_at >= TIMESTAMPTZ '{before}' AND received_at < TIMESTAMPTZ '{after}'
        AND session_id IS NOT NULL AND seq BETWEEN 0 AND 99999
      GROUP BY source_id, session_id
      HAVING min(received_at) >= TIMESTAMPTZ '{day}' AND min(received_at) < TIMESTAMPTZ '{next}')
GROUP BY source_id
"""
_TOLD: Final = """
SELECT source_id, reason, CAST(sum(events) AS BIGINT) AS events FROM lost
WHERE received_at >= TIMESTAMPTZ '{day}' AND received_at < TIMESTAMPTZ '{next}' GROUP BY source_id, reason
"""


def losses_of(reader: Any, day: date) -> dict[str, SourceLoss]:
    """One day by source, out of a `query.Reader`. Raises QueryError."""
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    at = {name: (start + timedelta(days=n)).isoformat() for name, n in
          (("before", -1), ("day", 0), ("next", 1), ("after", 2))}  # fmt: skip
    found: dict[str, SourceLoss] = {}
    for row in reader.query(_GAPS.format(**at)).objects():
        found[row["source_id"]] = SourceLoss(row["sessions"], row["expected"], row["arrived"])
    for row in reader.query(_TOLD.format(**at)).objects():
        if row["events"]:
            found.setdefault(row["source_id"], SourceLoss()).lost[row["reason"]] = row["events"]
    return found


class LossBook:
    """Keeps `<data>/losses.json` up to date beside a loader."""

    def __init__(self, data: Path, store: StoreConfig, clock: Callable[[], float] = time.time) -> None:
        self._data, self._store, self._clock = data, store, clock

    def run_once(self) -> Losses:
        """Read the open days, and closed ones that were never read. Raises what catalog, store and disk raise."""
        from warehouse.query import Reader

        now = datetime.fromtimestamp(self._clock(), UTC)
        known = losses.read(self._data)
        with Reader(self._store, memory=MEMORY) as reader:
            for back in range(BACK_DAYS):
                day = now.date() - timedelta(days=back)
                if back < OPEN_DAYS or day.isoformat() not in known.days:
                    known.days[day.isoformat()] = losses_of(reader, day)
        oldest = (now.date() - timedelta(days=KEPT_DAYS)).isoformat()
        kept = Losses(None, {d: v for d, v in known.days.items() if d >= oldest})
        losses.write(self._data, kept, now.timestamp())
        return kept

    def run(self, stop: threading.Event, commits: Callable[[], int]) -> None:
        """A round a minute until `stop` is set, if anything was committed meanwhile. Never raises."""
        seen = -1
        while not stop.wait(SECONDS):
            if (now := commits()) == seen:
                continue
            try:
                self.run_once()
                seen = now
            except Exception as error:  # noqa: BLE001 - a figure for people; the next round tries again
                log.warning("the loss ledger was not read: %s", type(error).__name__)
