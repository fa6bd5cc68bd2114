"""kill -9 at random points under load: what was acknowledged is in the table once, and nothing else is.

A round kills one collector worker or the loader. Half of the loader's deaths are aimed: they come just after a new
table metadata file appears, which is between the commit and the deletion of its segments.
"""

import random
import subprocess
import time
from pathlib import Path

import pytest

from collector.spool import counter
from collector.spool.segment import OpenSegment
from tests.integration.load import Load
from tests.integration.stack import Audit, Stack, audit, stack_on, wait_for
from tests.stores import Store

WORKERS = 2
# Seconds to wait for what must come. On a machine with a load of thirty a loader needs a minute to start and commit
PATIENCE = 200


def metadata_files(stack: Stack) -> set[Path]:
    return set((stack.data / "warehouse").rglob("*.metadata.json"))


def kill_rounds(stack: Stack, rounds: int, seed: int) -> tuple[Load, dict[str, int]]:
    """Run the load through `rounds` kills; the finished load and what was killed when."""
    chance = random.Random(seed)
    key = stack.add_source()
    collector, loader = stack.serve(WORKERS), stack.load()
    killed = {"worker": 0, "loader": 0, "loader after a commit": 0}

    def kill_a_worker() -> None:
        nonlocal collector
        while not (alive := stack.workers(collector)):  # it may just be ending itself
            collector = revived(stack, collector)
        chance.choice(alive).kill()
        killed["worker"] += 1
        collector = revived(stack, collector)

    with Load(stack.port, key) as load:
        for number in range(rounds):
            time.sleep(chance.uniform(0.1, 0.8))
            if number % 2 == 0:
                kill_a_worker()
                continue
            aimed = number % 4 == 1
            if aimed:
                before = metadata_files(stack)
                began = time.monotonic()
                while not metadata_files(stack) - before:
                    assert loader.poll() is None, f"the loader ended with {loader.poll()}\n{stack.said()[-5000:]}"
                    assert time.monotonic() - began < PATIENCE, f"no commit in {PATIENCE} s\n{stack.said()[-5000:]}"
                    time.sleep(0.05)
                    if collector.poll() is not None:  # two workers' deaths were close together: it ended itself late
                        collector, began = stack.serve(WORKERS), time.monotonic()
                time.sleep(chance.uniform(0, 0.03))
            loader.kill()
            loader.wait()
            killed["loader after a commit" if aimed else "loader"] += 1
            loader = stack.load()
        collector = revived(stack, collector)
        # a kill between two requests shows nothing, and few kills may all be such
        while not load.repeated and killed["worker"] < rounds + 10:
            time.sleep(chance.uniform(0.1, 0.8))
            kill_a_worker()
        wait_for(lambda: stack.get("/healthz")[0] == 200, "the collector")
        wait_for(lambda: len(load.acknowledged) > 300, "events")
        load.stop()
    stack.stop(collector)
    stack.stop(loader, PATIENCE)  # it first loads all that waits, on a machine that may be busy
    return load, killed


def revived(stack: Stack, collector: subprocess.Popen[bytes]) -> subprocess.Popen[bytes]:
    """The collector with all its workers again. It ends itself if one worker dies twice in seconds: a new one then."""
    wait_for(lambda: collector.poll() is not None or len(stack.workers(collector)) == WORKERS, "a new worker")
    return collector if collector.poll() is None else stack.serve(WORKERS)


def judge(stack: Stack, load: Load) -> Audit:
    stack.settle()
    assert load.wrong == []
    found = audit(stack, load.sent, load.acknowledged)
    assert found.exact, f"{found}\n{stack.said()[-5000:]}"
    assert found.acknowledged == found.sent, "every batch was answered in the end"
    assert stack.segments(".open") == stack.segments(".sealed") == []
    assert not (stack.data / "quarantine").exists()
    return found


def test_three_kills(local: Store) -> None:
    with stack_on(local, commit_interval="0.5") as stack:
        load, killed = kill_rounds(stack, 3, seed=6)
        found = judge(stack, load)
        assert killed["worker"] >= 2
        assert (killed["loader"], killed["loader after a commit"]) == (0, 1)
        assert load.repeated > 0, "the kills hit no request; the test shows nothing"
        assert found.committed > 300


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_fifty_kills(local: Store) -> None:
    with stack_on(local) as stack:
        started = time.monotonic()
        load, killed = kill_rounds(stack, 50, seed=50)
        found = judge(stack, load)
        print(f"\n{killed} in {time.monotonic() - started:.0f} s; {found}; statuses {dict(load.statuses)}; "
              f"{load.repeated} batches sent again")  # fmt: skip
        assert load.repeated > 0


def test_a_number_is_never_given_twice(local: Store) -> None:
    """A worker that died between making a segment and moving the number on: its next segment is another one."""
    with stack_on(local) as stack:
        key = stack.add_source()
        shard = stack.spool / "c1-00000001"
        shard.mkdir(parents=True)
        counter.write(shard, 0)
        (shard / "lock").touch()
        OpenSegment(shard, 0).abandon()
        assert stack.load_once()["segments"] == 1
        assert stack.segments(".open") == stack.segments(".sealed") == []
        collector = stack.serve()
        with Load(stack.port, key) as load:
            wait_for(lambda: len(load.acknowledged) >= 50, "events")
            load.stop()
        assert stack.stop(collector) == 0
        judge(stack, load)
