"""received = spooled + Σ rejected + unavailable, whatever comes and whatever the disk does.

A model keeps count from the outside, by the answers alone, and is compared with the worker's own sheet and with the
lines that lie in the spool.
"""

import asyncio
import json
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from collector.metrics import ACK_BOUNDS, Balance, Histogram, collect, publish
from collector.spool.reader import read, recover, sealed
from tests.collector.desk import KEY, SOURCE, Desk
from tests.collector.desk import desk as made

DENIED = {"categoryPreferences": {"analytics": False}}
MESSAGES: list[Any] = [
    {"type": "track", "event": "fine", "anonymousId": "a"},
    {"type": "page", "userId": "u"},
    {"type": "nope"},
    {"type": "track", "event": "$mine", "anonymousId": "a"},
    {"type": "track", "event": "nobody"},
    {"type": "track", "event": "no", "userId": "u", "context": {"consent": DENIED}},
    {"type": "track", "event": "big", "anonymousId": "a", "properties": {"x": "y" * 33_000}},
    7,
    None,
]  # fmt: skip
BATCH = st.lists(st.sampled_from(MESSAGES), min_size=1, max_size=6)
STEPS = st.lists(
    st.tuples(st.just("batch"), BATCH)
    | st.tuples(st.just("together"), st.lists(BATCH, min_size=2, max_size=5))
    | st.tuples(st.sampled_from(["junk", "unknown key", "break", "mend"]), st.none()),
    min_size=3,
    max_size=12,
)


class Model:
    """What must be on the sheet, counted from the answers."""

    def __init__(self) -> None:
        self.received = self.spooled = self.unavailable = 0
        self.rejected: Counter[str] = Counter()

    def saw(self, sent: int, status: int, answer: Any) -> None:
        if status in (200, 503):
            self.received += sent
        if status == 200:
            assert answer["accepted"] + len(answer["rejected"]) == sent
            self.spooled += answer["accepted"]
            self.rejected.update(f"shop {r['reason']}" for r in answer["rejected"])
        elif status == 503:
            self.unavailable += sent


def _bytes(batch: list[Any]) -> bytes:
    return json.dumps({"batch": batch, "writeKey": KEY}).encode()


def _step(desk: Desk, model: Model, what: str, more: Any) -> None:
    shard = next((desk.data / "spool").iterdir())
    hidden = desk.data / "hidden"
    if what == "batch":
        reply = desk.post(_bytes(more))
        model.saw(len(more), reply.status, reply.json)
    elif what == "together":
        for batch, reply in zip(more, _together(desk, more), strict=True):
            model.saw(len(batch), reply.status, reply.json)
    elif what == "junk":
        assert desk.post(b"junk").status == 400
    elif what == "unknown key":
        assert desk.batch(*MESSAGES, writeKey="fh_none").status == 401
    elif what == "break" and not hidden.exists():
        # Every group makes a new segment here (seal_bytes=1), and in a directory that is gone none can be made
        shard.rename(hidden)
        shard.write_text("in the way")
    elif what == "mend" and hidden.exists():
        _mend(shard, hidden)


def _mend(shard: Path, hidden: Path) -> None:
    if hidden.exists():
        shard.unlink()
        hidden.rename(shard)


def _together(desk: Desk, batches: list[Any]) -> list[Any]:
    async def main() -> list[Any]:
        requests = (desk.call("POST", "/v1/batch", [_bytes(b)]) for b in batches)
        return await asyncio.gather(*requests)

    return desk.run(main())


@given(STEPS)
@settings(
    max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.explicit, Phase.generate]
)
def test_the_sheet_balances(steps: list[tuple[str, Any]]) -> None:
    model = Model()
    with tempfile.TemporaryDirectory() as directory:
        data = Path(directory)
        with made(data, [SOURCE], seal_bytes=1) as desk:
            for what, more in steps:
                _step(desk, model, what, more)
            shard = next((data / "spool").iterdir())
            _mend(shard, data / "hidden")
        ((_, sheet),) = collect(data / "run")
        assert sheet.balanced()
        assert (sheet.received, sheet.spooled, sheet.unavailable) == (model.received, model.spooled, model.unavailable)
        assert dict(sheet.rejected) == dict(model.rejected)
        recover(data / "spool", lambda shard, error: pytest.fail(str(error)))  # as the next start would
        contents = [read(segment) for segment in sealed(data / "spool")]
        # At least what was acknowledged; a batch answered 503 may be there, too, and comes again with the same ids
        rows = sum(bytes(p).count(b"\n") for c in contents for p in c.events)
        letters = sum(bytes(p).count(b"\n") for c in contents for p in c.bad_events)
        assert rows >= model.spooled
        assert letters >= sum(model.rejected.values())
        if not model.unavailable:
            assert (rows, letters) == (model.spooled, sum(model.rejected.values()))


def test_a_broken_disk_is_503_with_when_to_come_back(data: Path) -> None:
    with made(data, seal_bytes=1) as desk:
        assert desk.batch(MESSAGES[0]).status == 200
        _step(desk, Model(), "break", None)
        reply = desk.batch(MESSAGES[0], MESSAGES[2])
        assert (reply.status, reply.json["code"]) == (503, "unavailable")
        assert int(reply.headers["retry-after"]) >= 1
        assert desk.batch(MESSAGES[0]).status == 503
        _step(desk, Model(), "mend", None)
        for _ in range(40):
            if desk.batch(MESSAGES[0]).status == 200:
                break
            desk.idle(0.1)
        else:
            pytest.fail("it did not recover")


def test_all_workers_are_one_sheet(tmp_path: Path) -> None:
    for i in range(3):
        balance = Balance(received=10 + i, spooled=10 + i)
        publish(balance, tmp_path / f"c1-{i}.json")
    (tmp_path / "c1-9.json").write_text("{half")
    (tmp_path / "c1-8.tmp").write_text("{}")
    found = collect(tmp_path)
    assert [name for name, _ in found] == ["c1-0", "c1-1", "c1-2"]
    assert sum(sheet.received for _, sheet in found) == 33


@given(st.lists(st.floats(0, 10), max_size=30))
def test_a_histogram_counts_each_once(seconds: list[float]) -> None:
    histogram = Histogram.of(ACK_BOUNDS)
    for one in seconds:
        histogram.observe(one)
    assert sum(histogram.counts) == len(seconds)
    for bound, upto in zip(ACK_BOUNDS, range(1, len(ACK_BOUNDS) + 1), strict=True):
        assert sum(histogram.counts[:upto]) == sum(1 for s in seconds if s <= bound)
    assert histogram.total == pytest.approx(sum(seconds))
