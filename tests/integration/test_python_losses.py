"""The Python SDK's promise about loss, broken on purpose in real processes. The last test reads the rows and judges."""

import json
import os
import random
import signal
import subprocess
import sys
import textwrap
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.contract.scripted import Reply, Scripted
from tests.e2e.stack import Installation
from tests.integration.disk import small_disk
from tests.integration.field import HEAD, Field, table
from tests.integration.hosts import CELERY, FROZEN, listens, serve
from tests.integration.stack import wait_for
from tests.stores import free_port, local_store

# Scenarios without a spool may lose: what waited in memory when the process was killed, and no more
MAY_LOSE: dict[str, int] = {}


@pytest.fixture(scope="module")
def field(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Field]:
    folder = tmp_path_factory.mktemp("losses")
    stack = Installation(local_store(folder / "data"))
    key = stack.source("orders", "--kind", "server")
    stack.begin()
    try:
        yield Field(stack, key, folder)
    finally:
        stack.end()


# ---- processes that end ---------------------------------------------------------------------------------------------


def kill_rounds(field: Field, scenario: str, rounds: int, spool: bool, least: float = 0.0) -> None:
    """SIGKILL at a random moment of a program that tracks about 2,000 events/s while its worker delivers."""
    chance = random.Random(9)
    for _ in range(rounds):
        before = len(field.told(scenario))
        process = field.start(scenario, "tell_many(10**9, 0.0005)", spool=spool, batch_seconds=0.05)
        field.wait_told(scenario, before + 1)
        time.sleep(chance.uniform(least, least + 0.4))
        process.kill()
        process.communicate()


def test_kill_with_a_spool(field: Field) -> None:
    kill_rounds(field, "kill -9, spool", 5, spool=True)
    field.drain("kill -9, spool")


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_hundred_kills_with_a_spool(field: Field) -> None:
    kill_rounds(field, "100 kill -9, spool", 100, spool=True)
    field.drain("100 kill -9, spool", timeout=120)
    judge(field, "100 kill -9, spool")


# without a spool, as the docs say: what was captured in the last `batch_seconds`, and the batch on the way
MAY_LOSE_A_KILL = int(2_000 * 0.05) + 100


def test_kill_without_a_spool(field: Field) -> None:
    kill_rounds(field, "kill -9", 3, spool=False, least=0.6)
    MAY_LOSE["kill -9"] = 3 * MAY_LOSE_A_KILL
    assert len(field.told("kill -9")) > MAY_LOSE["kill -9"] + 100, "too few to show anything"


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_hundred_kills_without_a_spool(field: Field) -> None:
    kill_rounds(field, "100 kill -9", 100, spool=False)
    judge(field, "100 kill -9", 100 * MAY_LOSE_A_KILL)


@pytest.mark.parametrize(
    ("end", "code"),
    [
        ("return", ""),
        ("sys.exit", "sys.exit(3)"),
        ("exception", "raise KeyError('of the host')"),
        ("SIGTERM handled", "signal.signal(signal.SIGTERM, lambda *_: sys.exit(0)); os.kill(os.getpid(), 15)"),
    ],
)
def test_exit_without_flush(field: Field, end: str, code: str) -> None:
    field.run(f"exit by {end}", f"tell_many(500)\n{code}")


@pytest.mark.parametrize(("end", "code"), [("os._exit", "os._exit(0)"), ("SIGTERM", "os.kill(os.getpid(), 15)")])
def test_ends_that_run_no_exit_handlers(field: Field, end: str, code: str) -> None:
    field.run(f"{end}, spool", f"tell_many(500)\n{code}", spool=True)
    field.drain(f"{end}, spool")


def test_fork_storm(field: Field) -> None:
    """Four threads track while thirty children are forked, one after the other; each tracks and leaves."""
    code = """
        firsthand.configure(batch_seconds=0.05)
        stop = threading.Event()
        def busy():
            while not stop.is_set():
                tell(); time.sleep(0.001)
        threads = [threading.Thread(target=busy) for _ in range(4)]
        for t in threads: t.start()
        for n in range(30):
            pid = os.fork()
            if pid == 0:
                tell_many(5)
                if {flush}: firsthand.flush(60)
                os._exit(0)
            os.waitpid(pid, 0)
        stop.set()
        for t in threads: t.join()
    """
    field.run("fork storm, children flush", code.replace("{flush}", "True"))
    field.run("fork storm, spool", code.replace("{flush}", "False"), spool=True)
    field.drain("fork storm, spool")


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_multiprocessing(field: Field, method: str) -> None:
    scenario = f"multiprocessing {method}"
    program = field.folder / f"mp_{method}.py"
    program.write_text(
        HEAD
        + textwrap.dedent(f"""
        import multiprocessing
        if __name__ == "__main__":
            tell_many(10)
            with multiprocessing.get_context({method!r}).Pool(3) as pool:
                pool.map(tell_many, [20] * 6)
                pool.close(); pool.join()
        """)
    )
    done = subprocess.run([sys.executable, str(program)], env=field.environ(scenario), timeout=120, check=False,
                          capture_output=True, text=True)  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


