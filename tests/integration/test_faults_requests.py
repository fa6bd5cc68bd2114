"""kill -9 of the loader while it does what officers asked for: whoever starts next finishes it, once.

Once means: one entry of the audit log that says it is finished, one export on the disk, one certificate in the ledger,
and a chain that is whole; whatever had happened by then.
"""

import random
import subprocess
import time
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from consent.admin import audit
from consent.rights import work
from tests.integration.stack import Stack, wait_for
from tests.stores import Store
from tests.warehouse.cli.test_dsr import MAIL, Shell, ids, shell
from tests.warehouse.cli.test_tasks import Office

__all__ = ["shell"]  # the fixture
DONE_SECONDS = 240.0
ASKED = {
    "export": ("access", "--user-id", "u-bob"), "restrict": ("restrict", "--user-id", "u-bob"),
    "erase": ("erase", "--email", MAIL),
}  # fmt: skip


@contextmanager
def loader(stack: Stack) -> Iterator[subprocess.Popen[bytes]]:
    process = stack.load(environ={"FIRSTHAND_ERASE_GRACE_SECONDS": "0"})
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def killed_at_work(office: Office, stack: Stack, id: str, pause: float) -> bool:
    """Start the loader and kill it `pause` seconds after it took the request. False if it was done before."""
    with loader(stack) as process:
        began = time.monotonic()
        while office.of(id).state == "waiting":
            assert process.poll() is None, stack.said()
            assert time.monotonic() - began < DONE_SECONDS, stack.said()
            time.sleep(0.002)
        time.sleep(pause)
        psutil.Process(process.pid).suspend()  # so that what we see is what the kill left
        return office.of(id).state == "running"


def finished(office: Office, stack: Stack, asked: dict[str, str]) -> None:
    """A loader that nobody kills does the rest."""
    with loader(stack):
        wait_for(lambda: all(office.of(id).state == "done" for id in asked.values()), "all requests", DONE_SECONDS)
    with office.store.read() as connection:
        lines = audit.search(connection, "default", action="dsr.", limit=500)
    done = Counter((line.action, line.target) for line in lines)
    for id in asked.values():
        assert done["dsr.finish", id] == 1, done
        assert office.shell.json("dsr", "show", id)["state"] == "done"
    assert all(chain["problem"] is None for chain in office.shell.json("consent", "verify"))


def asked_and_killed(office: Office, stack: Stack, kind: work.Kind, pauses: list[float]) -> tuple[dict[str, str], int]:
    id = office.ask(kind, *ASKED[kind])
    hits = sum([killed_at_work(office, stack, id, pause) for pause in pauses if office.of(id).state != "done"])
    return {kind: id}, hits


def exports(local: Store) -> list[Path]:
    return sorted((local.data / "exports").iterdir())


@pytest.fixture
def office(shell: Shell, local: Store) -> Iterator[Office]:
    made = Office(shell, local)
    yield made
    made.store.close()


def test_killed_and_started_again_each_is_finished_once(office: Office, local: Store) -> None:
    stack = Stack(local)
    asked = {kind: office.ask(kind, *ASKED[kind]) for kind in ASKED}
    assert killed_at_work(office, stack, asked["erase"], 0.0), "killed while it was at it"
    (local.data / "exports").mkdir(exist_ok=True)
    (local.data / "exports" / f"{'0' * 32}.zip").write_bytes(b"as a kill just before it is noted leaves it")
    finished(office, stack, asked)
    [file] = exports(local)
    assert file.name == office.of(asked["export"]).file
    with zipfile.ZipFile(file) as zipped:
        assert zipped.testzip() is None
    assert ids(local) == ["5"]
    assert len(list((local.data / "certificates").iterdir())) == 1


@pytest.mark.slow
@pytest.mark.parametrize("kind", ASKED)
def test_killed_again_and_again(office: Office, local: Store, kind: work.Kind) -> None:
    """Six kills each, at points that chance chose, then one loader that may finish."""
    chance = random.Random(20261126)
    pauses = sorted(chance.uniform(0, 1.2) for _ in range(6))
    asked, hits = asked_and_killed(office, Stack(local), kind, [0.0, *pauses])
    assert hits >= 1
    finished(office, Stack(local), asked)
    assert len(exports(local) if kind == "export" else [1]) == 1
    assert ids(local) == (["5"] if kind == "erase" else ["1", "2", "3", "4", "5"])
