"""The bounded queue between the caller's threads and the worker, and the balance sheet.

Constraints. `put()` runs in the host's threads, in signal handlers, in `__del__` during a garbage collection and in
the middle of another `put()` that one of those interrupted. So it may neither wait for a lock nor assume that the
thread that holds it is another one. Yet the bounds and the sums must be exact.

So: `put()` appends to an inbox (`deque.append` is atomic), then whoever gets the lock at once folds the inbox into
the queue; who does not get it goes on, because the holder looks into the inbox again after letting go. Only the
worker and readers wait for the lock, readers not for ever.

Full means: the newest is dropped. Old events are the ones that somebody already counts on. What the worker has taken
but not settled still counts against the bounds.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Callable

from firsthand.protocol import Entry, Stats, Verdict

_READER_PATIENCE = 0.2  # the lock is held for microseconds; longer means we interrupted its holder on this very thread


class Queue:
    """`ring` is called, outside the lock, when the worker has reason to look."""

    def __init__(
        self, max_events: int, max_bytes: int, batch_events: int, batch_bytes: int, ring: Callable[[], None]
    ) -> None:
        self._max_events, self._max_bytes = max_events, max_bytes
        self._batch_events, self._batch_bytes = batch_events, batch_bytes
        self._ring = ring
        self._lock = threading.Lock()
        self._inbox: deque[Entry | str] = deque()
        self._waiting: deque[Entry] = deque()
        self._waiting_bytes = 0
        self._pending_bytes = 0
        self._closed = ""
        self.entered = 0  # events that were ever let in, and, below, that have left; in this order
        self.left = 0
        self._captured = 0
        self._sent = 0
        self._dropped: dict[str, int] = {}
        self._rejected: dict[str, int] = {}

    # the caller's side

    def put(self, entry: Entry) -> str:
        """Take one event. Returns "", or why it was dropped (it is then counted already).

        If another thread is folding at this moment, the answer may be "" for an event that turns out not to fit;
        the count is right in any case.
        """
        reason = self._closed
        if not reason and not self._fits(entry):
            reason = "queue_full"
        self._submit(reason or entry)
        return reason

    def drop(self, reason: str) -> None:
        """Count one event that was captured and let go before it could become an entry."""
        self._submit(reason)

    def close(self, reason: str) -> None:
        """From now on every event is dropped with `reason`."""
        with self._read():
            self._closed = reason

    # the worker's side

    @property
    def closed(self) -> str:
        return self._closed

    def ready(self) -> bool:
        """Is there a full batch?"""
        return len(self._waiting) >= self._batch_events or self._waiting_bytes >= self._batch_bytes

    def __len__(self) -> int:
        return len(self._waiting)

    def take(self) -> list[Entry]:
        """The oldest events, about one batch; each must be settled by `sent()` or `lost()`."""
        with self._held():
            taken: list[Entry] = []
            size = 0
            while self._waiting and len(taken) < self._batch_events:
                size += len(self._waiting[0].data)
                if taken and size > self._batch_bytes:
                    break
                taken.append(self._waiting.popleft())
                self._waiting_bytes -= len(taken[-1].data)
        self._fold_rest()
        return taken

    def sent(self, entries: Sequence[Entry], verdicts: Sequence[Verdict]) -> None:
        """A batch was answered: all of it was durable but for the `verdicts`."""
        with self._held():
            refused = verdicts[: len(entries)]
            for verdict in refused:
                self._rejected[verdict.reason] = self._rejected.get(verdict.reason, 0) + 1
            self._sent += len(entries) - len(refused)
            self._leave(entries)
        self._fold_rest()

    def lost(self, entries: Sequence[Entry], reason: str) -> None:
        with self._held():
            self._count_dropped(reason, len(entries))
            self._leave(entries)
        self._fold_rest()

    # readers

    def stats(self) -> Stats:
        with self._read():
            return Stats(
                captured=self._captured,
                sent=self._sent,
                pending=self.entered - self.left,
                pending_bytes=self._pending_bytes,
                dropped=dict(self._dropped),
                rejected=dict(self._rejected),
            )

    # inside

    def _fits(self, entry: Entry) -> bool:
        return self.entered - self.left < self._max_events and self._pending_bytes + len(entry.data) <= self._max_bytes

    def _submit(self, item: Entry | str) -> None:
        self._inbox.append(item)
        self._fold_rest()

    def _fold_rest(self) -> None:
        ring = False
        while self._inbox and self._lock.acquire(blocking=False):
            try:
                ring = self._fold() or ring
            finally:
                self._lock.release()
        if ring:
            self._ring()

    def _fold(self) -> bool:
        """Empty the inbox; the lock is held. True if the worker has reason to look."""
        ring = False
        while self._inbox:
            item = self._inbox.popleft()
            self._captured += 1
            reason = item if isinstance(item, str) else self._closed or ("" if self._fits(item) else "queue_full")
            if isinstance(item, str) or reason:
                self._count_dropped(reason, 1)
                continue
            was_ready = self.ready()
            self._waiting.append(item)
            self.entered += 1
            self._waiting_bytes += len(item.data)
            self._pending_bytes += len(item.data)
            ring = ring or len(self._waiting) == 1 or self.ready() != was_ready
        return ring

    def _leave(self, entries: Sequence[Entry]) -> None:
        self.left += len(entries)
        self._pending_bytes -= sum(len(e.data) for e in entries)

    def _count_dropped(self, reason: str, count: int) -> None:
        self._dropped[reason] = self._dropped.get(reason, 0) + count

    @contextmanager
    def _held(self) -> Iterator[None]:
        with self._lock:
            self._fold()
            yield

    @contextmanager
    def _read(self) -> Iterator[None]:
        held, ring = self._lock.acquire(timeout=_READER_PATIENCE), False
        try:
            if held:
                ring = self._fold()
            yield
        finally:
            if held:
                self._lock.release()
                self._fold_rest()
            if ring:
                self._ring()
