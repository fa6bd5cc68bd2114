"""One row a message: which of a batch's ids were loaded before. Pure, exact, bounded.

Clients repeat a message when an answer was lost, so repeats come soon after the first. The memory therefore
holds the newest ids only, in two generations: when the young one is half of the limit it becomes the old one.
Between `limit / 2` and `limit` ids are remembered, and forgetting costs nothing. What slips through is a row too
many in `events_raw`; the view `events` and the compaction of closed days take it out.

Ids are remembered only after their commit is known to have landed: a failed commit's rows come again and must
not be taken for repeats.
"""

from collections.abc import Iterable, Sequence


class Recent:
    """The newest `limit` ids at most (0 remembers none)."""

    def __init__(self, limit: int) -> None:
        if limit < 0:
            raise ValueError("dedupe_ids must be 0 or more")
        self._half = limit // 2
        self._young: set[str] = set()
        self._old: set[str] = set()

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    def __contains__(self, event_id: str) -> bool:
        return event_id in self._young or event_id in self._old

    def remember(self, ids: Iterable[str]) -> None:
        """Add ids of committed rows, oldest first."""
        if self._half == 0:
            return
        for event_id in ids:
            if event_id in self._young:
                continue
            if len(self._young) >= self._half:
                self._old, self._young = self._young, set()
            self._young.add(event_id)


class Filter:
    """Drops repeats within one commit and against `recent`. Made for one commit and thrown away."""

    def __init__(self, recent: Recent) -> None:
        self._recent = recent
        self._here: set[str] = set()

    def keep(self, ids: Sequence[str]) -> list[bool]:
        """For each id whether its row is the first of its kind."""
        recent, here, kept = self._recent, self._here, []
        for event_id in ids:
            first = event_id not in here and event_id not in recent
            kept.append(first)
            if first:
                here.add(event_id)
        return kept
