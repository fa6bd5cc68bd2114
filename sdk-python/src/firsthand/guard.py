"""The wall between us and the host: nothing of ours is raised into it, and nothing is repeated at it.

`Reporter.report()` tells each problem once a reason, through `logging` (logger `firsthand`) and the caller's
`on_error`; later ones only count. `forget()` re-arms a reason when its cause is gone (a collector that is back).
`on_error` is foreign code: whatever it raises ends here. Nothing that identifies a person is ever part of a report.
"""

from __future__ import annotations

from typing import Any, Callable, NamedTuple


class Problem(NamedTuple):
    """`kind`: dropped, rejected, retry, placeholder, scrubbed, spool, resolver or bug. `detail`: what to do.

    `reason` is of a closed list for each kind: a reason of the balance sheet, a verb, or the name of an exception.
    """

    kind: str
    reason: str
    detail: str


OnError = Callable[[Problem], object]


class Reporter:
    """Remembers what was told. `setdefault` is atomic, so no lock is needed."""

    def __init__(self, on_error: OnError | None = None) -> None:
        self._on_error = on_error
        self._logger: Any = None
        self._told: dict[str, object] = {}

    @property
    def logger(self) -> Any:
        """Logger `firsthand`, imported when first asked for: with the package it would be a fifth of what that
        costs."""
        if self._logger is None:
            import logging

            self._logger = logging.getLogger("firsthand")
        return self._logger

    def prepare(self) -> None:
        """Import now what a report needs, because no thread of ours may import (see Client)."""
        self._logger = self.logger

    def report(self, kind: str, reason: str, detail: str) -> None:
        mine = object()
        if self._told.setdefault(f"{kind} {reason}", mine) is not mine:
            return
        problem = Problem(kind, reason, detail)
        try:
            self.logger.warning("%s: %s (%s); said once", kind, reason, detail)
            if self._on_error is not None:
                self._on_error(problem)
        except Exception:
            self.logger.debug("on_error or a log handler raised", exc_info=True)

    def bug(self, error: BaseException) -> None:
        """An exception of ours that must not reach the host. Its text may quote data, so only its type is told."""
        what = "in firsthand, or in a function it was given; if it is ours, please tell us"
        self.report("bug", type(error).__name__, what)
        self.logger.debug("internal error at %s", _where(error))

    def forget(self, kind: str, reason: str) -> None:
        self._told.pop(f"{kind} {reason}", None)


def _where(error: BaseException) -> str:
    """The innermost frames as `function:line`: enough to find a bug, and no data in it."""
    frames = []
    trace = error.__traceback__
    while trace is not None:
        frames.append(f"{trace.tb_frame.f_code.co_name}:{trace.tb_lineno}")
        trace = trace.tb_next
    return " < ".join(reversed(frames[-3:]))
