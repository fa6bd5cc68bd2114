"""The real programs on one data directory, for tests that hurt them: start, look inside, kill, stop, read back.

Everything runs as its own process from the command line, as in production. Processes are ended by the pids that this
module started (and the workers below them), also when a test fails; what they said is in `log`.
"""

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
from click.testing import CliRunner

from collector.spool import reader as spool_reader
from tests.stores import Store, free_port
from warehouse.cli.source import add
from warehouse.query import Reader

# How long a test waits before it fails. They are no claims: a machine that others use may stand still for seconds
PATIENCE = 60.0
START_SECONDS = 90.0
DRAIN_SECONDS = 90.0


@dataclass
class Stack:
    """One data directory and the processes on it. `environ` is added to each process's environment."""

    store: Store
    environ: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    _started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def data(self) -> Path:
        return self.store.data

    @property
    def spool(self) -> Path:
        return self.data / "spool"

    @property
    def log(self) -> Path:
        """What all processes wrote to standard error."""
        return self.data.parent / "stack.log"

    def said(self) -> str:
        return self.log.read_text() if self.log.exists() else ""

    # ---- processes ----------------------------------------------------------------------------------

    def start(self, *arguments: str, environ: dict[str, str] | None = None, **options: Any) -> subprocess.Popen[bytes]:
        """`firsthand` with these arguments, in the background."""
        self.data.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                self._command(*arguments),
                env=self._environ(environ),
                cwd=self.data.parent,
                stdin=subprocess.DEVNULL,
                stdout=options.pop("stdout", subprocess.DEVNULL),
                stderr=log,
                **options,
            )
        self._started.append(process)
        return process

    def run(self, *arguments: str) -> str:
        """`firsthand` with these arguments to its end; its output. Fails if it does."""
        self.data.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(
            self._command(*arguments), env=self._environ(None), cwd=self.data.parent, capture_output=True, text=True,
            timeout=240,
        )  # fmt: skip
        assert done.returncode == 0, f"firsthand {' '.join(arguments)}: exit {done.returncode}\n{done.stderr}"
        return done.stdout

    def _command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "warehouse.cli", *arguments, "--data", str(self.data)]

    def _environ(self, more: dict[str, str] | None) -> dict[str, str]:
        mine = {name: value for name, value in os.environ.items() if not name.startswith("FIRSTHAND_")}
        source = {"PYTHONPATH": str(Path(__file__).parents[2])}
        return mine | source | self.store.environ() | self.environ | (more or {})

    def serve(self, workers: int = 1, **options: Any) -> subprocess.Popen[bytes]:
        """Collector workers only, started and answering."""
        process = self.start("serve", "--port", str(self.port), "--workers", str(workers), **options)
        self.wait_ready(process, workers)
        return process

    def load(self, **options: Any) -> subprocess.Popen[bytes]:
        """The loader (started, perhaps not yet loading)."""
        return self.start("load", **options)

    def load_once(self) -> dict[str, Any]:
        """Load what is sealed and say what was done."""
        report: dict[str, Any] = json.loads(self.run("load", "--once", "--json"))
        return report

    def up(self, *arguments: str, **options: Any) -> subprocess.Popen[bytes]:
        """Collector and loader, supervised; ready."""
        process = self.start("up", "--port", str(self.port), "--json", *arguments, stdout=subprocess.PIPE, **options)
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, f"`firsthand up` ended with {process.wait(PATIENCE)}\n{self.said()}"
        assert json.loads(line)["collector"] == f"http://127.0.0.1:{self.port}"
        return process

    def wait_ready(self, process: subprocess.Popen[bytes], workers: int = 1) -> None:
        def answering() -> bool:
            assert process.poll() is None, f"the collector ended with {process.returncode}\n{self.said()}"
            return self.get("/healthz")[0] == 200 and len(self.workers(process)) >= workers

        wait_for(answering, "the collector", START_SECONDS)

    @staticmethod
    def workers(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
        """The living worker processes below a collector."""
        with suppress(psutil.NoSuchProcess):
            return [c for c in psutil.Process(process.pid).children() if c.status() != psutil.STATUS_ZOMBIE]
        return []

    def stop(self, process: subprocess.Popen[bytes], seconds: float = DRAIN_SECONDS) -> int:
        """SIGTERM and wait; the exit code."""
        process.send_signal(signal.SIGTERM)
        return process.wait(seconds)

    def close(self) -> None:
        """End all that was started, and what that started, by pid."""
        for process in self._started:
            with suppress(psutil.NoSuchProcess):
                family = [*psutil.Process(process.pid).children(recursive=True), psutil.Process(process.pid)]
                for one in family:
                    with suppress(psutil.NoSuchProcess):
                        one.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()

    # ---- looking inside -------------------------------------------------------------------------------

    def add_source(self, name: str = "shop") -> str:
        """A source that takes events without a consent choice; its write key."""
        return self.made_source(name, "--mode", "opt_out")

    def made_source(self, name: str, *options: str) -> str:
        """`firsthand source add`, in this process, because Python's start takes longer than it; the write key."""
        self.data.mkdir(parents=True, exist_ok=True)
        environ: dict[str, str | None] = {name: None for name in os.environ if name.startswith("FIRSTHAND_")}
        environ |= self.store.environ() | self.environ
        before = os.umask(0o077)  # as the program does
        try:
            done = CliRunner().invoke(add, [name, *options, "--json", "--data", str(self.data)], env=environ)
        finally:
            os.umask(before)
        assert done.exit_code == 0, f"firsthand source add {name}: exit {done.exit_code}\n{done.output}"
        return str(json.loads(done.stdout)["writeKey"])

    def get(self, path: str) -> tuple[int, bytes]:
        """Status and body of a GET; status 0 if nobody answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            return 0, b""
        finally:
            connection.close()

    def sealed(self) -> int:
        return len(spool_reader.sealed(self.spool))

    def segments(self, suffix: str) -> list[Path]:
        """All spool files with this suffix (`.open`, `.sealed`)."""
        return sorted(self.spool.glob(f"*/*{suffix}"))

    def rows(self, sql: str) -> list[dict[str, Any]]:
        """Rows of a query, read in this process."""
        with Reader(self.store.config) as found:
            return found.query(sql).objects()

    def settle(self) -> dict[str, Any]:
        """Load until the spool holds nothing sealed (collector stopped); the last report."""
        report = self.load_once()
        for _ in range(5):
            if not self.segments(".sealed") and not self.segments(".open"):
                break
            report = self.load_once()
        return report


@contextmanager
def stack_on(store: Store, **environ: str) -> Iterator[Stack]:
    """A stack with `commit_interval` 1 and these settings (`seal_seconds="2"`); everything ended afterwards."""
    settings = {f"FIRSTHAND_{name.upper()}": value for name, value in environ.items()}
    stack = Stack(store, {"FIRSTHAND_COMMIT_INTERVAL": "1"} | settings)
    try:
        yield stack
    finally:
        stack.close()


def wait_for(condition: Callable[[], bool], what: str, seconds: float = PATIENCE) -> float:
    """Poll until true; the seconds it took. Fails with `what` after `seconds`."""
    started = time.monotonic()
    while not condition():
        if time.monotonic() - started > seconds:
            raise AssertionError(f"waited {seconds:.0f} s for {what}")
        time.sleep(0.05)
    return time.monotonic() - started


@dataclass(frozen=True)
class Audit:
    """What was acknowledged against what the tables hold. Numbers of events; `raw_repeats` rows in `events_raw`."""

    sent: int
    acknowledged: int
    committed: int
    lost: int
    doubled: int
    invented: int
    raw_repeats: int

    @property
    def exact(self) -> bool:
        return self.lost == self.doubled == self.invented == 0


def audit(stack: Stack, sent: Iterable[str], acknowledged: Iterable[str]) -> Audit:
    """Compare message ids. An unanswered event may be there or not; an invented one was never sent."""
    sent, acknowledged = set(sent), set(acknowledged)
    seen = Counter(row["event_id"] for row in stack.rows("select event_id from events"))
    raw = stack.rows("select count(*) - count(distinct event_id) as repeats from events_raw")[0]["repeats"]
    doubled = sum(count - 1 for count in seen.values())
    return Audit(len(sent), len(acknowledged), len(seen), len(acknowledged - seen.keys()), doubled,
                 len(seen.keys() - sent), raw)  # fmt: skip


def metric(text: str, name: str) -> float:
    """The value of an unlabelled metric in Prometheus' text form."""
    found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)
    assert found, f"{name} is not in /metrics"
    return float(found.group(1))
