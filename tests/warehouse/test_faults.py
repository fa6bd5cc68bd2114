"""Faults with real processes: the loader killed at random points, the store taken away, answers lost for a while."""

import os
import random
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from collector.spool import reader as spool_reader
from tests.stores import POSTGRES_SLOWLY, Seaweed, Store, rest_store, start_seaweed, stop
from tests.warehouse.proxy import Proxy
from tests.warehouse.spooled import bad_event, event, spool
from warehouse.loader import Loader, LoaderConfig
from warehouse.query import Reader


def raw_ids(store: Store) -> list[str]:
    with Reader(store.config) as reader:
        return [row["event_id"] for row in reader.query("select event_id from events_raw order by 1").objects()]


def wait_for(condition: Any, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.05)


def wait_for_the_first_commit(store: Store, process: subprocess.Popen[bytes]) -> None:
    before = len(spool_reader.sealed(store.data / "spool"))
    wait_for(lambda: len(spool_reader.sealed(store.data / "spool")) < before or process.poll() is not None)


@POSTGRES_SLOWLY
@pytest.mark.parametrize("rounds", [2, pytest.param(10, marks=pytest.mark.slow)])
def test_killed_at_random_points_every_event_is_there_once(store: Store, rounds: int) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    environ = {
        **os.environ,
        **store.environ(),
        "FIRSTHAND_COMMIT_INTERVAL": "0.1",
        "FIRSTHAND_COMMIT_ROWS": "40",
    }
    command = [sys.executable, "-m", "warehouse.cli", "load", "--data", str(store.data)]
    expected: list[str] = []
    bad = 0
    for round_ in range(rounds):
        for part in range(6):
            ids = [f"r{round_}-{part}-{n}" for n in range(20)]
            expected += ids
            bad += 1
            spool(store.data, [[event(i) for i in ids]], bad=[bad_event()])
        process = subprocess.Popen(command, env=environ, stderr=subprocess.DEVNULL)
        try:
            wait_for_the_first_commit(store, process)
            time.sleep(chance.uniform(0, 0.25))
        finally:
            process.kill()
            process.wait()
        assert process.returncode == -9
    report = Loader(LoaderConfig(store.config.data_dir), store.config).run_once()
    assert report.missing_segments == 0
    assert raw_ids(store) == sorted(expected)
    with Reader(store.config) as reader:
        assert reader.query("select count(*) as n from bad_events").objects() == [{"n": bad}]
    assert spool_reader.sealed(store.data / "spool") == []


def test_sigterm_loads_the_rest_and_ends_well(local: Store) -> None:
    spool(local.data, [[event("a")]])
    process = subprocess.Popen([sys.executable, "-m", "warehouse.cli", "load", "--data", str(local.data)])
    wait_for((local.data / "loader.json").exists)  # it is at work, and waits: the default interval is ten seconds
    process.terminate()
    assert process.wait(60) == 0
    assert raw_ids(local) == ["a"]


@pytest.mark.stores
def test_a_store_that_goes_away_and_comes_back(tmp_path: Path) -> None:
    directory = tmp_path / "weed"
    process, ports = start_seaweed(directory)
    server = Seaweed(f"http://127.0.0.1:{ports['s3']}", f"http://127.0.0.1:{ports['s3.port.iceberg']}", process)
    store = rest_store(tmp_path / "data", server)
    loader = Loader(LoaderConfig(store.config.data_dir, commit_interval=0.1), store.config)
    ending = threading.Event()
    thread = threading.Thread(target=loader.run, args=(ending,))
    try:
        spool(store.data, [[event("before")]])
        loader.run_once()
        stop(process)
        spool(store.data, [[event("while")]])
        thread.start()
        wait_for(lambda: loader.total.error != "")
        spool(store.data, [[event("still")]])
        assert len(spool_reader.sealed(store.data / "spool")) == 2
        process, _ = start_seaweed(directory, ports)
        wait_for(lambda: loader.total.committed_events == 3)
        assert loader.total.error == ""
        assert raw_ids(store) == ["before", "still", "while"]
    finally:
        ending.set()
        if thread.ident is not None:
            thread.join(60)
        stop(process)


@pytest.mark.stores
def test_a_catalog_that_loses_every_third_answer(seaweed: Seaweed, tmp_path: Path) -> None:
    with Proxy(seaweed.rest).running() as proxy:
        store = rest_store(tmp_path / "data", seaweed, proxy.url)
        loader = Loader(LoaderConfig(store.config.data_dir, commit_rows=10), store.config)
        loader.run_once()
        expected = []
        count = 0

        def fault(method: str, path: str) -> str:
            nonlocal count
            count += 1
            return "lose" if count % 3 == 0 else ""

        for round_ in range(6):
            ids = [f"{round_}-{n}" for n in range(10)]
            expected += ids
            spool(store.data, [[event(i) for i in ids]])
            proxy.fault = fault
            for _ in range(20):
                try:
                    loader.run_once()
                except OSError:
                    continue
                break
            proxy.fault = lambda method, path: ""
        loader.run_once()
        assert proxy.lost > 3
        assert raw_ids(store) == sorted(expected)
        assert loader.total.committed_events == len(expected)
