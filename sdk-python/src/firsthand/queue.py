"""The bounded queue between the caller's threads and the worker, and the balance sheet.

Constraints. `put()` runs in the host's threads, in signal handlers, in `__del__` during a garbage collection and in
the middle of another `put()` that one of those interrupted. So it may neither wait for a lock nor assume that the
thread that holds it is another one. Yet the bounds and the sums must be exact, and the whole may cost half a
microsecond.

So: `put()` tries the lock. Who gets it, puts the event straight in; who does not, leaves it in an inbox (`deque.append`
is atomic) and goes on, because the holder looks into the inbox again after letting go. Only the worker and readers wait
for the lock, readers not for ever.

Full means: the newest is dropped. Old events are the ones that somebody already counts on. What the worker has taken
but not settled still counts against the bounds.

An event here is its bytes. A spool marks those that it keeps by a subclass (spool/segment.py); the queue does not look.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Callable, Union

from firsthand.protocol import MAX_BATCH_EVENTS, Stats, Verdict

_READER_PATIENCE = 0.2  # the lock is held for microseconds; longer means we interrupted its holder on this very thread
Item = Union[bytes, str]  # an event, or the reason why one was dropped before it became one


class Queue:
    """`ring` is called, outside the lock, when the worker has reason to look."""

    def __init__(
        self, max_events: int, max_bytes: int, batch_events: int, batch_bytes: int, ring: Callable[[], None]
    ) -> None:
        self._max_events, self._max_bytes = max_events, max_bytes
        self._batch_events, self._batch_bytes = batch_events, batch_bytes
        self._ring = ring
        self._lock = threading.Lock()
        self._inbox: deque[Item] = deque()
        self._waiting: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._taken_bytes = 0
        self._closed = ""
        self.entered = 0  # events that were ever let in, and, below, that have left; in this order
        self.left = 0
        self._turned_away = 0
        self._recovered = 0
        self._sent = 0
        self._dropped: dict[str, int] = {}
        self._rejected: dict[str, int] = {}

    # the caller's side

    def put(self, data: bytes) -> str:
        """Take one event. Returns "", or why it was dropped (it is then counted already).

        If another thread holds the lock at this moment, the answer may be "" for an event that turns out not to fit;
        the count is right in any case.
        """
        lock = self._lock
        if not lock.acquire(False):
            return self._put_aside(data)
        ring = False
        try:
            # _no_room() and _admit(), written out: two calls less are a tenth of what track() costs
            size, before = len(data), self._waiting_bytes
            after = before + size
            reason = self._closed
            if not reason and (
                self.entered - self.left >= self._max_events or after + self._taken_bytes > self._max_bytes
            ):
                reason = "queue_full"
            if reason:
                self._turn_away(reason)
            else:
                waiting = self._waiting
                waiting.append(data)
                self._waiting_bytes = after
                self.entered += 1
                count = len(waiting)
                ring = count == 1 or count == self._batch_events or before < self._batch_bytes <= after  # noqa: PLR1714
        finally:
            lock.release()
        if self._inbox:
            self._fold_rest()
        if ring:
            self._ring()
        return reason

    def has_room(self, size: int) -> bool:
        """Would an event of `size` bytes be let in now? (A closed queue has room: it says no at once.)"""
        return bool(self._closed) or not self._no_room(size)

    def drop(self, reason: str) -> None:
        """Count one event that was captured and let go before it could become bytes."""
        self._inbox.append(reason)
        self._fold_rest()

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

    def take(self) -> list[bytes]:
        """The oldest events, about one batch; each must be settled by `sent()` or `lost()`.

        When ten batches wait, the round trip is what holds them up, and five of them go in one request.
        """
        with self._held():
            taken: list[bytes] = []
            size, most = 0, self._batch_events
            if len(self._waiting) >= 10 * most:
                most = max(most, min(5 * most, MAX_BATCH_EVENTS))
            while self._waiting and len(taken) < most:
                size += len(self._waiting[0])
                if taken and size > self._batch_bytes:
                    break
                taken.append(self._waiting.popleft())
                self._waiting_bytes -= len(taken[-1])
                self._taken_bytes += len(taken[-1])
        self._fold_rest()
        return taken

    def adopt(self, entries: Sequence[bytes]) -> None:
        """Events that an earlier process left behind: they wait here, whatever the bounds, and are counted apart."""
        with self._held():
            self._waiting.extend(entries)
            self._waiting_bytes += sum(map(len, entries))
            self._recovered += len(entries)
            self.entered += len(entries)
        self._fold_rest()

    def sent(self, entries: Sequence[bytes], verdicts: Sequence[Verdict]) -> None:
        """A batch was answered: all of it was durable but for the `verdicts`."""
        with self._held():
            refused = verdicts[: len(entries)]
            for verdict in refused:
                self._rejected[verdict.reason] = self._rejected.get(verdict.reason, 0) + 1
            self._sent += len(entries) - len(refused)
            self._leave(entries)
        self._fold_rest()

    def lost(self, entries: Sequence[bytes], reason: str) -> None:
        with self._held():
            self._count_dropped(reason, len(entries))
            self._leave(entries)
        self._fold_rest()

    # readers

    def stats(self) -> Stats:
        with self._read():
            return Stats(
                captured=self.entered - self._recovered + self._turned_away,
                recovered=self._recovered,
                sent=self._sent,
                pending=self.entered - self.left,
                pending_bytes=self._waiting_bytes + self._taken_bytes,
                dropped=dict(self._dropped),
                rejected=dict(self._rejected),
            )

    # inside; the lock is held in all but the first two

    def _put_aside(self, data: bytes) -> str:
        reason = self._closed or self._no_room(len(data))
        self._inbox.append(reason or data)
        self._fold_rest()
        return reason

    def _fold_rest(self) -> None:
        ring = False
        while self._inbox and self._lock.acquire(blocking=False):
            try:
                ring = self._fold() or ring
            finally:
                self._lock.release()
        if ring:
            self._ring()

    def _no_room(self, size: int) -> str:
        full = (
            self.entered - self.left >= self._max_events
            or self._waiting_bytes + self._taken_bytes + size > self._max_bytes
        )
        return "queue_full" if full else ""

    def _admit(self, data: bytes) -> bool:
        """Let one in. True if the worker has reason to look: the first one, or a batch is full."""
        before = self._waiting_bytes
        after = self._waiting_bytes = before + len(data)
        self._waiting.append(data)
        self.entered += 1
        count = len(self._waiting)
        return count in (1, self._batch_events) or before < self._batch_bytes <= after

    def _turn_away(self, reason: str) -> None:
        self._turned_away += 1
        self._count_dropped(reason, 1)

    def _fold(self) -> bool:
        """Empty the inbox. True if the worker has reason to look."""
        ring = False
        while self._inbox:
            item = self._inbox.popleft()
            reason = item if isinstance(item, str) else self._closed or self._no_room(len(item))
            if isinstance(item, str) or reason:
                self._turn_away(reason)
            else:
                ring = self._admit(item) or ring
        return ring

    def _leave(self, entries: Sequence[bytes]) -> None:
        self.left += len(entries)
        self._taken_bytes -= sum(map(len, entries))

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
