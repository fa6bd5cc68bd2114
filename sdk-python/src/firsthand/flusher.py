"""The worker: gathers batches, sends them, does what retry.py says, settles each event in the queue.

One daemon thread, started by the first event of a process (never at import: a pre-forking server imports in the
parent and works in the children). It sleeps on a bell; `SimpleQueue.put` is the one wake-up of the standard library
that may be rung from a signal handler. Rings say only "look", never what to do, so a doubled one is harmless.

A batch that cannot be delivered waits here and is tried again for as long as the process lives; the queue behind it is
bounded. With a spool the worker also reads back what waits in files, when the queue is empty. At the end (`finish`)
one wait that only our own back-off asked for is cut short; a wait that the server ordered is kept, and if it ends
after the time left, waiting for it would be in vain and the worker stops at once.
"""

from __future__ import annotations

import contextlib
import itertools
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Callable, NamedTuple

from firsthand import lifecycle, moment
from firsthand.batch import envelope, slice_sizes
from firsthand.guard import Reporter
from firsthand.protocol import LOST, MAX_MESSAGE_BYTES, Answer, Verdict, read_verdicts
from firsthand.queue import Queue
from firsthand.retry import next_step, ordered_seconds
from firsthand.settings import Settings

if TYPE_CHECKING:
    from firsthand.spool.log import Spool

_names = itertools.count(1)
Send = Callable[[bytes], Answer]
_BUG_PAUSE = 1.0
QUIET_SECONDS = 10.0  # between two `$lost` events
LOOK_SECONDS = 10.0  # between two looks for what a sibling that died has left in the spool


class _Waiter(NamedTuple):
    """Somebody in flush(): `done` is called when `target` events have left the queue.

    With a spool, the files that others left are to be looked through as well, later than `asked`.
    """

    target: int
    done: Callable[[], object]
    asked: float