# ---- servers that fork ----------------------------------------------------------------------------------------------


def test_gunicorn_preload(field: Field) -> None:
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "--preload", "-w", "4", "-b", f"127.0.0.1:{port}", "shop_wsgi"]
    serve(field, "gunicorn --preload, 4 workers", command, port, 400)


@pytest.mark.parametrize("threads", [["--enable-threads"], pytest.param([], marks=pytest.mark.slow)])
def test_uwsgi_prefork(field: Field, threads: list[str]) -> None:
    port = free_port()
    uwsgi = Path(sys.executable).with_name("uwsgi")
    command = [str(uwsgi), "--http-socket", f"127.0.0.1:{port}", "--master", "--processes", "4", "--die-on-term",
               "--virtualenv", sys.prefix, "--module", "shop_wsgi", *threads]  # fmt: skip
    scenario = f"uwsgi, 4 processes{', threads' if threads else ''}"
    serve(field, scenario, command, port, 200)
    if not threads:
        judge(field, scenario)


def test_celery_prefork(field: Field, tmp_path: Path) -> None:
    scenario = "celery, 2 processes"
    (field.folder / "shop_celery.py").write_text(HEAD + CELERY)
    (tmp_path / "queue").mkdir()
    environ = {**field.environ(scenario), "BROKER": str(tmp_path / "queue")}
    send = """
import shop_celery, firsthand
for n in range(60):
    with firsthand.context(user_id=f"u-{n}", consent={"analytics": True}):
        shop_celery.paid.delay(n)
"""
    done = subprocess.run([sys.executable, "-c", send], env=environ, cwd=field.folder, capture_output=True, text=True,
                          timeout=120, check=False)  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    command = [sys.executable, "-m", "celery", "-A", "shop_celery", "worker", "--concurrency", "2", "--pool", "prefork",
               "--without-gossip", "--without-mingle", "--without-heartbeat"]  # fmt: skip
    with (tmp_path / "worker.log").open("w") as log:
        worker = subprocess.Popen(command, env=environ, cwd=field.folder, stdout=log, stderr=log)
        try:
            wait_for(lambda: len(field.told(scenario)) >= 62, "the tasks")
            worker.send_signal(signal.SIGTERM)
            worker.wait(60)
        finally:
            worker.kill()
            worker.wait()
    users = field.stack.wait_rows(f"select user_id from events where event = '{scenario}' and user_id like 'u-%'", 60)
    assert len({row["user_id"] for row in users}) == 60, "each task knew who had caused it"


def test_frozen_between_requests(field: Field) -> None:
    """As functions in a cloud are: stopped when the response is complete, and in the end gone for good."""
    scenario, port = "frozen after each request (SIGSTOP)", free_port()

    def invoke() -> None:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=90).read()

    with Scripted(forward=field.stack.base) as sink:
        process = field.start(scenario, FROZEN.replace("PORT", str(port)), sink.endpoint, batch_seconds=60,
                              request_timeout=1)  # fmt: skip
        try:
            wait_for(lambda: listens(port), "the function")
            for n in range(6):
                invoke()
                process.send_signal(signal.SIGSTOP)
                assert {m["messageId"] for m in sink.messages} == set(field.told(scenario)), "nothing is left behind"
                if n % 2:
                    sink._server.cut_connections()
                time.sleep(0.2)
                process.send_signal(signal.SIGCONT)
            # frozen in the middle of a request, until it is too late for the answer
            sink.replies.append(Reply(after=1.6))
            during, before = threading.Thread(target=invoke), len(sink.batches)
            during.start()
            assert sink.wait(lambda s: len(s.batches) > before)
            process.send_signal(signal.SIGSTOP)
            time.sleep(1.2)
            process.send_signal(signal.SIGCONT)
            during.join(90)
            process.send_signal(signal.SIGSTOP)
        finally:
            process.kill()
            process.communicate()
    assert len(field.told(scenario)) == 35


# ---- collectors and networks that fail ------------------------------------------------------------------------------


def away(field: Field, scenario: str, seconds: float, count: int) -> None:
    """Nobody listens for `seconds`; then a collector does."""
    port = free_port()
    endpoint = f"http://127.0.0.1:{port}"
    process = field.start(scenario, f"tell_many({count}, 0.001)", endpoint, queue_events=100_000)
    time.sleep(seconds)
    with Scripted(port=port, forward=field.stack.base):
        process.communicate(timeout=120)


def test_a_collector_that_is_away_for_three_seconds(field: Field) -> None:
    away(field, "collector away 3 s", 3, 2_000)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_collector_that_is_away_for_a_minute(field: Field) -> None:
    away(field, "collector away 60 s", 60, 50_000)
    judge(field, "collector away 60 s")


