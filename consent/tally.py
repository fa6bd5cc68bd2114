"""What a gate did, counted where it costs least: one number for each kind of outcome, found once, then only raised.

Bounded, because clients choose the names of events: beyond `LIMIT` names, what is new is counted as `(other)`.
"""

from typing import Final, NamedTuple

LIMIT: Final = 4_000
OTHER: Final = "(other)"


class Done(NamedTuple):
    """What is counted: `outcome` is `accept`, `strip`, `anonymise` or why it was rejected."""

    site: str
    source: str
    event: str
    purpose: str
    mapped: bool
    outcome: str


class Tally:
    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._cells: dict[Done, list[int]] = {}

    def cell(self, done: Done) -> list[int]:
        """The number to raise."""
        cell = self._cells.get(done)
        if cell is None:
            if len(self._cells) >= self._limit:
                done = done._replace(event=OTHER)
            cell = self._cells.setdefault(done, [0])
        return cell

    def drain(self) -> dict[Done, int]:
        """What was counted since the last time. For the thread that counts."""
        found = {done: cell[0] for done, cell in self._cells.items() if cell[0]}
        for done in found:
            self._cells[done][0] = 0
        return found
