"""One row a message: exact while the memory reaches, bounded always, whatever the ids' hashes are."""

from collections.abc import Callable
from zlib import crc32

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warehouse.dedupe import Filter, Hashes, Recent, duckdb_hash

IDS = st.lists(st.integers(0, 30).map(str), max_size=60)
# How many hashes there are: with one everything collides with everything
HASHES = st.sampled_from([1, 2, 7, None])
REAL = duckdb_hash()


def hash_of(different: int | None) -> Callable[[pa.Array], Hashes]:
    def of(ids: pa.Array) -> Hashes:
        return np.array([crc32(i.encode()) % (different or 1) for i in ids.to_pylist()], np.uint64)

    return of if different else REAL


@settings(deadline=None)
@given(st.lists(IDS, max_size=8), HASHES)
def test_with_room_enough_each_id_is_kept_once(commits: list[list[str]], hashes: int | None) -> None:
    recent, kept = Recent(1_000, hash_of(hashes)), []
    for ids in commits:
        keep = Filter(recent).keep(ids)
        kept += [i for i, k in zip(ids, keep, strict=True) if k]
        recent.remember(ids)
    everything = [i for ids in commits for i in ids]
    assert kept == list(dict.fromkeys(everything))


@settings(deadline=None)
@given(st.lists(IDS, max_size=8), st.integers(0, 10), HASHES)
def test_memory_is_bounded_and_never_drops_a_first(commits: list[list[str]], limit: int, hashes: int | None) -> None:
    recent, seen = Recent(limit, hash_of(hashes)), set[str]()
    for ids in commits:
        for event_id, keep in zip(ids, Filter(recent).keep(ids), strict=True):
            assert keep or event_id in seen
            seen.add(event_id)
        recent.remember(ids)
        assert len(recent) <= limit


@settings(deadline=None)
@given(st.lists(IDS, min_size=1, max_size=8), st.integers(2, 40), HASHES)
def test_the_newest_half_is_always_remembered(commits: list[list[str]], limit: int, hashes: int | None) -> None:
    recent, newest_last = Recent(limit, hash_of(hashes)), dict[str, None]()
    for ids in commits:
        recent.remember(ids)
        for event_id in ids:
            newest_last.pop(event_id, None)
            newest_last[event_id] = None
        assert not Filter(recent).keep(list(newest_last)[-(limit // 2) :]).any()


@settings(deadline=None)
@given(st.lists(IDS, max_size=8), st.integers(0, 40), HASHES)
def test_a_filter_remembers_what_it_was_asked_as_if_it_were_told_anew(
    commits: list[list[str]], limit: int, hashes: int | None
) -> None:
    told, asked = Recent(limit, hash_of(hashes)), Recent(limit, hash_of(hashes))
    for ids in commits:
        repeats = Filter(asked)
        assert repeats.keep(ids).tolist() == Filter(told).keep(ids).tolist()
        repeats.remember()
        told.remember(ids)
        assert len(asked) == len(told)
        assert [str(n) in asked for n in range(31)] == [str(n) in told for n in range(31)]


def test_what_was_not_remembered_is_not_a_repeat() -> None:
    recent = Recent(10)
    assert Filter(recent).keep(["a"]).tolist() == [True]
    assert Filter(recent).keep(["a"]).tolist() == [True]


def test_a_filter_spans_the_segments_of_one_commit() -> None:
    one = Filter(Recent(10))
    assert one.keep(["a", "b"]).tolist() == [True, True]
    assert one.keep(["b", "c"]).tolist() == [False, True]


def test_a_negative_limit_is_refused() -> None:
    with pytest.raises(ValueError, match="dedupe_ids"):
        Recent(-1)


@settings(deadline=None)
@given(st.lists(IDS, max_size=6), HASHES)
def test_one_look_equals_many_looks(segments: list[list[str]], hashes: int | None) -> None:
    recent = Recent(100, hash_of(hashes))
    recent.remember(["3", "5"])
    many = Filter(recent)
    apart = [keep for ids in segments for keep in many.keep(ids).tolist()]
    together = pa.chunked_array([pa.array(ids, pa.string()) for ids in segments], pa.string())
    assert Filter(recent).keep(together).tolist() == apart


def test_ids_that_differ_are_never_taken_for_each_other_by_their_hash() -> None:
    recent = Recent(1_000, hash_of(1))
    ids = [f"id {n}" for n in range(200)]
    assert Filter(recent).keep(ids).all()
    recent.remember(ids)
    assert len(recent) == 200
    assert Filter(recent).keep([f"other {n}" for n in range(200)]).all()
    assert not Filter(recent).keep(ids[::-1]).any()


def test_many_small_commits_stay_few_runs() -> None:
    """A look-up's time grows with the number of runs."""
    recent = Recent(100_000)
    for n in range(1_000):
        recent.remember([f"{n}-{i}" for i in range(7)])
    assert len(recent) == 7_000
    assert len(recent._young._runs) <= 14
    assert all(f"{n}-6" in recent for n in (0, 500, 999))


def test_hashes_are_of_the_text_alone() -> None:
    ids = pa.array(["a", "b", "\u00e9", ""], pa.large_string())
    assert duckdb_hash()(ids).tolist() == duckdb_hash()(ids).tolist()
    assert len(set(duckdb_hash()(ids).tolist())) == 4


def test_nothing_to_look_at() -> None:
    recent = Recent(10)
    assert Filter(recent).keep([]).tolist() == []
    assert Filter(recent).keep(pa.chunked_array([], pa.string())).tolist() == []
    recent.remember([])
    assert len(recent) == 0
