"""A full disk, a spool at its bound: 503 with a Retry-After, nothing acknowledged is lost, recovery without help."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from collector.spool import counter
from collector.spool.format import EVENTS, HEAD, MAGIC, head_of
from collector.spool.segment import OpenSegment
from tests.integration.disk import Disk, LimitedFiles, small_disk
from tests.integration.load import Load
from tests.integration.stack import Stack, audit, metric, stack_on, wait_for
from tests.stores import Store
from tests.warehouse.spooled import event, lines

PAGE = os.sysconf("SC_PAGE_SIZE")


@pytest.fixture
def stack(local: Store) -> Iterator[Stack]:
    with stack_on(local, log_level="info") as made:
        yield made


@pytest.fixture
def disk(stack: Stack) -> Iterator[Disk]:
    """The spool's own small disk. Unmounted only after the stack's processes are gone."""

    def workers() -> list[object]:
        return [w for process in stack._started if process.poll() is None for w in stack.workers(process)]

    with small_disk(stack.spool, workers) as made:  # type: ignore[arg-type]
        yield made
        stack.close()


@pytest.mark.parametrize("floor", ["0", str(8 * 1024**2)], ids=["no byte left", "below the floor"])
def test_a_full_disk_is_503_until_it_is_freed(stack: Stack, disk: Disk, floor: str) -> None:
    if floor != "0" and isinstance(disk, LimitedFiles):
        pytest.skip("the floor needs a disk whose free space can be set; the other case runs everywhere")
    stack.environ["FIRSTHAND_SPOOL_MIN_FREE_BYTES"] = floor
    key = stack.add_source()
    collector = stack.serve(workers=2)
    with Load(stack.port, key, pad=1000) as load:
        wait_for(lambda: len(load.acknowledged) > 300, "the first events")
        disk.fill(leave=0 if floor == "0" else int(floor) - 1024**2)
        wait_for(lambda: load.statuses[503] > 30, "refusals")
        wait_for(lambda: b'"spool: ' in stack.get("/readyz")[1], "/readyz to tell")
        assert stack.get("/healthz")[0] == 200
        wait_for(lambda: 'firsthand_requests_total{status="503"}' in stack.get("/metrics")[1].decode(), "its count")
        disk.free()
        before = len(load.acknowledged)
        wait_for(lambda: len(load.acknowledged) > before + 300, "recovery")
        wait_for(lambda: stack.get("/readyz")[0] == 200, "ready")
        load.stop()
    assert load.retry_after <= {str(n) for n in range(1, 301)}, "Retry-After is a whole number of seconds"
    assert load.retry_after
    assert load.wrong == []
    sheet = stack.get("/metrics")[1].decode()
    assert metric(sheet, "firsthand_received_events_total") == (
        metric(sheet, "firsthand_spooled_events_total") + metric(sheet, "firsthand_unavailable_events_total")
    )
    assert stack.stop(collector) == 0
    stack.settle()
    found = audit(stack, load.sent, load.acknowledged)
    assert found.exact, f"{found}\n{stack.said()[-5000:]}"
    assert found.acknowledged == found.sent
    assert not (stack.data / "quarantine").exists(), "a full disk must not look like damage"


def test_starting_and_loading_on_a_full_disk(stack: Stack, disk: Disk) -> None:
    """What a killed worker left open cannot be sealed; that must stop neither the collector nor the loader."""
    if isinstance(disk, LimitedFiles):
        pytest.skip("this needs a disk that is full before the first process starts")
    stack.environ["FIRSTHAND_SPOOL_MIN_FREE_BYTES"] = "0"
    key = stack.add_source()
    one_segment(stack.spool / "c1-00000001", event("sealed-1")).seal()
    left_open(stack.spool / "c1-00000002")
    disk.fill()
    collector = stack.serve()
    with Load(stack.port, key) as load:
        wait_for(lambda: load.statuses[503] > 5, "refusals")
        assert set(load.statuses) == {503}
        # The table is on another disk here, so the loader can and must take what is sealed
        report = json.loads(stack.run("load", "--once", "--json"))
        assert report["committed_events"] == 1
        assert stack.get("/healthz")[0] == 200
        disk.free()
        wait_for(lambda: len(load.acknowledged) > 100, "recovery")
        load.stop()
    assert stack.stop(collector) == 0
    stack.settle()
    found = audit(stack, load.sent | {"sealed-1", "open-1"}, load.acknowledged | {"sealed-1", "open-1"})
    assert found.exact, f"{found}\n{stack.said()[-5000:]}"


def one_segment(shard: Path, row: dict[str, object]) -> OpenSegment:
    """A shard with one open segment of one event."""
    shard.mkdir()
    counter.write(shard, 0)
    (shard / "lock").touch()
    segment, payload = OpenSegment(shard, 0), lines([row])
    head = head_of(EVENTS, payload)
    segment.append([head, payload], [(EVENTS, head, 1)])
    return segment


def left_open(shard: Path) -> None:
    """A dead worker's open segment with the event `open-1`, that ends exactly with a page: a footer has no room."""
    frame = len(MAGIC) + HEAD.size + len(lines([event("open-1", page_title="")]))
    segment = one_segment(shard, event("open-1", page_title="x" * (PAGE - frame)))
    assert segment.path.stat().st_size == PAGE


def test_a_spool_at_its_bound_refuses_until_the_loader_comes(local: Store) -> None:
    with stack_on(local, spool_max_bytes="300000") as stack:
        key = stack.add_source()
        collector = stack.serve()
        with Load(stack.port, key, pad=1000) as load:
            wait_for(lambda: load.statuses[503] > 10, "refusals")
            assert "is the loader running" in stack.get("/readyz")[1].decode()
            assert sum(path.stat().st_size for path in stack.segments(".sealed")) < 2_000_000
            loader = stack.load()
            before = len(load.acknowledged)
            wait_for(lambda: len(load.acknowledged) > before + 200, "recovery")
            load.stop()
        assert stack.stop(collector) == 0
        assert stack.stop(loader) == 0
        found = audit(stack, load.sent, load.acknowledged)
        assert found.exact, f"{found}\n{stack.said()[-5000:]}"
