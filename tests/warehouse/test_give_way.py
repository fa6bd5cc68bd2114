"""A loader waits for who was overtaken, but not for ever, and not where no lock is to be had."""

import fcntl
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from pyiceberg.table import Table

from tests.stores import Store
from tests.warehouse.spooled import event, spool
from warehouse import give_way as way
from warehouse.catalog import open_catalog
from warehouse.give_way import POLITE, give_way, right_of_way, until_first
from warehouse.loader import Loader, LoaderConfig
from warehouse.query import Reader
from warehouse.swap import Files, replace_files

HOLDS = """
import sys, time
from pathlib import Path
from warehouse.give_way import right_of_way
with right_of_way(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


def test_nobody_waits_where_nobody_asked(tmp_path: Path) -> None:
    assert give_way(tmp_path) == 0.0
    assert list(tmp_path.iterdir()) == []
    with right_of_way(tmp_path / "absent"):
        assert give_way(tmp_path / "absent") == 0.0


def test_a_loader_waits_until_it_is_over(tmp_path: Path) -> None:
    order: list[str] = []

    def loader() -> None:
        give_way(tmp_path)
        order.append("loader")

    with right_of_way(tmp_path):
        thread = threading.Thread(target=loader)
        thread.start()
        time.sleep(0.1)
        order.append("erasure")
    thread.join()
    assert order == ["erasure", "loader"]
    give_way(tmp_path)  # and nobody is in the way of the next one


def test_nobody_waits_for_ever_or_for_a_dead_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    holder = subprocess.Popen([sys.executable, "-c", HOLDS, str(tmp_path)], stdout=subprocess.PIPE)
    try:
        assert holder.stdout is not None
        holder.stdout.readline()
        monkeypatch.setattr(way, "PATIENCE", 0.1)
        assert give_way(tmp_path) >= 0.1
        with right_of_way(tmp_path):
            pass  # another erasure goes on without
    finally:
        holder.kill()
        holder.communicate()
    monkeypatch.setattr(way, "PATIENCE", 600.0)
    assert give_way(tmp_path) < 60


def held(data: Path) -> bool:
    """Whether somebody has the right of way."""
    try:
        with (data / ".way.lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def test_who_was_overtaken_tries_again_and_then_with_the_right_of_way(tmp_path: Path) -> None:
    seen: list[bool] = []

    def once() -> int | None:
        seen.append(held(tmp_path))
        return 0 if len(seen) == 4 else None

    assert until_first(once, 9, tmp_path) == 0, "nothing to do is an answer as well"
    assert seen == [False, False, True, True]
    seen.clear()
    assert until_first(lambda: seen.append(True), 3) is None
    assert len(seen) == 3


def test_a_swap_that_was_overtaken_is_not_overtaken_again(local: Store) -> None:
    """A loader commits between look and commit, as often as it can: that is twice."""
    loader = Loader(LoaderConfig(local.config.data_dir), local.config)
    spool(local.data, [[event("first")]])
    loader.run_once()
    table = open_catalog(local.config).load_table((local.config.namespace, "events"))
    old = [task.file for task in table.scan().plan_files()]
    commits: list[threading.Thread] = []

    def overtaken(table: Table) -> Files:
        found = {file.file_path: file for file in old}
        spool(local.data, [[event(f"e{len(commits)}")]])
        commits.append(threading.Thread(target=loader.run_once))
        commits[-1].start()
        commits[-1].join(30 if len(commits) <= POLITE else 1.0)
        assert commits[-1].is_alive() is (len(commits) > POLITE)
        return found

    assert replace_files(table, old, [], {}, overtaken, local.data)
    commits[-1].join()
    assert len(commits) == POLITE + 1
    with Reader(local.config) as reader:
        assert list(reader.query("select event_id from events order by 1")) == [(f"e{n}",) for n in range(len(commits))]
    loader.close()
