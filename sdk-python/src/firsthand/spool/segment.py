"""One spool file and who owns it.

A file belongs to the process that holds its `flock`. The kernel lets go of the lock when the last descriptor of that
`open()` is closed, also by `kill -9`; so whoever gets the lock knows that the owner is gone, and no process id, no
time-out and no clean-up is needed. Two traps: a forked child shares its parent's descriptor and would keep the lock
alive, so it closes what it inherited (closing does not unlock); and between opening a file and locking it, its owner
may have finished and deleted it, so after locking, the name must still lead to the same file.

A file is made under a hidden name, locked, and only then renamed: nobody can take it from under its maker.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterable

from firsthand.spool import frames

SUFFIX = ".spool"


class Kept(bytes):
    """A message that is also on the disk: event `number` of `segment`."""

    segment: Segment
    number: int


class Segment:
    """An owned file. `live` events of it are not settled; `size` in bytes. Every call is made under the spool's
    lock."""

    def __init__(self, path: str, fd: int, size: int, next_number: int = 0, live: int = 0) -> None:
        self.path, self.size, self.live = path, size, live
        self.sealed = False
        self.spilled = False  # its events are in no queue
        self.damaged = 0  # bytes that made no sense when it was read
        self._fd, self._next = fd, next_number

    def append(self, message: bytes) -> Kept:
        """Write one event. Raises OSError, with the file as it was before."""
        self._write(frames.event_frame(self._next, message))
        kept = Kept(message)
        kept.segment, kept.number = self, self._next
        self._next += 1
        self.live += 1
        return kept

    def settle(self, numbers: Iterable[int]) -> None:
        """These need not be sent again. If that cannot be written they may be, with the same message id."""
        numbers = list(numbers)
        self.live -= len(numbers)
        if self.live > 0 or not self.sealed:  # else the whole file goes
            with contextlib.suppress(OSError):
                self._write(frames.settled_frame(numbers))

    def read(self) -> list[Kept]:
        """The events that are left. Raises OSError."""
        with open(os.dup(self._fd), "rb") as file:
            file.seek(0)
            contents = frames.read(file.read())
        self._next = max(self._next, contents.next_number)
        self.live = len(contents.left)
        found = []
        for number, message in contents.left.items():
            kept = Kept(message)
            kept.segment, kept.number = self, number
            found.append(kept)
        self.damaged = contents.damaged
        return found

    def sync(self) -> None:
        """Raises OSError."""
        _datasync(self._fd)

    def close(self) -> None:
        """Let go of the file; what is not settled in it is there for the next owner."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            if self.live <= 0:
                with contextlib.suppress(OSError):
                    os.unlink(self.path)
            os.close(fd)

    def disown(self) -> None:
        """Close without a word: in a forked child the file is the parent's."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)

    def _write(self, data: bytes) -> None:
        written = os.write(self._fd, data)
        if written != len(data):
            # a full disk takes a part; a later frame must not follow half of one
            with contextlib.suppress(OSError):
                os.ftruncate(self._fd, self.size)
            raise OSError(28, "no space left on device")
        self.size += written


def create(directory: str, name: str) -> Segment:
    """A new, owned, empty file. Raises OSError."""
    hidden = os.path.join(directory, f".{name}.new")
    fd = os.open(hidden, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.write(fd, frames.HEADER) != len(frames.HEADER):
            raise OSError(28, "no space left on device")
        path = os.path.join(directory, name + SUFFIX)
        os.rename(hidden, path)
    except OSError:
        os.close(fd)
        with contextlib.suppress(OSError):
            os.unlink(hidden)
        raise
    return Segment(path, fd, len(frames.HEADER))


def claim(path: str) -> Segment | None:
    """The file if its owner is gone; None if it is owned or no longer there. Raises OSError if it cannot be opened."""
    try:
        fd = os.open(path, os.O_RDWR | os.O_APPEND)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        mine, named = os.fstat(fd), os.stat(path)
        if (mine.st_dev, mine.st_ino) == (named.st_dev, named.st_ino):
            segment = Segment(path, fd, mine.st_size)
            segment.sealed = True
            return segment
    except OSError:  # locked by its owner, or deleted meanwhile
        pass
    os.close(fd)
    return None


_datasync = getattr(os, "fdatasync", os.fsync)  # macOS has no fdatasync
