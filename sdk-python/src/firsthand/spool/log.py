"""The spool: an event is in a file before `track()` returns, and leaves it when the collector has answered.

What it promises, and what it costs:

* `write()` happens before `track()` returns: a process that is killed, whatever the signal, loses nothing.
  `fdatasync()` happens at most `spool_sync_seconds` after (one for all events of that time, by a thread of its own): a
  machine that loses power may lose the last milliseconds. `spool_sync_seconds=0` syncs inside of every `track()`
  instead.
* What is left by a process that is gone is sent by the next one, or by a sibling that looks every ten seconds. A crash
  between an answer and the note of it sends an event again under the same id; the collector stores one row an id.
* Bounded: all files of the directory together, `spool_bytes`. Beyond it an event is dropped as `spool_full`.
* A disk that fails (full, read-only, gone) takes nothing down: events then wait in memory only (`unspooled`), it is
  told once, and a new file is tried every second.

Memory stays bounded too. While the queue is full, events go to files only (*spilled*), and are read back when the queue
has drained: the same way, and the same code, as what an earlier process left. A file (a *segment*) is closed at 4 MB
and deleted when all in it is settled.

`track()` may run in a signal handler or a finaliser that interrupted us while we hold the lock. Such a call must not
wait for itself, nor see a file half changed: it leaves its event `aside`, and the call that it interrupted puts it,
before it returns to anybody. (The lock is re-entrant for the instants in which it is held and nothing is changed.)

Files carry a mark of write key and endpoint in their names: a client takes over only what was meant for the same
source.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from queue import Empty, SimpleQueue
from typing import Callable

from firsthand.guard import Reporter
from firsthand.ids import new_id
from firsthand.spool import segment as segments
from firsthand.spool.frames import OVERHEAD
from firsthand.spool.segment import Kept, Segment

SEGMENT_BYTES = 4 * 1024 * 1024
RETRY_SECONDS = 1.0
LOOK_SECONDS = 9.0  # the worker comes by every ten
FULL = "spool_full"


class Spool:
    """One client's view of the directory. Everything but `append` is called by the worker."""

    def __init__(self, directory: str, owner: str, max_bytes: int, sync_seconds: float, reporter: Reporter) -> None:
        self._directory, self._max_bytes, self._sync_seconds = directory, max_bytes, sync_seconds
        self._prefix = hashlib.sha256(owner.encode()).hexdigest()[:12]
        self._segment_bytes = min(SEGMENT_BYTES, max_bytes // 8)
        self._reporter = reporter
        self._lock = threading.RLock()
        self._owner = 0  # the thread that is changing something
        self.aside: deque[bytes] = deque()
        self.put_again: Callable[[bytes], object] = self.append
        self._active: Segment | None = None
        self._mine: set[Segment] = set()
        self._spilled: deque[Segment] = deque()
        self.spilling = False
        self.spilled = 0  # events that were spilled, and, below, of those read back
        self.read_back = 0
        self.unspooled = 0
        self.full = False
        self._others_bytes = 0
        self._closed = False
        self._unusable_until = 0.0
        self._look_at = 0.0
        self._orphans: deque[str] = deque()
        self._new_names = False
        self._dirty: set[Segment] = set()
        self._bell: SimpleQueue[None] = SimpleQueue()
        self._syncer: threading.Thread | None = None
        try:
            os.makedirs(directory, 0o700, exist_ok=True)
            self._look()
        except OSError as error:
            self._complain(error)

    # the caller's side

    def append(self, message: bytes) -> bytes | str:
        """The message as Kept, as it was if the disk failed (unspooled), or `spool_full`."""
        with self._lock:
            self._owner = threading.get_ident()
            try:
                kept = self._append(message)
            finally:
                self._owner = 0
        if self.aside:
            self._put_aside_again()
        if isinstance(kept, Kept) and self._sync_seconds and kept.segment not in self._dirty:
            self._dirty.add(kept.segment)
            self._wake_syncer()
        return kept

    def interrupted(self, message: bytes) -> bool:
        """Are we inside of ourselves? Then the message is put as soon as the call that was interrupted goes on."""
        if self._owner != threading.get_ident():
            return False
        self.aside.append(message)
        return True

    def spill(self) -> None:
        """From now on events go to files only, until what is there has been read back."""
        with self._held():
            if not self.spilling:
                self._seal(self._active)
                self.spilling = True

    @staticmethod
    def is_spilled(entry: bytes) -> bool:
        """Is this event in a file only?"""
        return isinstance(entry, Kept) and entry.segment.spilled

    def missed(self) -> None:
        """An event is in memory only, because the files are full."""
        with self._held():
            self.unspooled += 1

    # the worker's side

    def settle(self, entries: Iterable[bytes]) -> None:
        """These were delivered, or refused for good."""
        by_segment: dict[Segment, list[int]] = {}
        for entry in entries:
            if isinstance(entry, Kept):
                by_segment.setdefault(entry.segment, []).append(entry.number)
        with self._held():
            for segment, numbers in by_segment.items():
                segment.settle(numbers)
                self._drop_if_done(segment)

    def left_behind(self) -> list[Kept]:
        """Events of one file: spilled by this process, else left by another that is gone. Empty if there is none.

        Read outside of the lock, because that takes milliseconds: nobody else touches a file that is sealed.
        """
        while True:
            with self._held():
                segment = self._next_spilled()
            if segment is None:
                break
            found = self._read(segment)
            self.read_back += len(found)
            if found:
                return found
        if time.monotonic() >= self._look_at and not self._orphans:
            self._look()
        while self._orphans:
            found = self._adopt(self._orphans.popleft())
            if found:
                return found
        return []

    def look_anew(self) -> None:
        """Have the next `left_behind` look into the directory, however short ago that was."""
        self._look_at = 0.0

    @property
    def waiting(self) -> int:
        """Events that are in files only."""
        return self.spilled - self.read_back

    def close(self) -> None:
        """Let go of all files; those with something left in them stay for the next process."""
        with self._held():
            self._closed = True
            for segment in self._mine:
                with contextlib.suppress(OSError, ValueError):  # ValueError: disowned
                    if segment.live > 0:
                        segment.sync()
                segment.close()
            self._mine.clear()
            self._active = None
        self._bell.put(None)

    def disown(self) -> None:
        """In a forked child: the files are the parent's, the lock may be held by a thread that no longer exists."""
        self._closed = True
        for segment in self._mine:
            segment.disown()

    # inside

    @contextlib.contextmanager
    def _held(self) -> Iterator[None]:
        with self._lock:
            self._owner = threading.get_ident()
            try:
                yield
            finally:
                self._owner = 0
        if self.aside:
            self._put_aside_again()

    def _put_aside_again(self) -> None:
        with contextlib.suppress(IndexError):
            while True:
                self.put_again(self.aside.popleft())

    def _append(self, message: bytes) -> bytes | str:
        segment = self._segment_for(len(message) + OVERHEAD)
        if isinstance(segment, str):
            return segment
        if segment is None:
            self.unspooled += 1
            return message
        try:
            kept = segment.append(message)
            if self._sync_seconds == 0:
                self._sync_names()
                segment.sync()
        except OSError as error:
            self._complain(error)
            self._seal(segment)
            self.unspooled += 1
            return message
        if segment.spilled:
            self.spilled += 1
        return kept

    def _next_spilled(self) -> Segment | None:
        while self._spilled:
            segment = self._spilled.popleft()
            if segment is self._active:
                self._seal(segment)
            self.spilling = bool(self._spilled)
            if segment in self._mine:  # else nothing could be written to it
                return segment
        self.spilling = False
        return None

    def _segment_for(self, size: int) -> Segment | str | None:
        segment = self._active
        if segment is not None and segment.size + size <= self._segment_bytes:
            return segment
        if self._closed or time.monotonic() < self._unusable_until:
            return None
        self._seal(segment)
        if self._others_bytes + sum([s.size for s in self._mine]) + self._segment_bytes > self._max_bytes:
            self.full = True
            return FULL
        try:
            segment = segments.create(self._directory, f"{self._prefix}-{new_id()}")
        except OSError as error:
            self._complain(error)
            return None
        self._reporter.forget("spool", "unusable")
        self._mine.add(segment)
        self._active, self._new_names = segment, True
        if self.spilling:
            segment.spilled = True
            self._spilled.append(segment)
        return segment

    def _seal(self, segment: Segment | None) -> None:
        if segment is not None:
            segment.sealed = True
            if segment is self._active:
                self._active = None
            self._drop_if_done(segment)

    def _drop_if_done(self, segment: Segment) -> None:
        if segment.sealed and segment.live <= 0 and segment in self._mine:
            self._mine.discard(segment)
            segment.close()
            self.full = False

    def _look(self) -> None:
        """See what others left. Raises nothing: a directory that is gone is told when it is written to."""
        self._look_at = time.monotonic() + LOOK_SECONDS
        mine = {os.path.basename(segment.path) for segment in self._mine}
        self._others_bytes = 0
        self._orphans.clear()
        with contextlib.suppress(OSError), os.scandir(self._directory) as entries:
            for entry in entries:
                if entry.name.endswith(segments.SUFFIX) and entry.name not in mine:
                    with contextlib.suppress(OSError):
                        self._others_bytes += entry.stat().st_size
                    if entry.name.startswith(self._prefix):
                        self._orphans.append(entry.path)
        self._orphans = deque(sorted(self._orphans))

    def _adopt(self, path: str) -> list[Kept]:
        try:
            segment = segments.claim(path)
        except OSError as error:
            self._complain(error)
            return []
        if segment is None:
            return []
        with self._held():
            self._others_bytes = max(0, self._others_bytes - segment.size)
            self._mine.add(segment)
        return self._read(segment)

    def _read(self, segment: Segment) -> list[Kept]:
        try:
            found = segment.read()
        except OSError as error:
            self._complain(error)
            found = []
        if segment.damaged:
            words = f"{segment.damaged} bytes of a spool file could not be read; what they held is lost"
            self._reporter.report("spool", "damaged", words)
        with self._held():
            self._drop_if_done(segment)
        return found

    def _complain(self, error: OSError) -> None:
        self._unusable_until = time.monotonic() + RETRY_SECONDS
        words = f"{self._directory}: {error.strerror}; events wait in memory only until it can be written"
        self._reporter.report("spool", "unusable", words)

    # group commit

    def _wake_syncer(self) -> None:
        if self._syncer is None:
            try:
                thread = threading.Thread(target=self._sync_for_ever, name="firsthand-sync", daemon=True)
                thread.start()
                self._syncer = thread
            except RuntimeError:
                return  # the interpreter is shutting down; close() syncs
        self._bell.put(None)

    def _sync_for_ever(self) -> None:
        while not self._closed:
            self._bell.get()
            if not self._closed:
                time.sleep(self._sync_seconds)
                self._sync()
                with contextlib.suppress(Empty):
                    while True:
                        self._bell.get_nowait()
                if self._dirty:
                    self._bell.put(None)

    def _sync(self) -> None:
        for segment in list(self._dirty):
            self._dirty.discard(segment)  # first: what is written from now on asks for another one
            try:
                self._sync_names()
                segment.sync()
            except (OSError, ValueError) as error:
                if not segment.sealed and isinstance(error, OSError):
                    self._complain(error)

    def _sync_names(self) -> None:
        """The directory, after a file was made in it: without that a file may be whole and nameless after a power
        cut."""
        if self._new_names:
            self._new_names = False
            fd = os.open(self._directory, os.O_RDONLY)
            try:
                os.fsync(fd)
            finally:
                os.close(fd)
