"""One row a message: which of a batch's ids were loaded before. Pure, exact, bounded.

Clients repeat a message when an answer was lost, so repeats come soon after the first. The memory therefore
holds the newest ids only, in two generations: when the young one is half of the limit it becomes the old one.
At least the newest `limit / 2` and at most `limit` ids are remembered, and forgetting costs nothing. What slips
through is a row too many in `events_raw`; the view `events` and the compaction of closed days take it out.

Ids are remembered only after their commit is known to have landed: a failed commit's rows come again and must
not be taken for repeats.

A hash finds the suspects, the ids themselves decide: two ids of one hash are two ids. Whoever chooses ids that
collide gains nothing but the time that comparing them takes, which grows no faster than their number.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

Ids: TypeAlias = Sequence[str] | pa.ChunkedArray
Hashes: TypeAlias = npt.NDArray[np.uint64]
Mask: TypeAlias = npt.NDArray[np.bool_]
HashOf: TypeAlias = Callable[[pa.Array], Hashes]


def duckdb_hash() -> HashOf:
    """A 64-bit hash of each text: DuckDB's, because neither numpy nor Arrow offers one."""
    duck = duckdb.connect(config={"threads": 1})

    def of(ids: pa.Array) -> Hashes:
        duck.register("ids", pa.table({"id": ids}))
        try:
            found: Hashes = duck.execute("SELECT hash(id) AS h FROM ids").fetchnumpy()["h"]
        finally:
            duck.unregister("ids")  # it would keep the rows alive
        return found

    return of


class _Run(NamedTuple):
    """Ids in the order of their hashes; searching for what is in order itself is several times faster."""

    hashes: Hashes
    ids: pa.Array

    def where(self, wanted: Mask) -> "_Run":
        """The ids that are marked in `wanted`."""
        return self if wanted.all() else _Run(self.hashes[wanted], self.ids.filter(pa.array(wanted)))

    def firsts(self) -> Mask:
        """For each id whether it comes for the first time."""
        kept = np.ones(len(self.hashes), np.bool_)
        same = self.hashes[1:] == self.hashes[:-1]
        if same.any():
            suspects = np.zeros(len(self.hashes), np.bool_)
            suspects[1:] |= same
            suspects[:-1] |= same
            seen: set[str] = set()
            for at, event_id in zip(np.flatnonzero(suspects), self.where(suspects).ids.to_pylist(), strict=True):
                kept[at] = event_id not in seen
                seen.add(event_id)
        return kept


def _sorted(hashes: Hashes, ids: pa.Array) -> tuple[_Run, npt.NDArray[np.intp]]:
    """The ids as a run, and where each of them stood. Stable: of two equal ids the earlier one comes first."""
    order = np.argsort(hashes, kind="stable")
    return _Run(hashes[order], ids.take(pa.array(order))), order


class _Known:
    """A set of ids that only grows: few runs, each longer than the one after it."""

    def __init__(self) -> None:
        self._runs: list[_Run] = []

    def __len__(self) -> int:
        return sum(len(run.hashes) for run in self._runs)

    def add(self, run: _Run) -> None:
        """Add ids that are not in here yet."""
        if not len(run.hashes):
            return
        # Like carrying in a binary counter: an id is copied log(n) times at most, and there are log(n) runs at most
        while self._runs and len(self._runs[-1].hashes) <= len(run.hashes):
            last = self._runs.pop()
            run, _ = _sorted(np.concatenate([last.hashes, run.hashes]), pa.concat_arrays([last.ids, run.ids]))
        self._runs.append(run)

    def holds(self, run: _Run) -> Mask:
        """For each id of `run` whether it is in here."""
        found = np.zeros(len(run.hashes), np.bool_)
        for mine in self._runs:
            at = np.searchsorted(mine.hashes, run.hashes)
            at[at == len(mine.hashes)] = 0
            suspects = mine.hashes[at] == run.hashes
            if suspects.any():
                texts = set(mine.where(np.isin(mine.hashes, run.hashes[suspects])).ids.to_pylist())
                found[suspects] |= [event_id in texts for event_id in run.where(suspects).ids.to_pylist()]
        return found


class Recent:
    """The newest `limit` ids at most (0 remembers none), about 50 bytes each if they are UUIDs."""

    def __init__(self, limit: int, hash_of: HashOf | None = None) -> None:
        if limit < 0:
            raise ValueError("dedupe_ids must be 0 or more")
        self._hash_of = hash_of or duckdb_hash()
        self._half = limit // 2
        self._young, self._old = _Known(), _Known()

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    def __contains__(self, event_id: str) -> bool:
        return bool(self.holds(self.sorted(_array([event_id]))[0])[0])

    def sorted(self, ids: pa.Array) -> tuple[_Run, npt.NDArray[np.intp]]:
        """The ids in the order of their hashes, and where each of them stood."""
        return _sorted(self._hash_of(ids), ids)

    def holds(self, run: _Run) -> Mask:
        """For each id whether it is remembered."""
        return self._young.holds(run) | self._old.holds(run)

    def remember(self, ids: Ids) -> None:
        """Add ids of committed rows, oldest first."""
        if self._half == 0:
            return
        every = _array(ids)
        for start in range(0, len(every), self._half):
            run, _ = self.sorted(every.slice(start, self._half))
            self.add(run.where(run.firsts()))

    def fits(self, count: int) -> bool:
        """Whether so many ids may be added at once."""
        return count <= self._half

    def add(self, distinct: _Run) -> None:
        """Add ids of which none comes twice, `fits` of them."""
        if self._half == 0:
            return
        fresh = distinct.where(~self._young.holds(distinct))
        if len(self._young) + len(fresh.hashes) > self._half:
            # What repeats the generation that now grows old is new again, or it would be forgotten too soon
            self._old, self._young, fresh = self._young, _Known(), distinct
        self._young.add(fresh)


class Filter:
    """Drops repeats within one commit and against `recent`. Made for one commit and thrown away."""

    def __init__(self, recent: Recent) -> None:
        self._recent = recent
        self._here = _Known()
        self._asked: list[tuple[Ids, _Run]] = []

    def keep(self, ids: Ids) -> Mask:
        """For each id whether its row is the first of its kind."""
        run, order = self._recent.sorted(_array(ids))
        firsts = run.firsts()
        first = firsts & ~self._here.holds(run) & ~self._recent.holds(run)
        self._here.add(run.where(first))
        self._asked.append((ids, run.where(firsts)))
        kept = np.empty(len(first), np.bool_)
        kept[order] = first
        return kept

    def remember(self) -> None:
        """The commit has landed: all that was asked about is known from now on. Nothing is hashed or sorted again."""
        for ids, distinct in self._asked:
            if self._recent.fits(len(ids)):
                self._recent.add(distinct)
            else:  # in the order of their hashes it is not known which of them are the newest
                self._recent.remember(ids)
        self._asked.clear()


def _array(ids: Ids) -> pa.Array:
    # Large: a generation may hold more than the 2 GiB of text that a plain array can address
    kind = pa.large_string()
    return ids.cast(kind).combine_chunks() if isinstance(ids, pa.ChunkedArray) else pa.array(ids, kind)
