"""Two loaders on one spool, and one that was stopped in the middle and wakes up while the other has gone on.

Nobody repeats a message here, so `events_raw` must hold no row twice either: the fence is the commit itself.
"""

import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.integration.load import Load
from tests.integration.stack import Stack, audit, stack_on, wait_for
from tests.stores import Seaweed, Store, rest_store

MOST_ROUNDS = 20


def heartbeat(stack: Stack) -> float:
    path = stack.data / "loader.json"
    return path.stat().st_mtime if path.exists() else 0.0


def in_the_middle(stack: Stack, chance: random.Random) -> None:
    """Wait for a moment at which a loader is at work: a new data file of a local table, else any."""
    folder = stack.data / "warehouse"
    if folder.exists():
        before = set(folder.rglob("*.parquet"))
        deadline = time.monotonic() + 5
        while set(folder.rglob("*.parquet")) == before and time.monotonic() < deadline:
            time.sleep(0.002)
    time.sleep(chance.uniform(0, 0.02 if folder.exists() else 1.0))


def sleep_and_wake(stack: Stack, first: subprocess.Popen[bytes], second: subprocess.Popen[bytes], seed: int,
                   rounds: int) -> int:  # fmt: skip
    """Stop one loader in the middle, let the other one go on, wake the first; segments the other took meanwhile.

    Goes on after `rounds` until it has seen that, for the other one may be slow, or wait for a lock that sleeps.
    """
    chance, taken, number = random.Random(seed), 0, 0
    while number < rounds or (taken == 0 and number < MOST_ROUNDS):
        sleeper = (first, second)[number % 2]
        in_the_middle(stack, chance)
        os.kill(sleeper.pid, signal.SIGSTOP)
        before = set(stack.segments(".sealed"))
        # A loader that sleeps with SQLite's lock in its hand stops the other one too; all others take over
        deadline = time.monotonic() + 3
        while before & set(stack.segments(".sealed")) and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(0.5)
        taken += len(before - set(stack.segments(".sealed")))
        os.kill(sleeper.pid, signal.SIGCONT)
        number += 1
        time.sleep(chance.uniform(0.2, 0.6))
    return taken


def two_loaders(stack: Stack, seed: int, rounds: int) -> None:
    key = stack.add_source()
    collector = stack.serve(workers=2)
    first, second = stack.load(), stack.load()
    with Load(stack.port, key, rate=60) as load:
        wait_for(lambda: heartbeat(stack) > 0, "a loader")
        taken = sleep_and_wake(stack, first, second, seed, rounds)
        load.stop()
    assert stack.stop(collector) == 0
    assert stack.stop(first) == stack.stop(second) == 0, stack.said()
    stack.settle()
    found = audit(stack, load.sent, load.acknowledged)
    assert found.exact, f"{found}\n{stack.said()[-5000:]}"
    assert found.acknowledged == found.sent
    assert load.repeated == 0
    assert found.raw_repeats == 0
    assert taken > 0, "nobody went on while the other slept; the test shows nothing"
    print(f"\n{taken} segments were taken over; {found}")


def test_two_loaders_and_a_sleeper(local: Store) -> None:
    with stack_on(local) as stack:
        two_loaders(stack, seed=1, rounds=1)


@pytest.mark.slow
@pytest.mark.stores
def test_two_loaders_and_a_sleeper_on_a_rest_catalog(seaweed: Seaweed, tmp_path: Path) -> None:
    with stack_on(rest_store(tmp_path / "data", seaweed)) as stack:
        two_loaders(stack, seed=2, rounds=4)
