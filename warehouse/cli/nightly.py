"""Erasing by night: everybody whose request is verified, together, at `erase_at`, in a thread of `firsthand load`.

Off unless a time is set: what is erased does not come back, so it begins by itself only where somebody said so. What
fails is tried again the next night, from where it was; a deadline that comes nearer is seen in the console's list.
"""

import logging
import secrets
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from collector.settings import Settings
from warehouse.cli.common import store_config
from warehouse.cli.tasks import DRAIN_SECONDS, said

log = logging.getLogger("firsthand.erase")

WHO: Final = "nightly"


def seconds_until(at: str, now: datetime) -> float:
    """From `now` to the next `HH:MM` in UTC; a whole day if it is that time just now."""
    hour, minute = map(int, at.split(":"))
    due = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
    return (due + timedelta(days=due <= now) - now).total_seconds()


def run(
    found: Settings, stop: threading.Event, now: Callable[[], datetime] = lambda: datetime.now(UTC),
    grace: float | None = None,
) -> None:  # fmt: skip
    """Every day at `erase_at` until `stop` is set. Never raises."""
    while not stop.wait(seconds_until(found.erase_at, now())):
        try:
            done = erase_waiting(found, grace)
        except Exception as error:  # noqa: BLE001 - the loader goes on; the next night tries again
            log.warning("erasing failed: %s", said(error))
            continue
        log.info("%d requests erased and certified", len(done))


def erase_waiting(
    found: Settings, grace: float | None = None, load: Callable[[], None] = lambda: None,
    on_step: Callable[[str], None] = lambda step: None, on_file: Callable[[int, int], None] = lambda n, of: None,
) -> list[dict[str, Any]]:  # fmt: skip
    """Of all sites everybody who waits; their certificates. Raises ErasureError, and what stores raise.

    `grace`: seconds, `erase_grace_seconds` if none is given. `load` empties the spool where no loader runs.
    """
    import sqlalchemy as sa

    from collector.identifiers import uuid7
    from consent.admin import Admin
    from consent.rights import work
    from consent.rights.tables import dsr_request
    from consent.store import open_store, sqlite_path
    from warehouse.cli.erasing import Eraser
    from warehouse.cli.work import Rights
    from warehouse.erase import Erasure

    path = sqlite_path(found.consent_url)
    if path is not None and not path.exists():
        return []  # nobody chose or asked anything here yet
    how = Erasure(
        found.data_dir,
        store_config(found),
        grace=found.erase_grace_seconds if grace is None else grace,
        drain_timeout=DRAIN_SECONDS,
        load=load,
        on_step=on_step,
        on_file=on_file,
    )
    store = open_store(found.consent_url)
    try:
        with store.write() as connection:
            work.wake(connection)
        with store.read() as connection:
            sites = sorted(connection.execute(sa.select(dsr_request.c.site).distinct()).scalars())
        admin = lambda: Admin(WHO, time.time_ns() // 1_000_000, uuid7, secrets.token_bytes, owner=True)  # noqa: E731
        done = []
        for id in sites:
            done += Eraser(Rights(found, id), store, admin, how).queue()
        return done
    finally:
        store.close()
