"""The supervisor with real children: started, restarted with back-off, stopped in order, none left behind."""

import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from warehouse.cli.supervisor import Child, Supervisor

# Says its name when it begins and when it is asked to end
POLITE = """
import pathlib, signal, sys, time
name, book = sys.argv[1], pathlib.Path(sys.argv[2])
def write(line):
    with book.open("a") as file: file.write(line + "\\n")
def end(*_):
    time.sleep(float(sys.argv[3]) if len(sys.argv) > 3 else 0)
    write(f"{name} ended")
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
write(f"{name} began")
while True: time.sleep(0.05)
"""


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "book"
    path.touch()
    return path


def child(name: str, code: str, *arguments: str) -> Child:
    return Child(name, [sys.executable, "-c", code, name, *arguments])


def wait_for(book: Path, line: str, times: int = 1) -> None:
    deadline = time.monotonic() + 60
    while book.read_text().splitlines().count(line) < times:
        assert time.monotonic() < deadline, book.read_text()
        time.sleep(0.02)


@pytest.fixture(autouse=True)
def signals_as_before() -> object:
    before = {name: signal.getsignal(name) for name in (signal.SIGTERM, signal.SIGINT)}
    yield
    for name, handler in before.items():
        signal.signal(name, handler)


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_children_begin_and_end_in_order(book: Path) -> None:
    children = [child("collector", POLITE, str(book), "0.3"), child("loader", POLITE, str(book))]
    supervisor = Supervisor(children, lambda text: None, grace=10)

    def ready() -> None:
        wait_for(book, "collector began")
        wait_for(book, "loader began")
        supervisor.stop()

    assert supervisor.run(ready) == 0
    assert book.read_text().splitlines()[2:] == ["collector ended", "loader ended"]


def test_a_child_that_dies_is_started_again_and_it_is_said(book: Path) -> None:
    said: list[str] = []
    one = child("collector", POLITE, str(book))
    supervisor = Supervisor([one], said.append, grace=10)

    def stop_when_back() -> None:
        wait_for(book, "collector began", 2)
        supervisor.stop()

    def ready() -> None:
        wait_for(book, "collector began")
        assert one.process is not None
        one.process.kill()
        threading.Thread(target=stop_when_back).start()

    assert supervisor.run(ready) == 0
    assert len(said) == 1
    assert "collector ended unexpectedly" in said[0]


def test_a_child_that_never_comes_up_ends_it_all(book: Path) -> None:
    said: list[str] = []
    children = [child("loader", POLITE, str(book)), child("collector", "raise SystemExit(3)")]
    assert Supervisor(children, said.append, grace=10).run() == 1
    assert "fails at every start (exit 3)" in said[-1]
    assert book.read_text().splitlines()[-1] == "loader ended"  # asked, not killed


def test_what_was_typed_or_set_wrongly_is_not_tried_again(book: Path) -> None:
    said: list[str] = []
    assert Supervisor([child("collector", "raise SystemExit(2)")], said.append, grace=10).run() == 2
    assert said == ["collector cannot start: see above"]


def test_who_does_not_end_in_time_is_killed(book: Path) -> None:
    said: list[str] = []
    slow = child("collector", POLITE, str(book), "60")
    supervisor = Supervisor([slow], said.append, grace=0.5)

    def ready() -> None:
        wait_for(book, "collector began")
        supervisor.stop()

    assert supervisor.run(ready) == 1
    assert slow.process is not None
    assert is_gone(slow.process.pid)
    assert "did not end within" in said[-1]
