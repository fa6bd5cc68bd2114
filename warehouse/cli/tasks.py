"""What officers asked for in the console or the admin API, done where the tables are: a thread of `firsthand load`.

Every two seconds the consent store is asked for work (`consent/rights/work.py`). What `firsthand dsr` does is done here
by the same functions, under the same lock, so command line, night and console never do one thing twice. Killed, the
next loader of this data directory goes on: an erasure from its job, an export from the beginning.

What fails stands on the request's page with what to do, and is tried again every few minutes. Texts of drivers are not
shown and not logged: one that quotes its SQL would quote a person.
"""

import fcntl
import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable
from typing import Any, Final

from collector.settings import Settings
from consent.rights.work import Work
from warehouse.cli.common import store_config

log = logging.getLogger("firsthand.requests")

POLL_SECONDS: Final = 2.0
SWEEP_SECONDS: Final = 600.0
DRAIN_SECONDS: Final = 600.0  # the loader beside us empties the spool
WHO: Final = "loader"


def run(found: Settings, stop: threading.Event, poll: float = POLL_SECONDS) -> None:
    """Until `stop` is set. Never raises. Of several loaders of one data directory one does it."""
    found.data_dir.mkdir(parents=True, exist_ok=True)
    lock = os.open(found.data_dir / ".requests.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    desk = Desk(found)
    try:
        while not stop.wait(poll):
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            try:
                desk.round()
            except Exception as error:  # noqa: BLE001 - the store may be away; the loader goes on
                log.warning("requests cannot be looked at now: %s", type(error).__name__)
    finally:
        desk.close()
        os.close(lock)


class Desk:
    """Takes work and does it. `now` in seconds."""

    def __init__(self, found: Settings, now: Callable[[], float] = time.time) -> None:
        self._settings, self._now = found, now
        self._runner = f"{socket.gethostname()}:{found.data_dir}"[:200]
        self._store: Any = None
        self._swept = 0.0

    def close(self) -> None:
        if self._store is not None:
            self._store.close()

    def round(self) -> None:
        """All work that waits. Raises what the store raises; what becomes of the work stands in the store."""
        from consent.rights import work

        if self._now() - self._swept > SWEEP_SECONDS:
            from warehouse.cli import exporting

            self._swept = self._now()
            exporting.sweep(self._settings.data_dir, self._now(), self._settings.export_days)
        if not self._open():
            return
        with self._store.read() as connection:
            waiting = work.due(connection, self._runner, self._ms())
        if not waiting:
            return
        with self._store.write() as connection:
            work.settle(connection, self._ms())
            got = work.claim(connection, self._runner, self._ms(), waiting)
        for site in sorted({one.site for one in got if one.kind == "erase"}):
            self._try(self._erase, [one for one in got if one.kind == "erase" and one.site == site])
        for one in got:
            if one.kind != "erase":
                self._try(getattr(self, f"_{one.kind}"), [one])

    def _try(self, do: Callable[[list[Work]], None], works: list[Work]) -> None:
        from consent.rights import work

        try:
            do(works)
            return
        except Exception as error:  # noqa: BLE001 - it stands on the request's page and is tried again
            problem = said(error)
        log.warning("%s of %d requests failed: %s", works[0].kind, len(works), problem)
        with self._store.write() as connection:
            for one in works:
                if (now := work.of(connection, one.request)) is not None and now.state == "running":
                    work.end(connection, one.request, self._ms(), problem)

    def _erase(self, works: list[Work]) -> None:
        from consent.rights import work
        from warehouse.cli.erasing import Eraser
        from warehouse.cli.work import Rights
        from warehouse.erase import Erasure

        found, ids = self._settings, [one.request for one in works]
        tell = _Tell(lambda step, done, total: self._progress(ids, step, done, total))
        how = Erasure(
            found.data_dir, store_config(found), grace=found.erase_grace_seconds, drain_timeout=DRAIN_SECONDS,
            on_step=tell.step, on_file=tell.file,
        )  # fmt: skip
        rights = Rights(found, works[0].site)
        Eraser(rights, self._store, self._admin, how).queue(frozenset(ids))
        with self._store.write() as connection:
            for id in ids:
                work.end(connection, id, self._ms())

    def _export(self, works: list[Work]) -> None:
        from consent.rights import requests, work
        from warehouse.cli import exporting
        from warehouse.cli.work import Rights

        [one] = works
        with self._store.read() as connection:
            request = requests.get(connection, one.request)
            exporting.tidy(self._settings.data_dir, work.files(connection))
            tables = Rights(self._settings, one.site).rows(connection, request.forms)
        name = f"{secrets.token_hex(16)}.zip"
        exporting.write(exporting.folder(self._settings.data_dir) / name, tables)
        until = self._ms() + self._settings.export_days * exporting.DAY_SECONDS * 1000
        with self._store.write() as connection:
            requests.finish(connection, self._admin(), one.request)
            work.end(connection, one.request, self._ms(), file=name, until=until)

    def _restrict(self, works: list[Work]) -> None:
        from consent.rights import requests, work
        from warehouse.cli.work import Rights

        [one] = works
        with self._store.read() as connection:
            forms = requests.get(connection, one.request).forms
        Rights(self._settings, one.site).keep_out(self._store, self._admin, forms)
        with self._store.write() as connection:
            requests.finish(connection, self._admin(), one.request)
            work.end(connection, one.request, self._ms())

    def _lift(self, works: list[Work]) -> None:
        from consent.rights import requests, work
        from warehouse.cli.work import Rights

        [one] = works
        with self._store.read() as connection:
            done = "lift" in requests.get(connection, one.request).tasks
        if not done:
            Rights(self._settings, one.site).let_in(self._store, self._admin, one.request)
        with self._store.write() as connection:
            work.end(connection, one.request, self._ms())

    def _progress(self, ids: list[str], step: str, done: int, total: int) -> None:
        from consent.rights import work

        with self._store.write() as connection:
            work.progress(connection, ids, step, done, total, self._ms())

    def _open(self) -> bool:
        from consent.store import open_store, sqlite_path

        if self._store is None:
            path = sqlite_path(self._settings.consent_url)
            if path is not None and not path.exists():
                return False  # nobody chose or asked anything here yet
            self._store = open_store(self._settings.consent_url)
        return True

    def _admin(self) -> Any:
        from collector.identifiers import uuid7
        from consent.admin import Admin

        return Admin(WHO, self._ms(), uuid7, secrets.token_bytes, owner=True)

    def _ms(self) -> int:
        return int(self._now() * 1000)


class _Tell:
    """Progress, a step at once and files at most every second."""

    def __init__(self, tell: Callable[[str, int, int], None]) -> None:
        self._tell, self._step, self._last = tell, "", 0.0

    def step(self, name: str) -> None:
        self._step, self._last = name, time.monotonic()
        self._tell(name, 0, 0)

    def file(self, done: int, total: int) -> None:
        if time.monotonic() - self._last >= 1:
            self._last = time.monotonic()
            self._tell(self._step, done, total)


def said(error: Exception) -> str:
    """What may be shown and logged of an error: our own words, of others only the kind."""
    if type(error).__module__.startswith(("warehouse.", "collector.", "consent.")):
        return str(error)[:300]
    if isinstance(error, OSError) and error.strerror:
        return f"{type(error).__name__}: {error.strerror}; `firsthand doctor` shows what is away"
    return f"{type(error).__name__}; `firsthand doctor` shows what is away"
