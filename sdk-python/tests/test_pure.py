"""Properties of the small pure modules beyond their vectors: gate, retry, batch, ids, moment, verdicts."""

import os
import re
import time
from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand import ids, moment
from firsthand.batch import envelope, slice_sizes
from firsthand.gate import decide, passes
from firsthand.protocol import DROPPED, REJECTED, read_verdicts
from firsthand.retry import next_step

PURPOSES = st.sampled_from(["necessary", "analytics", "marketing", "third_party", "x"])
PREFERENCES = st.none() | st.dictionaries(PURPOSES, st.booleans())


@given(PURPOSES, PREFERENCES, st.booleans())
def test_strict_is_never_wider_than_server_and_a_denial_stops_both(
    purpose: str, preferences: dict[str, bool] | None, gpc: bool
) -> None:
    strict, server = (passes(policy, purpose, preferences, gpc) for policy in ("strict", "server"))
    assert server or not strict
    if decide(purpose, preferences, "opt_in", gpc) == "deny":
        assert not server
    assert not passes("unheard of", purpose, preferences, gpc) or strict


@given(st.integers(0, 999), st.none() | st.text(max_size=12), st.integers(0, 10_000), st.integers(1, 500),
       st.floats(0, 1, exclude_max=True))  # fmt: skip
def test_retry_is_total_and_bounded(status: int, after: str | None, attempt: int, count: int, dice: float) -> None:
    step = next_step(status, after, attempt, count, dice)
    assert step.action in {"done", "retry", "split", "drop", "stop"}
    assert (step.delay_ms > 0) == (step.action == "retry" and not (after == "0" * len(after or "-") and dice < 0.001))
    assert step.delay_ms <= 301_000


@given(st.lists(st.integers(0, 60), max_size=60), st.integers(1, 7), st.integers(1, 90), st.integers(1, 50))
def test_slicing_loses_nothing(sizes: list[int], events: int, size: int, message: int) -> None:
    plan = slice_sizes(sizes, events, size, message)
    assert sorted(plan.too_large + [i for b in plan.batches for i in b]) == list(range(len(sizes)))
    assert [i for b in plan.batches for i in b] == [i for i, s in enumerate(sizes) if s <= message]
    for batch in plan.batches:
        assert 0 < len(batch) <= events
        assert len(batch) == 1 or sum(sizes[i] for i in batch) <= size


def test_envelope() -> None:
    body = envelope([b'{"a":1}', b'{"b":2}'], 'k"', "now")
    assert body == b'{"writeKey":"k\\"","sentAt":"now","batch":[{"a":1},{"b":2}]}'


def test_ids_are_uuid7_unique_and_increasing_though_the_clock_goes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    before = time.time_ns() // 1_000_000
    found = [ids.new_id() for _ in range(5_000)]
    real = time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: real() - 3_600_000_000_000)
    found += [ids.new_id() for _ in range(5_000)]
    assert found == sorted(set(found))
    assert all(re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", i) for i in found)
    assert before <= int(found[0].replace("-", "")[:12], 16) <= before + 5_000


def test_a_forked_child_makes_other_ids() -> None:
    reader, writer = os.pipe()
    if os.fork() == 0:
        os.write(writer, "".join(ids.new_id() for _ in range(100)).encode())
        os._exit(0)
    mine = {ids.new_id() for _ in range(100)}
    os.wait()
    text = os.read(reader, 100_000).decode()
    theirs = {text[i : i + 36] for i in range(0, len(text), 36)}
    assert len(mine | theirs) == 200


@given(st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(timezone.utc)))
def test_times_agree_with_datetime(when: datetime) -> None:
    assert moment.utc(when) == when.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    seconds = (when.replace(microsecond=0) - datetime(1970, 1, 1, tzinfo=timezone.utc)).total_seconds()
    assert moment.iso(seconds) == moment.utc(when.replace(microsecond=0))


def test_now_is_now() -> None:
    assert abs(datetime.fromisoformat(moment.now().replace("Z", "+00:00")).timestamp() - time.time()) < 1


@given(st.binary(max_size=80))
def test_no_answer_breaks_the_reader(body: bytes) -> None:
    found = read_verdicts(body)
    assert found is None or found == []


def test_reasons_shared_with_the_collector_are_the_collectors() -> None:
    from collector.outcome import Reason

    assert {reason.value for reason in Reason} == REJECTED
    assert {"invalid", "too_large", "reserved_name", "no_identity", "no_consent", "internal"} <= REJECTED & DROPPED
