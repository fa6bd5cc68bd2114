"""The ends and the doubling of processes: interpreter exit, fork, the end of a multiprocessing child.

* Exit: `atexit` gives the open clients their `exit_timeout` (together, not one after the other), then says on stderr
  what is left. Handlers run last-in-first-out, so what a host's own exit handlers track is still delivered.
* Fork: only the forking thread lives on in the child. Locks may be held by threads that no longer exist, the worker is
  gone, and the waiting events belong to the parent, who will send them. So the child starts empty and new.
  Servers that fork from C may not say so (uWSGI calls no hook of Python's unless asked to): a process id that has
  changed says it as well, and is looked at once a millisecond (ids.py) and before everything that waits.
* A multiprocessing child leaves through `os._exit`, which runs no `atexit`; its own finalizers do run. They are
  registered when the first event comes, because the child clears earlier ones as it starts.

A client is kept here until `shutdown()`: events of one that nobody refers to any more are still delivered.
"""

from __future__ import annotations

import atexit
import os
import sys
import time
from typing import Callable, Protocol

from firsthand.protocol import Report


class Lives(Protocol):
    """What is told about the process."""

    @property
    def exit_timeout(self) -> float: ...
    @property
    def endpoint(self) -> str: ...
    @property
    def durable(self) -> bool: ...
    def flush(self, timeout: float) -> Report: ...
    def shutdown(self, timeout: float) -> Report: ...
    def after_fork_in_child(self) -> None: ...


_clients: list[Lives] = []
_finalized_pid = 0
_pid = os.getpid()
_in_child: list[Callable[[], None]] = []


def join(client: Lives) -> None:
    _clients.append(client)


def leave(client: Lives) -> None:
    if client in _clients:
        _clients.remove(client)


def in_child(forget: Callable[[], None]) -> None:
    """Have `forget` called in every forked child, before anything else of this package runs there."""
    _in_child.append(forget)


def notice_fork() -> None:
    """Catch up on a fork that nobody told us of."""
    if os.getpid() != _pid:
        _after_fork_in_child()


def first_event() -> None:
    """Called when a worker starts: the place to reach the end of a multiprocessing child."""
    global _finalized_pid  # noqa: PLW0603 - once a process
    processes = sys.modules.get("multiprocessing.process")
    if processes is None or processes.parent_process() is None or _finalized_pid == os.getpid():
        return
    from multiprocessing.util import Finalize

    _finalized_pid = os.getpid()
    Finalize(None, _at_exit, exitpriority=-1)


def _at_exit() -> None:
    """Never raises: an exception at exit would be printed over the host's own last words."""
    notice_fork()
    clients = list(_clients)
    until = time.monotonic() + max((c.exit_timeout for c in clients), default=0.0)
    for client in clients:
        try:
            report = client.shutdown(min(client.exit_timeout, max(0.0, until - time.monotonic())))
            if report.pending:
                _say(client.endpoint, report, client.durable)
        except Exception as error:  # noqa: BLE001 - see above
            _write(f"firsthand: shutdown failed ({type(error).__name__})\n")


def _say(endpoint: str, report: Report, durable: bool) -> None:
    kept = "; they are in the spool" if durable else ""
    _write(
        f"firsthand: {report.pending} events were not delivered to {endpoint} before exit{kept}"
        f" (sent {report.sent}, dropped {report.dropped}, rejected {report.rejected})\n"
    )


def _write(line: str) -> None:
    try:
        sys.stderr.write(line)
        sys.stderr.flush()
    except (OSError, ValueError, AttributeError):
        pass  # a daemon without stderr: nobody is there to read it


def _after_fork_in_child() -> None:
    global _pid  # noqa: PLW0603 - what says whether we are a child
    _pid = os.getpid()
    for forget in _in_child:
        forget()
    for client in list(_clients):
        client.after_fork_in_child()


atexit.register(_at_exit)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