class Flusher:
    """Owns the queue and the thread. `flush` and `finish` are safe from any thread, also from the worker's own."""

    def __init__(
        self,
        settings: Settings,
        send: Send,
        reporter: Reporter,
        tell_lost: Callable[[Mapping[str, int]], None] = lambda _reasons: None,
        spool: Spool | None = None,
    ) -> None:
        self._settings, self._send, self._reporter = settings, send, reporter
        self._tell_lost, self._spool = tell_lost, spool
        from random import random  # not with the package: it brings hashlib; and no thread of ours may import

        self._random = random
        self._told_lost: dict[str, int] = {}
        self._quiet_until = 0.0
        self._looked_through = -1.0
        self._bell: SimpleQueue[None] = SimpleQueue()
        self.queue = Queue(
            settings.queue_events,
            settings.queue_bytes,
            settings.batch_events,
            settings.batch_bytes,
            self.look,
        )
        self._starting = threading.Lock()
        self.thread: threading.Thread | None = None
        self._waiters: dict[int, _Waiter] = {}
        self._todo: deque[list[bytes]] = deque()  # what was taken and is not settled, in order
        self._ends_at: float | None = None
        self._stopped = False
        self._patient = True

    def look(self) -> None:
        """Have a worker, and have it look. Whoever loses the race to start it may go on: the winner does."""
        if self.thread is None:
            self.start()
        self._bell.put(None)

    def start(self) -> None:
        """Have a worker."""
        if self.thread is not None or self._stopped or not self._starting.acquire(blocking=False):
            return
        try:
            if self.thread is None:
                thread = threading.Thread(target=self._run, name="firsthand", daemon=True)
                thread.start()
                self.thread = thread
                lifecycle.first_event()
        except RuntimeError as error:
            # finish() works without one. An interpreter that is shutting down starts no more, which is nobody's concern
            if "shutdown" not in str(error):
                self._reporter.report("retry", "no_thread", "no worker could be started; events wait for the exit")
        finally:
            self._starting.release()

    def flush(self, timeout: float) -> None:
        """Wait until all that was let in before has left, at most `timeout` seconds."""
        if threading.current_thread() is self.thread:
            return  # on_error called us: waiting for ourselves would be for ever
        done: SimpleQueue[None] = SimpleQueue()
        name = self.watch(lambda: done.put(None))
        with contextlib.suppress(Empty):
            if name and self.thread is not None:
                done.get(timeout=max(0.0, timeout))
        self.unwatch(name)

    def watch(self, done: Callable[[], object]) -> int:
        """Have `done` called, by the worker, when all that was let in before has left. 0: it has already.

        It may be called more than once, and must raise nothing; `unwatch` ends it.
        """
        self.queue.stats()  # folds what other threads have just put
        spool = self._spool
        waiter = _Waiter(self.queue.entered + (spool.waiting if spool else 0), done, time.monotonic())
        if spool is not None:
            spool.look_anew()
        if self._served(waiter) or self._stopped:
            return 0
        name = next(_names)
        self._waiters[name] = waiter
        self.look()
        return name

    def unwatch(self, name: int) -> None:
        self._waiters.pop(name, None)

    def hurry(self, timeout: float) -> None:
        """The end is near: `timeout` seconds from now. A wait that only our own back-off asked for is cut short."""
        self._ends_at = time.monotonic() + timeout
        self._patient = False
        self._bell.put(None)

    def finish(self, timeout: float) -> None:
        """Deliver what can be delivered in `timeout` seconds, then end the worker."""
        self.hurry(timeout)
        self.flush(timeout)
        if self.thread is None and self._starting.acquire(blocking=False):
            self._drain()  # nobody can start a worker beside us: the lock is kept
        self.abandon()

    def report_lost(self, now: bool = False) -> None:
        """Put a `$lost` event if events were let go since the last one; `now`: even if that one is not long ago."""
        if not now and time.monotonic() < self._quiet_until:
            return
        dropped = self.queue.stats().dropped
        news = {reason: count - self._told_lost.get(reason, 0) for reason, count in dropped.items() if reason in LOST}
        news = {reason: count for reason, count in news.items() if count > 0}
        if news:
            self._quiet_until = time.monotonic() + QUIET_SECONDS
            self._told_lost = {reason: count for reason, count in dropped.items() if reason in LOST}
            self._tell_lost(news)
            for name, waiter in list(self._waiters.items()):  # who flushes wants that delivered, too
                self._waiters[name] = waiter._replace(target=self.queue.entered)

    def abandon(self) -> None:
        """End without sending anything more: after finish, and for a parent's worker in a forked child."""
        self._stopped = True
        self._bell.put(None)
        self._release_waiters()

    # the worker

    def _run(self) -> None:
        while not self._stopped:
            try:
                self._gather()
                self._deliver(self.queue.take())
            except Exception as error:  # noqa: BLE001 - the worker must outlive any bug of ours
                self._reporter.bug(error)
                self._lose_todo("internal")
                time.sleep(_BUG_PAUSE)

    def _drain(self) -> None:
        """The worker's work on the caller's thread, when there can be no worker."""
        while (len(self.queue) or self._refill()) and not self._stopped and not self._too_late(time.monotonic()):
            self._deliver(self.queue.take())

    def _gather(self) -> None:
        """Sleep until there is a full batch, or something old enough, or somebody who waits for it."""
        while not (len(self.queue) or self._stopped or self._refill()):
            self._rung(None if self._spool is None else LOOK_SECONDS)
            self.queue.stats()
        deadline = time.monotonic() + self._settings.batch_seconds
        while not (self.queue.ready() or self._waiters or self._stopped):
            left = deadline - time.monotonic()
            if left <= 0 or not self._rung(left):
                return

    def _refill(self) -> bool:
        """Take over a file of events that wait on the disk only. True if there are events now."""
        if self._spool is None:
            return False
        began, entries = time.monotonic(), self._spool.left_behind()
        if entries:
            self.queue.adopt(entries)
        else:
            self._looked_through = began
            self._release_waiters()
        return bool(entries)

    def _rung(self, seconds: float | None) -> bool:
        try:
            self._bell.get(timeout=seconds)
        except Empty:
            return False
        return True

    def _deliver(self, entries: list[bytes]) -> None:
        plan = slice_sizes(
            [len(e) for e in entries],
            max(self._settings.batch_events, len(entries)),
            self._settings.batch_bytes,
            MAX_MESSAGE_BYTES,
        )
        if plan.too_large:
            self._lose([entries[i] for i in plan.too_large], "too_large", "the message is over the limit")
        todo = self._todo
        todo.extend([entries[i] for i in batch] for batch in plan.batches)
        attempt = 0
        while todo and not self._stopped:
            batch = todo[0]
            answer, verdicts = self._post(batch)
            step = next_step(answer.status, answer.retry_after, attempt, len(batch), self._random())
            if step.action == "retry":
                attempt += 1
                self._pause(step.delay_ms / 1000, ordered_seconds(answer.retry_after) is not None)
                continue
            attempt = 0
            if step.action == "stop":
                self._stop_for_good(answer)
                return
            todo.popleft()
            if step.action == "split":
                middle = len(batch) // 2
                todo.extendleft((batch[middle:], batch[:middle]))
            elif step.action == "done":
                self._settle(batch, verdicts)
            else:
                reason = "too_large" if answer.status == 413 else "refused"
                self._lose(batch, reason, f"the collector answered {answer.status}")

    def _post(self, batch: Sequence[bytes]) -> tuple[Answer, Sequence[Verdict]]:
        answer = self._send(envelope(batch, self._settings.write_key, moment.now()))
        verdicts = read_verdicts(answer.body) if 200 <= answer.status < 300 else []
        if verdicts is None:
            answer, verdicts = (
                Answer(0, problem="the answer is not a collector's; is the endpoint right?"),
                [],
            )
        if next_step(answer.status, None, 0, 1, 0).action == "retry":
            what = answer.problem or f"status {answer.status}"
            self._reporter.report("retry", "unreachable", f"{self._settings.endpoint}: {what}; trying again")
        else:
            self._reporter.forget("retry", "unreachable")
        return answer, verdicts

    def _pause(self, seconds: float, ordered: bool) -> None:
        until = time.monotonic() + seconds
        while not self._stopped:
            if not self._patient and not ordered:
                self._patient = True
                return
            if self._too_late(until):
                self.abandon()
                return
            left = until - time.monotonic()
            if left <= 0:
                return
            self._rung(left)

    def _too_late(self, moment_: float) -> bool:
        return self._ends_at is not None and moment_ > self._ends_at

    def _settle(self, batch: Sequence[bytes], verdicts: Sequence[Verdict]) -> None:
        self.queue.sent(batch, verdicts)
        if self._spool is not None:
            self._spool.settle(batch)
        self.report_lost()
        for verdict in verdicts:
            self._reporter.report("rejected", verdict.reason, verdict.detail or "see the collector's bad_events")
        self._release_waiters()

    def _lose(self, batch: Sequence[bytes], reason: str, detail: str) -> None:
        self.queue.lost(batch, reason)
        if self._spool is not None:
            self._spool.settle(batch)
        self._reporter.report("dropped", reason, detail)
        self._release_waiters()

    def _stop_for_good(self, answer: Answer) -> None:
        self.queue.close("unauthorized")
        what = "unknown or paused write key" if answer.status == 401 else "this key may not send from here"
        self._reporter.report(
            "dropped", "unauthorized", f"the collector answered {answer.status}: {what}; sending has stopped"
        )
        self._lose_todo("unauthorized")
        while len(self.queue):
            self.queue.lost(self.queue.take(), "unauthorized")
        self.abandon()

    def _lose_todo(self, reason: str) -> None:
        while self._todo:
            batch = self._todo.popleft()
            self.queue.lost(batch, reason)
            if self._spool is not None and reason != "unauthorized":  # a key that is put right delivers them yet
                self._spool.settle(batch)
        self._release_waiters()

    def _release_waiters(self) -> None:
        for waiter in list(self._waiters.values()):
            if self._stopped or self._served(waiter):
                waiter.done()

    def _served(self, waiter: _Waiter) -> bool:
        looked = self._spool is None or self._looked_through > waiter.asked
        return looked and self.queue.left >= waiter.target
