"""One row a message: exact while the memory reaches, bounded always."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse.dedupe import Filter, Recent

IDS = st.lists(st.integers(0, 30).map(str), max_size=60)


@given(st.lists(IDS, max_size=8))
def test_with_room_enough_each_id_is_kept_once(commits: list[list[str]]) -> None:
    recent, kept = Recent(1_000), []
    for ids in commits:
        keep = Filter(recent).keep(ids)
        kept += [i for i, k in zip(ids, keep, strict=True) if k]
        recent.remember(ids)
    everything = [i for ids in commits for i in ids]
    assert kept == list(dict.fromkeys(everything))


@given(st.lists(IDS, max_size=8), st.integers(0, 10))
def test_memory_is_bounded_and_never_drops_a_first(commits: list[list[str]], limit: int) -> None:
    recent, seen = Recent(limit), set[str]()
    for ids in commits:
        for event_id, keep in zip(ids, Filter(recent).keep(ids), strict=True):
            assert keep or event_id in seen
            seen.add(event_id)
        recent.remember(ids)
        assert len(recent) <= limit


@given(st.lists(st.uuids().map(str), min_size=1, max_size=50, unique=True), st.integers(2, 40))
def test_the_newest_half_is_always_remembered(ids: list[str], limit: int) -> None:
    recent = Recent(limit)
    recent.remember(ids)
    assert all(event_id in recent for event_id in ids[-(limit // 2) :])


def test_what_was_not_remembered_is_not_a_repeat() -> None:
    recent = Recent(10)
    assert Filter(recent).keep(["a"]) == [True]
    assert Filter(recent).keep(["a"]) == [True]


def test_a_filter_spans_the_segments_of_one_commit() -> None:
    one = Filter(Recent(10))
    assert one.keep(["a", "b"]) == [True, True]
    assert one.keep(["b", "c"]) == [False, True]


def test_a_negative_limit_is_refused() -> None:
    with pytest.raises(ValueError, match="dedupe_ids"):
        Recent(-1)
