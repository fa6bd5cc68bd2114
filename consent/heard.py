"""What a gate heard since tokens were given: who denied what, who asked to be forgotten. Bounded, and fast to ask.

One entry a person: 64 bits of the subject, the number of the receipt, and which purposes are denied now. Grants need
no entry: a person without one is judged by their token. Most entries lie in sorted arrays of 20 bytes each, new ones
in a small dictionary until there are enough to merge. 64 bits of a keyed hash collide for one pair in a million
people with a chance of 3 in 10⁸, and then somebody's events are refused, never the other way.

Bound: beyond `limit` entries the oldest go, and `floor` rises to the newest number that went. From then on only a
token whose number is above the floor proves that it knows everything: `ask` says so, and a gate treats other grants
as no choice.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import Final

MERGE_AT: Final = 4_096
FILL_AT: Final = 200_000
LIMIT: Final = 2_000_000
NOTHING: Final[tuple[str, ...]] = ()
SUPPRESSED: Final = ("*",)
LIFTED: Final = ("-",)  # may come in again


class Heard:
    """For one writer; readers in other threads see each change whole, because what they read is swapped at once."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self.floor = 0
        self._main = (array("Q"), array("Q"), array("I"))  # subjects, sorted; numbers; sets
        self._fresh: dict[int, tuple[int, int]] = {}
        self._denied: list[tuple[str, ...]] = [NOTHING]
        self._index: dict[tuple[str, ...], int] = {NOTHING: 0}

    def __len__(self) -> int:
        """How many people it knows about; those heard of twice since the last merge count twice."""
        return len(self._main[0]) + len(self._fresh)

    def tell(self, subject: int, seq: int, denied: Sequence[str]) -> None:
        """What is denied by `subject` as of receipt `seq`. Older news than what is known is ignored; `*` stays."""
        self._put(subject, seq, denied)
        if len(self._fresh) >= MERGE_AT:
            self._merge()

    def fill(self, news: Iterable[tuple[int, int, Sequence[str]]]) -> None:
        """Many at once: (subject, seq, denied)."""
        for subject, seq, denied in news:
            self._put(subject, seq, denied)
            if len(self._fresh) >= FILL_AT:
                self._merge()
        self._merge()

    def ask(self, subject: int, seq: int) -> tuple[tuple[str, ...], bool]:
        """What is denied by `subject` that a token of number `seq` (0: no token) does not know, and whether
        anything older might have been forgotten."""
        known = self._find(subject)
        if known is None:
            return NOTHING, seq < self.floor
        denied = self._denied[known[1]]
        if known[0] <= seq and denied != SUPPRESSED:
            return NOTHING, False
        return denied, False

    def since(self, subject: int) -> int:
        """The number of what is known about a subject; 0 if nothing is."""
        known = self._find(subject)
        return 0 if known is None else known[0]

    def _put(self, subject: int, seq: int, denied: Sequence[str]) -> None:
        known = self._find(subject)
        if tuple(denied) == LIFTED:
            self._fresh[subject] = (seq, 0)
        elif known is None or (known[0] <= seq and self._denied[known[1]] != SUPPRESSED):
            self._fresh[subject] = (seq, self._number(tuple(denied)))

    def _find(self, subject: int) -> tuple[int, int] | None:
        found = self._fresh.get(subject)
        if found is not None:
            return found
        keys, seqs, sets = self._main
        place = bisect_left(keys, subject)
        if place < len(keys) and keys[place] == subject:
            return seqs[place], sets[place]
        return None

    def _number(self, denied: tuple[str, ...]) -> int:
        number = self._index.get(denied)
        if number is None:
            number = self._index[denied] = len(self._denied)
            self._denied.append(denied)
        return number

    def _merge(self) -> None:
        """Sort the fresh ones in; of two of one subject the fresh one stays; then cut to the limit, oldest first."""
        if not self._fresh:
            return
        import numpy as np  # 18 MiB and a tenth of a second: for who has thousands to remember, not for each worker

        fresh = list(self._fresh.values())
        old = [np.frombuffer(part.tobytes(), part.typecode) for part in self._main]
        keys = np.concatenate([np.fromiter(self._fresh, "u8"), old[0]])
        seqs = np.concatenate([np.array([seq for seq, _ in fresh], "u8"), old[1]])
        sets = np.concatenate([np.array([number for _, number in fresh], "u4"), old[2]])
        keys, first = np.unique(keys, return_index=True)
        seqs, sets = seqs[first], sets[first]
        if len(keys) > self._limit:
            # Who asked to be forgotten is never forgotten here
            age = np.where(sets == self._index.get(SUPPRESSED, -1), np.uint64(2**63), seqs)
            order = np.argsort(age, kind="stable")
            gone, kept = order[: -self._limit], np.sort(order[-self._limit :])
            self.floor = max(self.floor, int(seqs[gone].max()) + 1)
            keys, seqs, sets = keys[kept], seqs[kept], sets[kept]
        self._main = (array("Q", keys.tobytes()), array("Q", seqs.tobytes()), array("I", sets.tobytes()))
        self._fresh = {}
