"""Celery: an event tracked in a task knows who caused the task.

    from firsthand.integrations.celery import install
    install()          # once, where the Celery application is made: in the web process and in the worker

The scope around `task.delay()` (ids, choices, context) travels in the message's headers and is entered around the task
in the worker, also for tasks that tasks send. A worker process delivers what waits before it ends: Celery's children
leave without running `atexit`. Consent is what it was when the task was sent; a task that runs much later should ask
anew (`consent=` in the call, or a `consent_resolver`).
"""

from __future__ import annotations

import json
from contextlib import ExitStack
from typing import Any

from celery import signals

import firsthand
from firsthand.encode import encode
from firsthand.scope import current, entered, received

HEADER = "firsthand"
_open: dict[str, ExitStack] = {}  # by task id


def install() -> None:
    """May be called again; each signal is connected once."""
    signals.before_task_publish.connect(_publish, weak=False, dispatch_uid="firsthand")
    signals.task_prerun.connect(_begin, weak=False, dispatch_uid="firsthand")
    signals.task_postrun.connect(_end, weak=False, dispatch_uid="firsthand")
    signals.worker_process_shutdown.connect(_leave, weak=False, dispatch_uid="firsthand")


def _publish(headers: dict[str, Any] | None = None, **_: Any) -> None:
    scope = current.get()
    if scope is not None and headers is not None and HEADER not in headers:
        headers[HEADER] = json.loads(encode(scope.carried()).data)  # plain values for every serialiser


def _begin(task_id: str = "", task: Any = None, **_: Any) -> None:
    scope = received(getattr(getattr(task, "request", None), HEADER, None))
    if scope is not None:
        stack = _open[task_id] = ExitStack()
        stack.enter_context(entered(scope))


def _end(task_id: str = "", **_: Any) -> None:
    stack = _open.pop(task_id, None)
    if stack is not None:
        stack.close()


def _leave(**_: Any) -> None:
    firsthand.shutdown()