def test_sinks_that_misbehave(field: Field) -> None:
    chance = random.Random(4)
    bad = [Reply(429, {"Retry-After": "0"}), Reply(503), Reply(500), Reply(act="garbage"), Reply(act="cut"),
           Reply(act="close"), Reply(act="lost"), Reply(body=b"<html>Welcome</html>"),
           Reply(act="drip", delay=0.05)]  # fmt: skip
    with Scripted(forward=field.stack.base) as sink:
        sink.otherwise = lambda _request: chance.choice(bad) if chance.random() < 0.5 else Reply()
        scenario = "429, 503, garbage, cut, closed, slow-loris"
        code = "tell_many(800, 0.0005)\nfirsthand.flush(150)"
        field.run(scenario, code, sink.endpoint, timeout=240, request_timeout=0.4, batch_events=50)
        field.notes[scenario] = f"{len(sink.batches)} requests"
        assert len(sink.batches) > 6


def test_names_that_cannot_be_resolved(field: Field) -> None:
    code = """
        real, until = socket.getaddrinfo, time.monotonic() + 1.5
        def failing(*a, **k):
            if time.monotonic() < until: raise socket.gaierror(-3, "Temporary failure in name resolution")
            return real(*a, **k)
        socket.getaddrinfo = failing
        tell_many(300, 0.001)
        firsthand.flush(60)
    """
    field.run("no DNS for 1.5 s", code)


def test_clocks_that_jump(field: Field) -> None:
    code = """
        real, real_ns = time.time, time.time_ns
        for hours in (0, -30, 50, -2):
            time.time = lambda: real() + hours * 3600
            time.time_ns = lambda: real_ns() + hours * 3600 * 10**9
            tell_many(100)
            firsthand.flush(60)
    """
    field.run("clock -30 h, +50 h", code, spool=True)


# ---- disks that fail ------------------------------------------------------------------------------------------------


def test_a_full_disk(field: Field) -> None:
    """Durability is lost while it is full, events are not."""
    scenario = "full disk, spool"
    code = """
        tell_many(300, 0.001)
        while not os.path.exists("full"): time.sleep(0.01)
        tell_many(300, 0.001)
        firsthand.flush(60)
        print(firsthand.stats().unspooled, firsthand.stats().pending)
    """
    running: list[psutil.Process] = []
    with small_disk(field.spool(scenario), lambda: running) as disk:
        process = field.start(scenario, code, spool=True)
        running.append(psutil.Process(process.pid))
        field.wait_told(scenario, 300)
        disk.fill()
        (field.folder / "full").touch()
        out, _ = process.communicate(timeout=120)
    unspooled, pending = map(int, out.split())
    field.notes[scenario] = f"{unspooled} in memory only"
    assert (unspooled > 200, pending) == (True, 0)


UNSPOOLED = "tell_many(300)\nprint(firsthand.stats().unspooled, file=sys.stderr)"


def test_a_directory_that_is_read_only(field: Field) -> None:
    scenario = "read-only spool directory"
    with small_disk(field.spool(scenario), list) as disk:
        disk.seal()
        said = field.run(scenario, UNSPOOLED, spool=True)
    assert said.splitlines()[-1] == "300"
    assert "spool: unusable" in said


def test_a_directory_that_cannot_be_made(field: Field) -> None:
    said = field.run("spool directory that cannot be made", UNSPOOLED, spool_dir="/proc/firsthand")
    assert said.splitlines()[-1] == "300"
    assert "spool: unusable" in said


# ---- a person who tries a key ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "key", "code", "found"),
    [
        (["doctor"], "", 0, {"ok": True}),
        (["doctor"], "fh_nobody", 1, {"ok": False}),
        (["send", "Ping", "--user-id", "u", "--consent", "analytics"], "", 0, {"verdict": "accepted"}),
        (["send", "Ping", "--user-id", "u", "--consent", "analytics"], "fh_nobody", 1, {"verdict": "not sent"}),
    ],
)
def test_doctor_and_send_against_a_real_collector(field: Field, arguments: list[str], key: str, code: int,
                                                  found: dict[str, object]) -> None:  # fmt: skip
    environ = {**os.environ, "FIRSTHAND_ENDPOINT": field.stack.base, "FIRSTHAND_WRITE_KEY": key or field.key}
    done = subprocess.run([sys.executable, "-m", "firsthand", *arguments, "--json"], env=environ, capture_output=True,
                          text=True, timeout=120, check=False)  # fmt: skip
    assert done.returncode == code, done.stdout
    assert found.items() <= json.loads(done.stdout).items()


# ---- the verdict ----------------------------------------------------------------------------------------------------


def judge(field: Field, scenario: str, may_lose: int = 0) -> None:
    """The verdict on one scenario now, for the long ones."""
    MAY_LOSE[scenario] = may_lose
    [outcome] = field.audit(MAY_LOSE, [scenario])
    print("\n" + table([outcome]))
    assert outcome.doubled == 0
    assert outcome.lost <= may_lose
    assert outcome.tracked > 0


def test_in_the_end_each_event_is_one_row(field: Field) -> None:
    outcomes = field.audit(MAY_LOSE)
    print("\n" + table(outcomes))
    assert {o.scenario: o.doubled for o in outcomes if o.doubled} == {}
    assert {o.scenario: o.lost for o in outcomes if o.lost > MAY_LOSE.get(o.scenario, 0)} == {}
    assert [o.scenario for o in outcomes if o.tracked == 0] == []
    assert outcomes, "this runs after the scenarios above"
