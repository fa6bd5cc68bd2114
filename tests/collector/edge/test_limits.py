"""The token bucket by a clock of our own, and its answer on the wire."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from collector.context import Source
from collector.edge.limits import RateLimiter
from tests.collector.desk import SOURCE
from tests.collector.desk import desk as made


class Clock:
    """A clock that goes on when told."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


def _source(rate: int, burst: int, name: str = "a") -> Source:
    return Source(name, "k", rate=rate, burst=burst)


def test_a_burst_then_the_rate() -> None:
    clock = Clock()
    limiter, source = RateLimiter(clock), _source(10, 100)
    assert limiter.take(source, 100) == 0
    assert limiter.take(source, 1) == 1
    clock.at += 0.5
    assert limiter.take(source, 5) == 0
    assert limiter.take(source, 30) == 3
    clock.at += 3
    assert limiter.take(source, 30) == 0


def test_what_is_refused_takes_nothing() -> None:
    clock = Clock()
    limiter, source = RateLimiter(clock), _source(10, 100)
    limiter.take(source, 90)
    for _ in range(50):
        assert limiter.take(source, 50) > 0
    assert limiter.take(source, 10) == 0


def test_a_batch_above_the_bucket_may_pass_once_it_is_full() -> None:
    clock = Clock()
    limiter, source = RateLimiter(clock), _source(10, 100)
    assert limiter.take(source, 500) == 0
    wait = limiter.take(source, 500)
    assert wait == 50
    clock.at += wait
    assert limiter.take(source, 500) == 0


def test_sources_do_not_share_a_bucket() -> None:
    limiter = RateLimiter(Clock())
    assert limiter.take(_source(1, 1, "a"), 1) == 0
    assert limiter.take(_source(1, 1, "a"), 1) > 0
    assert limiter.take(_source(1, 1, "b"), 1) == 0


def test_workers_share_the_rate() -> None:
    clock = Clock()
    limiter, source = RateLimiter(clock, workers=4), _source(40, 400)
    assert limiter.take(source, 100) == 0
    assert limiter.take(source, 1) == 1
    clock.at += 1
    assert limiter.take(source, 10) == 0
    assert limiter.take(source, 1) == 1


@given(
    st.integers(1, 1000), st.integers(1, 1000),
    st.lists(st.tuples(st.floats(0, 10), st.integers(1, 1500)), min_size=1, max_size=40),
)  # fmt: skip
def test_over_any_time_no_more_than_burst_and_rate(rate: int, burst: int, steps: list[tuple[float, int]]) -> None:
    clock = Clock()
    limiter, source = RateLimiter(clock), _source(rate, burst)
    passed, largest, began = 0, 0, clock.at
    for pause, events in steps:
        clock.at += pause
        wait = limiter.take(source, events)
        assert wait >= 0
        assert wait == int(wait)
        if wait == 0:
            passed += events
            largest = max(largest, events)
        else:
            clock.at += wait
            assert limiter.take(source, events) == 0, "the promised wait was too short"
            passed += events
            largest = max(largest, events)
    assert passed <= burst + rate * (clock.at - began) + largest + 1


def test_429_says_how_long_to_wait(data: Path) -> None:
    message = {"type": "track", "event": "x", "anonymousId": "a"}
    with made(data, [SOURCE | {"rate": 1, "burst": 5}]) as desk:
        assert desk.batch(*[message] * 5).status == 200
        reply = desk.batch(*[message] * 3)
        assert (reply.status, reply.json["code"], reply.rows) == (429, "rate_limited", [])
        assert 1 <= int(reply.headers["retry-after"]) <= 3
