"""Loaders let an erasure of the same machine go first when it was overtaken.

A commit is refused when somebody committed since it looked. A change of many files reads many manifests between look
and commit, so a loader at full speed can win every time: on S3 it did, thirty times in a row. So who was overtaken
takes a lock in the data directory, and loaders that work there wait before their next commit until it is free again,
events safe in the spool.

It is a courtesy, not what makes a commit safe: that is the catalog. So nobody waits for longer than `PATIENCE` (the
other one may hang), and where there is no lock to be had one goes on without. Loaders on other machines know nothing of
it; they commit every few seconds, not all the time.
"""

import contextlib
import fcntl
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, TypeVar

T = TypeVar("T")
POLITE: Final = 2  # attempts beside loaders that commit; from then on they wait
PATIENCE: Final = 30.0
_POLL: Final = 0.02


def until_first(once: Callable[[], T | None], attempts: int, data: Path | None = None) -> T | None:
    """What `once` gives. None from it means that another writer was faster: then it is called again after a pause.

    None if that happened `attempts` times. Loaders of `data` give way from the third attempt on.
    """
    with contextlib.ExitStack() as way:
        for attempt in range(attempts):
            if attempt:
                time.sleep(min(1.0, 0.01 * 2**attempt))
            if attempt == POLITE and data is not None:
                way.enter_context(right_of_way(data))
            done = once()
            if done is not None:
                return done
    return None


@contextlib.contextmanager
def right_of_way(data: Path) -> Iterator[None]:
    """Loaders of this data directory wait (`give_way`) as long as the block lasts."""
    with contextlib.ExitStack() as held:
        with contextlib.suppress(OSError):  # a full disk, or one that knows no locks
            lock = os.open(data / ".way.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
            held.callback(os.close, lock)
            _locked(lock, fcntl.LOCK_EX)
        yield


def give_way(data: Path) -> float:
    """Wait while somebody has the right of way; gives the seconds that it took."""
    began = time.monotonic()
    try:
        lock = os.open(data / ".way.lock", os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return 0.0  # mostly: nobody ever asked for it
    try:
        _locked(lock, fcntl.LOCK_SH)
    except OSError:
        return 0.0
    finally:
        os.close(lock)
    return time.monotonic() - began


def _locked(lock: int, kind: int) -> bool:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            fcntl.flock(lock, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(_POLL)
            continue
        return True
