"""The queue: bounds and sums are exact, whatever the interleaving; no caller waits for a lock."""

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from firsthand.protocol import Stats, Verdict
from firsthand.queue import Queue


def queue_of(max_events: int = 10, max_bytes: int = 100, rings: list[None] | None = None) -> Queue:
    bell = [] if rings is None else rings
    return Queue(max_events, max_bytes, batch_events=4, batch_bytes=50, ring=lambda: bell.append(None))


def entry(size: int = 5) -> bytes:
    return b"x" * size


def total(stats: Stats) -> int:
    return stats.sent + stats.pending + sum(stats.dropped.values()) + sum(stats.rejected.values())


class Balance(RuleBasedStateMachine):
    """Any order of putting, dropping, taking and settling: captured = sent + pending + dropped + rejected."""

    def __init__(self) -> None:
        super().__init__()
        self.queue = queue_of()
        self.captured = 0
        self.out: list[bytes] = []
        self.order: list[bytes] = []
        self.accepted: list[bytes] = []

    @rule(size=st.integers(1, 60))
    def put(self, size: int) -> None:
        before = self.queue.stats()
        one = str(self.captured).encode().ljust(size, b"x")[:size]
        self.captured += 1
        reason = self.queue.put(one)
        fits = before.pending < 10 and before.pending_bytes + size <= 100
        assert reason == (self.queue.closed or ("" if fits else "queue_full"))
        if not reason:
            self.accepted.append(one)

    @rule(sizes=st.lists(st.integers(1, 9), max_size=3))
    def adopt(self, sizes: list[int]) -> None:
        left = [f"left {len(self.accepted)}".encode()[:size] for size in sizes]
        self.queue.adopt(left)
        self.accepted += left

    @rule()
    def drop(self) -> None:
        self.captured += 1
        self.queue.drop("no_consent")

    @precondition(lambda self: not self.out)
    @rule()
    def take(self) -> None:
        waiting = len(self.queue)
        self.out = self.queue.take()
        self.order.extend(self.out)
        assert len(self.out) <= (4 if waiting < 40 else 20)
        assert len(self.out) <= 1 or sum(map(len, self.out)) <= 50

    @precondition(lambda self: self.out)
    @rule(refused=st.integers(0, 6))
    def sent(self, refused: int) -> None:
        self.queue.sent(self.out, [Verdict("bot", "")] * refused)
        self.out = []

    @precondition(lambda self: self.out)
    @rule()
    def lost(self) -> None:
        self.queue.lost(self.out, "refused")
        self.out = []

    @rule()
    def close(self) -> None:
        if self.captured > 40:
            self.queue.close("closed")

    @invariant()
    def balances(self) -> None:
        stats = self.queue.stats()
        assert stats.captured == self.captured
        assert stats.captured + stats.recovered == total(stats)
        assert 0 <= stats.pending <= 10 + stats.recovered
        assert 0 <= stats.pending_bytes <= 100 + 9 * stats.recovered
        assert stats.pending == len(self.queue) + len(self.out)
        assert self.order == self.accepted[: len(self.order)], "first in, first out"


TestBalance = Balance.TestCase
TestBalance.settings = settings(max_examples=60, stateful_step_count=40)


def test_many_threads_and_a_worker() -> None:
    queue = queue_of(max_events=500, max_bytes=10**9)
    done = threading.Event()

    def produce() -> None:
        for n in range(3_000):
            queue.drop("no_consent") if n % 10 == 0 else queue.put(entry())

    def consume() -> None:
        while not done.is_set() or len(queue):
            taken = queue.take()
            queue.sent(taken, [Verdict("bot", "")] if taken else [])

    producers = [threading.Thread(target=produce) for _ in range(6)]
    worker = threading.Thread(target=consume)
    worker.start()
    for thread in producers:
        thread.start()
    for thread in producers:
        thread.join()
    done.set()
    worker.join()
    stats = queue.stats()
    assert stats.captured == 18_000 == total(stats)
    assert (stats.pending, stats.pending_bytes) == (0, 0)
    assert stats.dropped["no_consent"] == 1_800


def test_put_does_not_wait_for_the_lock_even_of_its_own_thread() -> None:
    """A signal handler or a finaliser that tracks may interrupt the very code that holds the lock."""
    queue = queue_of()
    with queue._lock:
        assert queue.put(entry()) == ""
        queue.drop("invalid")
        queue.close("closed")  # readers and closers give up waiting
    stats = queue.stats()
    assert (stats.captured, total(stats)) == (2, 2)


@pytest.mark.parametrize(("sizes", "expected"), [([5], 1), ([5] * 3, 1), ([5] * 4, 2), ([5] * 9, 2), ([60, 5], 1)])
def test_the_bell_rings_for_the_first_event_and_for_a_full_batch(sizes: list[int], expected: int) -> None:
    rings: list[None] = []
    queue = queue_of(rings=rings)
    for size in sizes:
        queue.put(entry(size))
    assert len(rings) == expected


@given(st.lists(st.integers(1, 30), max_size=30))
def test_what_is_taken_still_counts_against_the_bounds(sizes: list[int]) -> None:
    queue = queue_of()
    for size in sizes:
        queue.put(entry(size))
    before = queue.stats()
    queue.take()
    assert queue.stats() == before


def test_a_reader_that_finds_what_others_put_rings_for_them() -> None:
    """Otherwise the worker would sleep on an event that only the reader has brought into the queue."""
    rings: list[None] = []
    queue = queue_of(rings=rings)
    with queue._lock:
        queue.put(entry())
    assert rings == []
    queue.stats()
    assert len(rings) == 1
    assert queue.take() == [entry()]
