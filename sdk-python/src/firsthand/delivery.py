"""Queue, worker and, if there is one, spool: how an event that was let in gets out.

`put` is chosen once, so that a client without a spool pays nothing for it. What happens when there is no room:

| `when_full` | without a spool | with a spool |
|---|---|---|
| `drop_new` | dropped, counted as `queue_full` | goes to files only; when these are full, `spool_full` |
| `block` | the caller waits, at most `block_seconds`, then as above | the same, once the files are full |

The worker and callbacks that run on it never wait: they are who makes room.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Callable

from firsthand.flusher import Flusher, Send
from firsthand.guard import Reporter
from firsthand.protocol import Stats
from firsthand.queue import Queue
from firsthand.settings import Settings

if TYPE_CHECKING:
    from firsthand.spool.log import Spool

_LOOK_SECONDS = 0.002  # between two looks for room


class Delivery:
    """`put(data)` returns "" or why the event was dropped (it is then counted); `put_at_once` never waits for room."""

    def __init__(
        self, settings: Settings, send: Send, reporter: Reporter, tell_lost: Callable[[Mapping[str, int]], None]
    ) -> None:
        self._settings = settings
        self.spool = _spool(settings, reporter)
        self.flusher = Flusher(settings, send, reporter, tell_lost, self.spool)
        self.queue: Queue = self.flusher.queue
        spool = self.spool
        self.put_at_once: Callable[[bytes], str] = self.queue.put
        if spool is not None:
            self.put_at_once = lambda data: self._put_spooled(data, spool)
            spool.put_again = self.put_at_once
        self.put = self.put_at_once if settings.when_full == "drop_new" else self._put_or_wait

    def stats(self) -> Stats:
        """What the queue counted, and what is in files only."""
        found = self.queue.stats()
        spool = self.spool
        if spool is None:
            return found
        return found._replace(
            captured=found.captured + spool.spilled,
            recovered=found.recovered - spool.read_back,
            pending=found.pending + spool.waiting,
            unspooled=spool.unspooled,
        )

    def has_ease(self) -> bool:
        """Is the queue at most half full, and nothing in files only?"""
        settings, queue = self._settings, self.queue.stats()
        spilled = self.spool.waiting if self.spool is not None else 0
        few, small = queue.pending * 2 <= settings.queue_events, queue.pending_bytes * 2 <= settings.queue_bytes
        return few and small and not spilled

    def close(self) -> None:
        """Take no more."""
        if not self.queue.closed:
            self.flusher.report_lost(now=True)
            self.queue.close("closed")

    def finish(self, timeout: float) -> None:
        """Take no more, deliver within `timeout`, let go of the spool."""
        self.close()
        self.flusher.finish(timeout)
        if self.spool is not None:
            self.spool.close()

    def abandon(self) -> None:
        """In a forked child: all of this is the parent's."""
        self.flusher.abandon()
        if self.spool is not None:
            self.spool.disown()

    def _put_spooled(self, data: bytes, spool: Spool) -> str:
        queue = self.queue
        if spool.interrupted(data):
            return ""
        if queue.closed:
            return queue.put(data)
        if not spool.spilling and not queue.has_room(len(data)):
            spool.spill()
        kept = spool.append(data)
        if isinstance(kept, str):
            # the files are full of what waits; an event that memory has room for can still be delivered
            if not queue.has_room(len(data)):
                queue.drop(kept)
                return kept
            spool.missed()
            return queue.put(data)
        if spool.is_spilled(kept):
            self.flusher.look()
            return ""
        reason = queue.put(kept)
        if reason:
            spool.settle([kept])  # let go after all: another thread took the last room
        return reason

    def _put_or_wait(self, data: bytes) -> str:
        size, queue = len(data), self.queue
        until = time.monotonic() + self._settings.block_seconds
        while not queue.has_room(size) and not self._may_spill() and time.monotonic() < until:
            if threading.current_thread() is self.flusher.thread:
                break
            self.flusher.look()
            time.sleep(_LOOK_SECONDS)
        return self.put_at_once(data)

    def _may_spill(self) -> bool:
        return self.spool is not None and not self.spool.full


def _spool(settings: Settings, reporter: Reporter) -> Spool | None:
    if not settings.spool_dir:
        return None
    from firsthand.spool.log import Spool

    owner = f"{settings.write_key} {settings.endpoint}"
    return Spool(settings.spool_dir, owner, settings.spool_bytes, settings.spool_sync_seconds, reporter)
