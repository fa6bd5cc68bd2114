"""A small disk for the spool, that a test can fill and free.

As root it is a tmpfs, so that the kernel itself says ENOSPC. Where mounting is refused the workers' file size limit
is lowered instead (EFBIG at every write): less like a full disk, but the same path through the program. There is no
third way and no skip: a test of a full disk that does not run would look like a passed one.
"""

import os
import resource
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

MOUNTED_BYTES = 24 * 1024**2


class Disk:
    """`fill` leaves no byte, `free` gives all back; after `seal` it is read-only."""

    def __init__(self, mount: Path) -> None:
        self._mount = mount
        self._filler = mount / "filler"

    def fill(self, leave: int = 0) -> None:
        """Write until the disk is full (but for `leave` bytes)."""
        with self._filler.open("ab", buffering=0) as file:
            left = os.statvfs(self._filler).f_bavail * os.statvfs(self._filler).f_frsize - leave
            with suppress(OSError):
                while left > 0:
                    left -= file.write(b"x" * min(left, 65536))

    def free(self) -> None:
        self._filler.unlink()

    def seal(self) -> None:
        subprocess.run(["mount", "-o", "remount,ro", str(self._mount)], check=True)


class LimitedFiles(Disk):
    """The stand-in where nothing may be mounted: `workers()` may write no file beyond its first bytes."""

    def __init__(self, mount: Path, workers: Callable[[], list[psutil.Process]]) -> None:
        super().__init__(mount)
        self._workers = workers

    def fill(self, leave: int = 0) -> None:
        self._limit(4)

    def free(self) -> None:
        self._limit(resource.RLIM_INFINITY)

    def seal(self) -> None:
        self._mount.chmod(0o500)  # stops everybody but root, and root may mount

    def _limit(self, size: int) -> None:
        for worker in self._workers():
            worker.rlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


@contextmanager
def small_disk(mount: Path, workers: Callable[[], list[psutil.Process]]) -> Iterator[Disk]:
    """A disk of 24 MiB at `mount`, unmounted at the end; or the stand-in, which needs the worker processes."""
    mount.mkdir(parents=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={MOUNTED_BYTES}", "firsthand-test", str(mount)]
    if subprocess.run(command, capture_output=True, check=False).returncode != 0:
        yield LimitedFiles(mount, workers)
        return
    try:
        yield Disk(mount)
    finally:
        subprocess.run(["umount", "-l", str(mount)], check=True)
