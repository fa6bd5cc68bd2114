"""The few system calls that the spool's promises rest on."""

import fcntl
import os
import shutil
from pathlib import Path


def fsync_directory(path: Path) -> None:
    """Make a create, rename or delete in `path` survive power loss (POSIX leaves it to the directory)."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def try_lock(shard: Path) -> int | None:
    """The descriptor of the shard's lock, or None if a live process holds it. Freed by the kernel on death."""
    fd = os.open(shard / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(fd)
        return None
    return fd


def unlock(fd: int) -> None:
    os.close(fd)


def free_bytes(path: Path) -> int:
    """Bytes that may still be written on the disk of `path`."""
    return shutil.disk_usage(path).free


def replace_file(path: Path, content: bytes) -> None:
    """Replace `path` atomically and durably."""
    draft = path.with_name(path.name + ".tmp")
    fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        rest = memoryview(content)
        while rest:  # a nearly full disk takes less than it is given
            rest = rest[os.write(fd, rest) :]
        os.fsync(fd)
    except OSError:
        draft.unlink(missing_ok=True)  # half of it would only hold the last free bytes
        raise
    finally:
        os.close(fd)
    draft.rename(path)
    fsync_directory(path.parent)
