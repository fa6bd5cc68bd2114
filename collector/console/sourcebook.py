"""The sources as pages and the admin API read and change them: where the command line writes them, under a lock.

Two people at once, in two workers, must not lose one's change. Sources of the configuration file are there to be read.
Every change is a line of the audit log.
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import msgspec

from collector import sources as store
from collector.console.desk import Desk
from collector.context import Source
from collector.days import Day, read_days
from collector.sources import StoredSource
from consent.admin import Admin, AdminError, audit
from consent.store import Store


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


def add(desk: Desk, book: Store, admin: Admin, made: StoredSource) -> None:
    """A new source. Raises AdminError if there is one of that id, SourceError for what cannot be used."""
    with locked(desk):
        stored = store.read_stored(desk.settings)
        if any(s.id == made.id for s in [*stored, *store.read_configured(desk.config)]):
            raise AdminError("source.taken", source=made.id)
        _check(desk, made)
        store.write_stored(desk.settings, [*stored, made])
    _note(book, admin, "", "source.add", made.id, {"kind": made.kind, "mode": made.mode, "origins": made.origins})


def change(
    desk: Desk, book: Store, admin: Admin, id: str, action: str, changed: Callable[[StoredSource], StoredSource],
    site: str = "",
) -> StoredSource:  # fmt: skip
    """Change a source that is written here; `action` and `site` say where that stands in the audit log.

    Raises AdminError for an unknown one and for one of the configuration file, SourceError for what cannot be used.
    """

    def checked(old: StoredSource) -> StoredSource:
        new = changed(old)
        _check(desk, new)
        return new

    both = replace(desk, id, checked)
    if both is None:
        if any(s.id == id for s in every(desk)):
            raise AdminError("source.configured", source=id)
        raise AdminError("source.unknown", source=id)
    before, after = (msgspec.to_builtins(one) for one in both)
    for secret in ("wechat",):
        before.pop(secret, None)
        after.pop(secret, None)
    differs = {k: [before.get(k), after.get(k)] for k in after if before.get(k) != after.get(k)}
    _note(book, admin, site, action, id, differs)
    return both[1]


def today(desk: Desk, now: float) -> dict[str, dict[str, int]]:
    """Today's counts by source and outcome; `now` in seconds since the epoch."""
    day = datetime.fromtimestamp(now, UTC).date()
    found: dict[str, dict[str, int]] = {}
    for key, count in read_days(desk.settings.data_dir / "days", day, 1).get(day.isoformat(), Day()).counts.items():
        source, _, outcome = key.rpartition(" ")
        found.setdefault(source, {})[outcome] = count
    return found


def _check(desk: Desk, source: StoredSource) -> None:
    """Raises SourceError: what the command line would take, and no address that cannot be in an address bar."""
    store.check_id(source.id)
    store.check_origins(source.origins)
    store.resolve([source], desk.settings)  # its rules of the firewall as well


def _note(book: Store, admin: Admin, site: str, action: str, target: str, detail: dict[str, Any]) -> None:
    with book.write() as connection:
        audit.record(connection, admin, site, action, target, detail)


def replace(
    desk: Desk, id: str, change: Callable[[StoredSource], StoredSource]
) -> tuple[StoredSource, StoredSource] | None:
    """Put a changed source in the place of the old one; both, or None if it is not one that is written here.

    Raises SourceError for what cannot be used; then everything is as it was.
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
