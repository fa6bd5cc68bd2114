"""One open segment: append, sync, seal. Blocking calls, made from the writer's own thread."""

import os
import time
from pathlib import Path

import msgspec

from collector.spool.disk import fsync_directory
from collector.spool.format import FOOTER, MAGIC, HeadHash, head_of


class OpenSegment:
    """An .open file. `synced` is the length up to which every byte is on the disk."""

    def __init__(self, shard: Path, seq: int) -> None:
        """Creates the file durably. Raises OSError (disk full, read-only, …)."""
        self.seq = seq
        self.path = shard / f"{seq:012d}.open"
        self.opened = time.monotonic()
        self.hashed = HeadHash()
        self._fd = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            os.write(self._fd, MAGIC)
            os.fdatasync(self._fd)
            fsync_directory(shard)
        except OSError:
            os.close(self._fd)
            self.path.unlink(missing_ok=True)
            raise
        self.synced = len(MAGIC)

    def append(self, buffers: list[bytes], added: list[tuple[int, bytes, int]]) -> None:
        """Write all buffers and sync once. `added` are the frames' (kind, head, rows). Raises OSError.

        After an error the file may hold anything behind `synced`: call `abandon`.
        """
        size = self.synced
        for start in range(0, len(buffers), 1000):  # IOV_MAX is 1,024
            size += self._write_all(buffers[start : start + 1000])
        os.fdatasync(self._fd)
        self.synced = size
        for kind, head, rows in added:
            self.hashed.add(kind, head, rows)

    def _write_all(self, buffers: list[bytes]) -> int:
        total = sum(map(len, buffers))
        written = os.writev(self._fd, buffers)
        if written < total:  # a short write: disk nearly full, or a signal
            rest = memoryview(b"".join(buffers))[written:]
            while rest:
                rest = rest[os.write(self._fd, rest) :]
        return total

    def seal(self) -> None:
        """Footer, sync, rename. Raises OSError; the file then stays open and is sealed at recovery."""
        footer = msgspec.json.encode(self.hashed.footer())
        try:
            self._write_all([head_of(FOOTER, footer) + footer])
            os.fdatasync(self._fd)
        finally:
            os.close(self._fd)
        self.path.rename(self.path.with_suffix(".sealed"))
        fsync_directory(self.path.parent)

    def abandon(self) -> None:
        """After a failed append: cut back to what was synced and let go. Needs no free space."""
        try:
            os.ftruncate(self._fd, self.synced)
        finally:
            os.close(self._fd)
