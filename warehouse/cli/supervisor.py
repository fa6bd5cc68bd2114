"""Keeping child processes running: start, restart with back-off, stop in order.

Stopping goes first to last: the collector drains and seals before the loader is asked to load once more, so that a
clean stop leaves an empty spool.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from collector.processes import end_with_parent
from warehouse.cli.common import EXIT_PROBLEM, EXIT_USAGE

MAX_WAIT = 10.0
HEALTHY_SECONDS = 30.0


@dataclass
class Child:
    """One supervised process."""

    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    failures: int = 0
    proven: bool = False  # it ran well for a while once
    due: float = 0.0

    def start(self) -> None:
        parent = os.getpid()
        self.process = subprocess.Popen(
            list(self.arguments),
            env={**os.environ, **self.environment},
            stdin=subprocess.DEVNULL,
            preexec_fn=lambda: end_with_parent(parent),  # noqa: PLW1509 - the supervisor has no other threads
            start_new_session=True,  # Ctrl-C reaches the supervisor only, which stops its children in order
        )
        self.started = time.monotonic()


class Supervisor:
    """Runs children until `stop` is called or one fails at every start. `say` gets one line about what happened."""

    def __init__(self, children: Sequence[Child], say: Callable[[str], None], grace: float) -> None:
        self.children, self._say, self._grace = children, say, grace
        self._stopping = False
        self._failed = EXIT_PROBLEM

    def stop(self, *_: object) -> None:
        """Signal handler: end the loop."""
        self._stopping = True

    def run(self, ready: Callable[[], None] = lambda: None) -> int:
        """Blocks until a signal; returns 0 after a clean stop, else 1, or 2 if a child cannot start as it was set."""
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, self.stop)
        for child in self.children:
            child.start()
        ready()
        while not self._stopping:
            time.sleep(0.1)
            for child in self.children:
                if not self._watch(child):
                    self._end()
                    return self._failed
        return self._end()

    @property
    def stopping(self) -> bool:
        return self._stopping

    def _watch(self, child: Child) -> bool:
        now = time.monotonic()
        if child.process is None:
            if now >= child.due:
                child.start()
            return True
        code = child.process.poll()
        if code is None:
            if now - child.started > HEALTHY_SECONDS:
                child.failures, child.proven = 0, True
            return True
        child.failures += 1
        # Exit code 2: something that was typed or set is wrong, and the child has said what. A later one may be a port
        # that its predecessor still holds
        if code == EXIT_USAGE and child.failures == 1 and not child.proven:
            self._say(f"{child.name} cannot start: see above")
            self._failed = EXIT_USAGE
            return False
        # What never worked is a mistake to correct; what worked is tried for ever: the others must not end with it
        if child.failures >= 5 and now - child.started < 2 and not child.proven:
            self._say(f"{child.name} fails at every start (exit {code}); giving up. `firsthand doctor` may tell why")
            return False
        wait = min(MAX_WAIT, 0.2 * 2**child.failures)
        self._say(f"{child.name} ended unexpectedly (exit {code}); starting it again in {wait:.1f} s")
        child.process, child.due = None, now + wait
        return True

    def _end(self) -> int:
        clean = 0
        for child in self.children:
            if child.process is None or child.process.poll() is not None:
                continue
            child.process.send_signal(signal.SIGTERM)
            try:
                child.process.wait(self._grace)
            except subprocess.TimeoutExpired:
                self._say(f"{child.name} did not end within {self._grace:.0f} s; killed")
                child.process.kill()
                child.process.wait()
                clean = 1
        return clean


def python(module: str, *arguments: str) -> list[str]:
    """The command line that runs one of our modules in this interpreter."""
    return [sys.executable, "-m", module, *arguments]
