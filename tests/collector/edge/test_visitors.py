"""Buckets by name: a burst, a rate, and a bounded memory."""

from collector.edge.visitors import Visitors


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_then_the_rate() -> None:
    clock = Clock()
    visitors = Visitors(0.5, 2, clock)
    assert [visitors.take("a") for _ in range(3)] == [0, 0, 2]
    assert visitors.take("b") == 0
    clock.now = 2.0
    assert [visitors.take("a"), visitors.take("a")] == [0, 2]


def test_the_oldest_name_is_forgotten() -> None:
    visitors = Visitors(1, 1, Clock(), most=2)
    assert [visitors.take(name) for name in "aabc"] == [0, 1, 0, 0]
    assert len(visitors._buckets) == 2
    assert visitors.take("c") == 1
    assert visitors.take("a") == 0


def test_each_worker_has_its_share_and_at_least_one() -> None:
    clock = Clock()
    of_four, of_many = Visitors(4, 8, clock), Visitors(4, 8, clock)
    assert [of_four.take("a", 4) for _ in range(3)] == [0, 0, 1]
    assert [of_many.take("a", 16) for _ in range(2)] == [0, 4]
    clock.now = 1.0
    assert [of_four.take("a", 4), of_four.take("a", 4)] == [0, 1]
