"""The sources as pages read and change them: where the command line writes them, under a lock.

Two people at once, in two workers, must not lose one's change. Sources of the configuration file are there to be read.
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from collector import sources as store
from collector.console.desk import Desk
from collector.context import Source
from collector.sources import StoredSource


def every(desk: Desk) -> list[Source]:
    """All sources, ready for use, by id. Raises SettingsError."""
    found = store.resolve([*store.read_configured(desk.config), *store.read_stored(desk.settings)], desk.settings)
    return sorted(found.values(), key=lambda s: s.id)


def of_site(desk: Desk, site: str) -> list[Source]:
    """Those of one site."""
    return [s for s in every(desk) if s.site == site]


def is_written(desk: Desk, id: str) -> bool:
    """Whether pages may change it; one of the configuration file is changed there."""
    return any(s.id == id for s in store.read_stored(desk.settings))


def replace(
    desk: Desk, id: str, change: Callable[[StoredSource], StoredSource]
) -> tuple[StoredSource, StoredSource] | None:
    """Put a changed source in the place of the old one; both, or None if it is not one that is written here.

    Raises SettingsError for what cannot be used; then everything is as it was.
    """
    with locked(desk):
        stored = store.read_stored(desk.settings)
        old = next((s for s in stored if s.id == id), None)
        if old is None:
            return None
        new = change(old)
        store.write_stored(desk.settings, [new if s.id == id else s for s in stored])
    return old, new


@contextmanager
def locked(desk: Desk) -> Iterator[None]:
    """Nobody else writes sources meanwhile, in any worker."""
    desk.settings.data_dir.mkdir(parents=True, exist_ok=True)
    fd = os.open(desk.settings.data_dir / "sources.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)
