"""What officers asked for is done by the loader's desk: over real tables, with the functions of `firsthand dsr`."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from collector.keys import consent_ring
from collector.settings import load
from consent.admin import audit
from consent.rights import requests, work
from consent.store import open_store
from tests.stores import Store
from tests.warehouse.cli.test_dsr import MAIL, Shell, ids, shell
from warehouse.cli import tasks
from warehouse.cli.tasks import Desk, said

__all__ = ["shell"]  # the fixture


class Office:
    """An officer at the consent store, and the loader's desk behind it."""

    def __init__(self, shell: Shell, local: Store) -> None:
        self.shell = shell
        self.found = load(None, str(local.data), {"FIRSTHAND_ERASE_GRACE_SECONDS": "0"})
        self.store, self.desk = open_store(self.found.consent_url), Desk(self.found)

    def ask(self, kind: work.Kind, of: str, *who: str) -> str:
        id: str = self.shell.json("dsr", "open", "--kind", of, *who)["id"]
        self.shell("dsr", "verify", id, "--how", "in person")
        self.again(kind, id)
        return id

    def again(self, kind: work.Kind, id: str, night: bool = False) -> None:
        with self.store.write() as connection:
            work.ask(connection, self.desk._admin(), consent_ring(self.found), id, kind, night)

    def of(self, id: str) -> work.Work:
        with self.store.read() as connection:
            found = work.of(connection, id)
        assert found is not None
        return found


@pytest.fixture
def office(shell: Shell, local: Store) -> Iterator[Office]:
    made = Office(shell, local)
    made.desk._open()
    yield made
    made.desk.close()
    made.store.close()


def test_export_erase_and_what_an_erasure_takes_along(office: Office, shell: Shell, local: Store) -> None:
    access = office.ask("export", "access", "--email", MAIL)
    other = office.ask("export", "export", "--user-id", "u-bob")
    stranger = office.ask("export", "access", "--user-id", "nobody")
    office.desk.round()
    done = office.of(access)
    assert done.file is not None and re.fullmatch(r"[0-9a-f]{32}\.zip", done.file) and done.has_file(done.ended_at or 0)
    assert done.file_until == (done.ended_at or 0) + 7 * 86_400_000 or done.file_until is not None
    path = local.data / "exports" / done.file
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    with zipfile.ZipFile(path) as file:
        assert {row["event_id"] for row in json.loads(file.read("events.json"))} == {"1", "2", "3", "4"}
        assert {"events.csv", "consent.json", "consent.csv"} < set(file.namelist())
    assert shell.json("dsr", "show", access)["state"] == "done"

    id = office.ask("erase", "erase", "--email", MAIL)
    office.desk.round()
    assert ids(local) == ["5"]
    assert (office.of(id).state, office.of(id).problem) == ("done", "")
    shown = shell.json("dsr", "show", id)
    assert shown["state"] == "done" and shown["certificate"]
    assert shell.json("dsr", "check", str(local.data / "certificates" / f"{id}.json")) == {"certified": True}
    # Files that name her are gone, Bob's too: he wrote her id down. Whom she is not in keeps theirs
    assert [p.name for p in (local.data / "exports").iterdir()] == [office.of(stranger).file]
    assert (office.of(access).file, office.of(other).file) == (None, None)
    with office.store.read() as connection:
        assert requests.get(connection, access).forms.ids == []
        did = {line.action for line in audit.search(connection, "default", action="dsr.", limit=500)}
    assert {"dsr.ask.export", "dsr.ask.erase", "dsr.finish", "dsr.forget", "dsr.tables"} <= did
    office.desk.round()  # nothing is done twice
    assert office.of(id).state == "done"


def test_restrict_and_lift(office: Office, shell: Shell) -> None:
    id = office.ask("restrict", "restrict", "--user-id", "u-bob")
    office.desk.round()
    assert (office.of(id).state, json.loads((shell.data / "suppressed.json").read_bytes())["hashes"]) != ("done", [])
    office.again("lift", id)
    office.desk.round()
    assert office.of(id).state == "done"
    assert json.loads((shell.data / "suppressed.json").read_bytes())["hashes"] == []


def test_what_fails_stands_there_without_anybodys_name_and_is_done_later(
    office: Office, shell: Shell, local: Store
) -> None:
    (local.data / "exports").write_text("in the way")
    id = office.ask("export", "access", "--user-id", "u-bob")
    office.desk.round()
    assert office.of(id).state == "failed" and "firsthand doctor" in office.of(id).problem
    (local.data / "exports").unlink()
    office.desk.round()
    assert office.of(id).state == "failed", "not at once"
    office.again("export", id)
    office.desk.round()
    assert office.of(id).state == "done"
    assert said(RuntimeError("select 'u-bob'")) == "RuntimeError; `firsthand doctor` shows what is away"


def test_by_night_and_one_loader_of_a_directory(office: Office, local: Store) -> None:
    from warehouse.cli.nightly import erase_waiting

    id: str = office.shell.json("dsr", "open", "--kind", "erase", "--user-id", "u-bob")["id"]
    office.shell("dsr", "verify", id, "--how", "in person")
    office.again("erase", id, night=True)
    stop = threading.Event()
    threads = [threading.Thread(target=tasks.run, args=(office.found, stop, 0.05)) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        time.sleep(0.3)
        assert (office.of(id).state, "5" in ids(local)) == ("waiting", True)
        erase_waiting(office.found, grace=0)
        deadline = time.monotonic() + 60
        while office.of(id).state != "done" and time.monotonic() < deadline:
            time.sleep(0.05)
    finally:
        stop.set()
        for thread in threads:
            thread.join(30)
    assert office.of(id).state == "done" and "5" not in ids(local)


def test_old_exports_are_swept(tmp_path: Path) -> None:
    from warehouse.cli import exporting

    (folder := exporting.folder(tmp_path)).chmod(0o700)
    for name in ("a.zip", ".a.zip.1.tmp"):
        (folder / name).write_bytes(b"x")
    now = time.time()
    assert exporting.sweep(tmp_path, now, 7) == 0
    assert exporting.sweep(tmp_path, now + 2 * 86_400, 7) == 1, "a draft"
    assert exporting.sweep(tmp_path, now + 8 * 86_400, 7) == 1
    assert list(folder.iterdir()) == []


KILLED = """
import os, signal, sys
from warehouse.cli import main, tasks
at, real = sys.argv.pop(1), tasks._Tell.step
def step(self, name):
    real(self, name)
    if name == at:
        os.kill(os.getpid(), signal.SIGKILL)
tasks._Tell.step = step
main()
"""


@pytest.mark.slow
@pytest.mark.parametrize("step", ["rewrite", "swap", "delete", "certificate"])
def test_a_killed_loader_goes_on_at_its_next_start(office: Office, shell: Shell, local: Store, step: str) -> None:
    id = office.ask("erase", "erase", "--email", MAIL)
    words, environ = ["load", "--data", str(local.data)], os.environ | {"FIRSTHAND_ERASE_GRACE_SECONDS": "0"}
    killed = subprocess.run([sys.executable, "-c", KILLED, step, *words], env=environ, capture_output=True, timeout=120)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert office.of(id).state == "running"
    next_ = subprocess.Popen([sys.executable, "-m", "warehouse.cli", *words], env=environ, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 120
        while office.of(id).state != "done":
            assert time.monotonic() < deadline and next_.poll() is None, office.of(id)
            time.sleep(0.1)
    finally:
        next_.terminate()
        next_.wait(60)
    assert ids(local) == ["5"]
    assert shell.json("dsr", "check", str(local.data / "certificates" / f"{id}.json")) == {"certified": True}
