"""The worker: gathers batches, sends them, does what retry.py says, settles each event in the queue.

One daemon thread, started by the first event of a process (never at import: a pre-forking server imports in the
parent and works in the children). It sleeps on a bell; `SimpleQueue.put` is the one wake-up of the standard library
that may be rung from a signal handler. Rings say only "look", never what to do, so a doubled one is harmless.

A batch that cannot be delivered waits here and is tried again for as long as the process lives; the queue behind it is
bounded. At the end (`finish`) one wait that only our own back-off asked for is cut short; a wait that the server
ordered is kept, and if it ends after the time left, waiting for it would be in vain and the worker stops at once.
"""

from __future__ import annotations

import random
import threading
import time
from collections import deque
from collections.abc import Sequence
from queue import Empty, SimpleQueue
from typing import Callable, NamedTuple

from firsthand import moment
from firsthand.batch import envelope, slice_sizes
from firsthand.guard import Reporter
from firsthand.protocol import MAX_MESSAGE_BYTES, Answer, Entry, Verdict, read_verdicts
from firsthand.queue import Queue
from firsthand.retry import next_step, ordered_seconds
from firsthand.settings import Settings

Send = Callable[[bytes], Answer]
_BUG_PAUSE = 1.0


class _Waiter(NamedTuple):
    """Somebody in flush(): `done` gets an item when `target` events have left the queue."""

    target: int
    done: SimpleQueue[None]


class Flusher:
    """Owns the queue and the thread. `flush` and `finish` are safe from any thread, also from the worker's own."""

    def __init__(self, settings: Settings, send: Send, reporter: Reporter) -> None:
        self._settings, self._send, self._reporter = settings, send, reporter
        self._bell: SimpleQueue[None] = SimpleQueue()
        self.queue = Queue(
            settings.queue_events,
            settings.queue_bytes,
            settings.batch_events,
            settings.batch_bytes,
            self._ring,
        )
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._waiters: dict[int, _Waiter] = {}
        self._todo: deque[list[Entry]] = deque()  # what was taken and is not settled, in order
        self._ends_at: float | None = None
        self._stopped = False
        self._patient = True

    def start(self) -> bool:
        """Have a worker; True if this call started it. Whoever loses the race may go on: the winner starts it."""
        if self._thread is not None or self._stopped or not self._starting.acquire(blocking=False):
            return False
        try:
            if self._thread is None:
                thread = threading.Thread(target=self._run, name="firsthand", daemon=True)
                thread.start()
                self._thread = thread
                return True
        except RuntimeError:
            # the interpreter is shutting down and starts no more threads: finish() works without one
            self._reporter.report("retry", "no_thread", "no worker thread could be started; events wait for the exit")
        finally:
            self._starting.release()
        return False

    def flush(self, timeout: float) -> None:
        """Wait until all that was let in before has left, at most `timeout` seconds."""
        if threading.current_thread() is self._thread:
            return  # on_error called us: waiting for ourselves would be for ever
        self.queue.stats()  # folds what other threads have just put
        waiter = _Waiter(self.queue.entered, SimpleQueue())
        self._waiters[id(waiter)] = waiter
        try:
            if self.queue.left < waiter.target:
                self.start()
            if self.queue.left < waiter.target and self._thread is not None and not self._stopped:
                self._ring()
                waiter.done.get(timeout=max(0.0, timeout))
        except Empty:
            pass
        finally:
            del self._waiters[id(waiter)]

    def finish(self, timeout: float) -> None:
        """Deliver what can be delivered in `timeout` seconds, then end the worker."""
        self._ends_at = time.monotonic() + timeout
        self._patient = False
        self.flush(timeout)
        if self._thread is None and self._starting.acquire(blocking=False):
            self._drain()  # nobody can start a worker beside us: the lock is kept
        self.abandon()

    def abandon(self) -> None:
        """End without sending anything more: after finish, and for a parent's worker in a forked child."""
        self._stopped = True
        self._ring()
        self._release_waiters()

    # the worker

    def _ring(self) -> None:
        self._bell.put(None)

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
        while len(self.queue) and not self._stopped and not self._too_late(time.monotonic()):
            self._deliver(self.queue.take())

    def _gather(self) -> None:
        """Sleep until there is a full batch, or something old enough, or somebody who waits for it."""
        while not len(self.queue) and not self._stopped:
            self._bell.get()
            self.queue.stats()
        deadline = time.monotonic() + self._settings.batch_seconds
        while not (self.queue.ready() or self._waiters or self._stopped):
            left = deadline - time.monotonic()
            if left <= 0 or not self._rung(left):
                return

    def _rung(self, seconds: float) -> bool:
        try:
            self._bell.get(timeout=seconds)
        except Empty:
            return False
        return True

    def _deliver(self, entries: list[Entry]) -> None:
        plan = slice_sizes(
            [len(e.data) for e in entries],
            self._settings.batch_events,
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
            step = next_step(answer.status, answer.retry_after, attempt, len(batch), random.random())
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

    def _post(self, batch: Sequence[Entry]) -> tuple[Answer, Sequence[Verdict]]:
        answer = self._send(envelope([e.data for e in batch], self._settings.write_key, moment.now()))
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

    def _settle(self, batch: Sequence[Entry], verdicts: Sequence[Verdict]) -> None:
        self.queue.sent(batch, verdicts)
        for verdict in verdicts:
            self._reporter.report("rejected", verdict.reason, verdict.detail or "see the collector's bad_events")
        self._release_waiters()

    def _lose(self, batch: Sequence[Entry], reason: str, detail: str) -> None:
        self.queue.lost(batch, reason)
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
            self.queue.lost(self._todo.popleft(), reason)
        self._release_waiters()

    def _release_waiters(self) -> None:
        for waiter in list(self._waiters.values()):
            if self._stopped or self.queue.left >= waiter.target:
                waiter.done.put(None)
