"""`firsthand up` when its parts die, when it dies itself, and when its port is taken."""

import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress

import psutil
import pytest

from tests.integration.load import Load
from tests.integration.stack import PATIENCE, Stack, audit, stack_on, wait_for
from tests.stores import Store

THREADS = 3  # of the load


def running(up: subprocess.Popen[bytes], command: str) -> list[psutil.Process]:
    """The living children of `firsthand up` that run this command; one that has just been forked does not yet."""
    return [c for c in psutil.Process(up.pid).children() if alive(c) and words(c)[3:4] == [command]]


def words(process: psutil.Process) -> list[str]:
    with suppress(psutil.NoSuchProcess):
        return process.cmdline()
    return []


def part(up: subprocess.Popen[bytes], command: str) -> psutil.Process:
    """The child of `firsthand up` that runs this command, once it does."""
    wait_for(lambda: len(running(up, command)) == 1, f"one process that runs {command}")
    [found] = running(up, command)
    return found


def alive(process: psutil.Process) -> bool:
    """It may end between two looks."""
    with suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def gone(processes: list[psutil.Process]) -> bool:
    return not any(map(alive, processes))


def test_nothing_outlives_a_killed_supervisor(local: Store) -> None:
    with stack_on(local) as stack:
        key = stack.add_source()
        process = stack.up("--workers", "2")
        family = psutil.Process(process.pid).children(recursive=True)
        assert len(family) == 4, "collector, two workers, loader"
        with Load(stack.port, key) as load:
            wait_for(lambda: len(load.acknowledged) > 100, "events")
            process.kill()
            wait_for(lambda: gone(family), f"the end of {family}")
            load.stop(0)
        assert stack.segments(".open") == [], "the collector drained although nobody asked it to"
        stack.settle()
        found = audit(stack, load.sent, load.acknowledged)
        assert found.exact, f"{found}\n{stack.said()[-5000:]}"


def test_what_dies_comes_back(local: Store) -> None:
    """The collector's main process, then the loader twice; the collector never notices the latter."""
    with stack_on(local) as stack:
        key = stack.add_source()
        process = stack.up("--workers", "2")
        with Load(stack.port, key, threads=THREADS) as load:
            collector = part(process, "serve")
            workers = collector.children()
            collector.kill()
            wait_for(lambda: gone(workers), "the end of its workers")
            wait_for(lambda: stack.get("/healthz")[0] == 200, "a new collector")
            before = load.acknowledged
            # each client has been answered by the new one, and has no connection to the old one any more
            wait_for(lambda: len({id.split("-")[1] for id in load.acknowledged - before}) == THREADS, "events")
            unanswered = load.statuses[0]
            for _ in range(2):
                loader = part(process, "load")
                loader.kill()
                wait_for(lambda: gone([loader]) and replaced(process, loader), "a new loader")  # noqa: B023
            assert load.statuses[0] == unanswered
            load.stop()
        assert stack.stop(process) == 0, stack.said()
        assert "collector ended unexpectedly (exit -9); starting it again in 0.4 s" in stack.said()
        assert "loader ended unexpectedly (exit -9); starting it again in 0.4 s" in stack.said()
        assert "loader ended unexpectedly (exit -9); starting it again in 0.8 s" in stack.said()
        stack.settle()
        found = audit(stack, load.sent, load.acknowledged)
        assert found.exact, f"{found}\n{stack.said()[-5000:]}"
        assert found.acknowledged == found.sent


def replaced(up: subprocess.Popen[bytes], old: psutil.Process) -> bool:
    return any(c.pid != old.pid for c in running(up, "load"))


@pytest.mark.parametrize(("command", "how"), [("up", "option"), ("up", "setting"), ("serve", "option")])
def test_a_port_in_use_is_said_so(local: Store, command: str, how: str) -> None:
    with stack_on(local) as stack, socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)  # as the collector itself does
        other.bind(("127.0.0.1", stack.port))
        other.listen()
        if how == "option":
            process = stack.start(command, "--port", str(stack.port))
        else:
            process = stack.start(command, environ={"FIRSTHAND_PORT": str(stack.port)})
        assert process.wait(PATIENCE) == 2
        assert stack.said().splitlines() == [
            f"error: port {stack.port} of 127.0.0.1 is in use; choose another with --port, or end what uses it"
        ]


WATCH = """
import sys
import warehouse.cli.supervisor as supervisor
supervisor.HEALTHY_SECONDS = {healthy}
steady = supervisor.Child("steady", [sys.executable, "-c", "import time; time.sleep(60)"])
crashing = supervisor.Child("crashing", [sys.executable, "-c", "import time; time.sleep({lives}); raise SystemExit(3)"])
crashing.failures = {failures}
sys.exit(supervisor.Supervisor([steady, crashing], print, 5).run(lambda: print("up", flush=True)))
"""


def watched(stack: Stack, **values: float) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-u", "-c", WATCH.format(**values)], stdout=subprocess.PIPE, text=True)


def test_what_never_worked_is_given_up(local: Store) -> None:
    with stack_on(local) as stack:
        process = watched(stack, healthy=30, lives=0, failures=3)
        said, _ = process.communicate(timeout=PATIENCE)
        assert process.returncode == 1
        assert said.splitlines() == [
            "up",
            "crashing ended unexpectedly (exit 3); starting it again in 3.2 s",
            "crashing fails at every start (exit 3); giving up. `firsthand doctor` may tell why",
        ]


def test_what_worked_once_is_tried_for_ever(local: Store) -> None:
    """A loader that begins to crash after days must not take the collector down with it."""
    with stack_on(local) as stack:
        process = watched(stack, healthy=0.2, lives=0.5, failures=0)
        assert process.stdout is not None
        try:
            said = [process.stdout.readline() for _ in range(5)]
            children = psutil.Process(process.pid).children()
            assert process.poll() is None
            assert any("60" in c.cmdline()[-1] for c in children)
        finally:
            process.send_signal(signal.SIGTERM)
            rest, _ = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0
        assert ["ended unexpectedly (exit 3)" in line for line in said] == [False, True, True, True, True]
        assert not any("giving up" in line for line in [*said, rest])


def test_two_signals_end_a_worker_as_well_as_one(local: Store) -> None:
    """Ctrl-C reaches workers and parent, and a dying parent signals once a thread; a request holds the drain up."""
    with stack_on(local) as stack, socket.socket() as slow:
        collector = stack.serve(workers=1)
        [worker] = stack.workers(collector)
        slow.connect(("127.0.0.1", stack.port))
        slow.sendall(b"POST /v1/batch HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{")
        time.sleep(0.2)
        worker.send_signal(signal.SIGINT)
        time.sleep(0.2)
        worker.send_signal(signal.SIGTERM)
        time.sleep(0.2)
        slow.close()
        wait_for(lambda: gone([worker]), "the worker's end")
