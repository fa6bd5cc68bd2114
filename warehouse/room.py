"""Memory that also has a path: lines are put there for DuckDB, which reads files.

A file on a disk would be written anew, and be dirty, for each segment. Here the segments of a thread follow each other
in the same pages, and putting them there is no system call. It has no name, so rows in it never outlive the process.
"""

import mmap
import os


class Room:
    """As many bytes as were last asked for, at the path `path`. Not thread-safe."""

    def __init__(self) -> None:
        self._file = -1
        self._open(1)

    def _open(self, size: int) -> None:
        file = os.memfd_create("rows", os.MFD_CLOEXEC)
        if self._file >= 0:
            os.close(self._file)
        self._file = file
        os.ftruncate(file, size)
        self._map = mmap.mmap(file, size)

    @property
    def path(self) -> str:
        return f"/dev/fd/{self._file}"

    def sized(self, size: int) -> memoryview:
        """The room, `size` bytes from now on (one at least); what is in them is whatever was there.

        Raises OSError if there is no memory for it.
        """
        try:
            self._map.resize(max(1, size))
        except BufferError:  # somebody still looks at what is there; it stays until they let go
            self._open(max(1, size))
        return memoryview(self._map)

    def close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
