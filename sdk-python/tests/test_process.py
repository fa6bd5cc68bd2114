"""Forks, exits and children: real processes, a real server. Nothing hangs, nothing is doubled, nothing is silent."""

import os
import subprocess
import sys
import textwrap
import time
from collections import Counter
from collections.abc import Callable

import pytest
from tests.contract.scripted import Reply, Scripted

from firsthand import Client

YES = {"analytics": True}
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


def run(code: str, collector: Scripted, timeout: float = 30, **environ: str) -> subprocess.CompletedProcess[str]:
    """A fresh interpreter with the SDK configured by its environment."""
    given = {"FIRSTHAND_WRITE_KEY": "k", "FIRSTHAND_ENDPOINT": collector.endpoint, **environ}
    head = "import firsthand, os, sys, threading, time\nYES = {'analytics': True}\n"
    return subprocess.run(
        [sys.executable, "-c", head + textwrap.dedent(code)],
        env={**os.environ, **given},
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def names(collector: Scripted) -> Counter[str]:
    return Counter(m["event"] for m in collector.messages)


def test_exit_delivers_what_is_waiting(collector: Scripted) -> None:
    done = run("for n in range(250): firsthand.track('X', user_id='u', consent=YES)", collector)
    assert (done.returncode, done.stderr) == (0, "")
    assert names(collector) == {"X": 250}


def test_exit_handlers_of_the_host_may_still_track(collector: Scripted) -> None:
    code = """
        import atexit
        firsthand.configure()
        atexit.register(lambda: firsthand.track('last words', user_id='u', consent=YES))
    """
    done = run(code, collector)
    assert (done.returncode, done.stderr) == (0, "")
    assert names(collector) == {"last words": 1}


def test_exit_with_a_dead_collector_ends_in_time_and_says_what_is_left(collector: Scripted) -> None:
    collector.otherwise = lambda _request: Reply(act="hang")
    began = time.monotonic()
    done = run(
        "for n in range(7): firsthand.track('X', user_id='u', consent=YES)", collector, FIRSTHAND_EXIT_TIMEOUT="1"
    )
    assert done.returncode == 0
    assert time.monotonic() - began < 8
    assert done.stderr == (
        f"firsthand: 7 events were not delivered to {collector.endpoint} before exit (sent 0, dropped 0, rejected 0)\n"
    )


def test_exit_by_an_exception_and_by_sys_exit(collector: Scripted) -> None:
    done = run("firsthand.track('X', user_id='u', consent=YES)\nraise KeyError('host')", collector)
    assert done.returncode == 1
    assert "KeyError" in done.stderr
    done = run("firsthand.track('Y', user_id='u', consent=YES)\nsys.exit(3)", collector)
    assert done.returncode == 3
    assert names(collector) == {"X": 1, "Y": 1}


def test_a_signal_handler_may_shut_down(collector: Scripted) -> None:
    code = """
        import signal
        def stop(*_):
            print(firsthand.shutdown(5).sent)
            sys.exit(0)
        signal.signal(signal.SIGTERM, stop)
        firsthand.configure(batch_seconds=60)
        for n in range(3): firsthand.track('X', user_id='u', consent=YES)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(30)
    """
    done = run(code, collector)
    assert (done.returncode, done.stdout, done.stderr) == (0, "3\n", "")


def test_a_fork_leaves_the_parents_events_to_the_parent(collector: Scripted, client_of: Callable[..., Client]) -> None:
    client = client_of(collector.endpoint, batch_seconds=30)
    for _ in range(10):
        client.track("parent", user_id="u", consent=YES)
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            fresh = client.stats().captured == 0
            client.track("child", user_id="u", consent=YES)
            status = 0 if fresh and client.flush(60) == (1, 0, 0, 0) else 2
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert names(collector) == {"child": 1}
    assert client.flush(60).sent == 10
    assert names(collector) == {"child": 1, "parent": 10}
    assert len({m["messageId"] for m in collector.messages}) == 11


def test_forks_while_threads_track_neither_hang_nor_double(collector: Scripted) -> None:
    code = """
        firsthand.configure(batch_seconds=0.01)
        stop = threading.Event()
        def busy():
            while not stop.is_set():
                firsthand.track('parent', {'pid': os.getpid()}, user_id='u', consent=YES)
                time.sleep(0.0005)
        threads = [threading.Thread(target=busy) for _ in range(4)]
        for t in threads: t.start()
        bad = 0
        for n in range(30):
            pid = os.fork()
            if pid == 0:
                firsthand.track('child', {'pid': os.getpid()}, user_id='u', consent=YES)
                os._exit(0 if firsthand.flush(60).sent == 1 else 1)
            bad += os.waitpid(pid, 0)[1] != 0
        stop.set()
        for t in threads: t.join()
        print(bad, firsthand.flush(60).sent)
    """
    done = run(code, collector, timeout=120)
    assert done.returncode == 0, done.stderr
    bad, sent = map(int, done.stdout.split())
    assert bad == 0
    counts = names(collector)
    assert counts["child"] == 30
    assert counts["parent"] == sent
    assert len({m["messageId"] for m in collector.messages}) == len(collector.messages)


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_multiprocessing_children_deliver_before_they_end(collector: Scripted, tmp_path: object, method: str) -> None:
    script = f"{tmp_path}/main.py"
    with open(script, "w") as file:
        file.write(
            textwrap.dedent(f"""
            import multiprocessing
            import firsthand
            firsthand.configure(batch_seconds=30)
            def work(n):
                firsthand.track("child", {{"n": n}}, user_id="u", consent={{"analytics": True}})
            if __name__ == "__main__":
                firsthand.track("parent", user_id="u", consent={{"analytics": True}})
                context = multiprocessing.get_context({method!r})
                children = [context.Process(target=work, args=(n,)) for n in range(3)]
                for child in children: child.start()
                for child in children: child.join(50)
                assert [c.exitcode for c in children] == [0, 0, 0]
            """)
        )
    given = {"FIRSTHAND_WRITE_KEY": "k", "FIRSTHAND_ENDPOINT": collector.endpoint}
    done = subprocess.run(
        [sys.executable, script], env={**os.environ, **given}, capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert names(collector) == {"child": 3, "parent": 1}


def test_a_closed_client_stays_closed_in_a_child(collector: Scripted, client_of: Callable[..., Client]) -> None:
    client = client_of(collector.endpoint)
    client.shutdown()
    pid = os.fork()
    if pid == 0:
        os._exit(0 if client.track("X", user_id="u", consent=YES) is None else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert collector.requests == []


@pytest.mark.parametrize(
    ("words", "said"),
    [("can't create new thread at interpreter shutdown", ""), ("can't start new thread", "no worker could be started")],
)
def test_where_no_thread_can_be_started_the_exit_delivers(collector: Scripted, words: str, said: str) -> None:
    """Python 3.12 refuses threads while it ends, which is no news; a system that has none left is."""
    code = f"""
        class Refusing(threading.Thread):
            def start(self): raise RuntimeError({words!r})
        threading.Thread = Refusing
        for n in range(3): firsthand.track('X', user_id='u', consent=YES)
    """
    done = run(code, collector)
    assert done.returncode == 0
    assert (said in done.stderr) if said else done.stderr == ""
    assert names(collector) == {"X": 3}


def test_without_stderr_the_exit_is_silent(collector: Scripted) -> None:
    collector.stop()
    code = "firsthand.track('X', user_id='u', consent=YES); sys.stderr = None"
    done = run(code, collector, FIRSTHAND_EXIT_TIMEOUT="0.2")
    assert done.returncode == 0


def test_the_worker_imports_nothing(collector: Scripted) -> None:
    """A fork while another thread imports leaves the child an import lock without an owner: its first send hangs."""
    collector.replies.extend([Reply(503), Reply(act="garbage"), Reply(rejected=({"index": 0, "reason": "bot"},))])
    code = """
        import logging
        logging.basicConfig(level=logging.DEBUG)
        seen = []
        def hook(event, args):
            if event == "import" and threading.current_thread().name == "firsthand": seen.append(args[0])
        sys.addaudithook(hook)
        for n in range(3): firsthand.track('X', {'text': 'x' * 600}, user_id='u', consent=YES)
        assert firsthand.flush(60).sent == 2
        print(seen)
    """
    done = run(code, collector)
    assert (done.returncode, done.stdout) == (0, "[]\n"), done.stderr
