"""Upkeep of the tables: compact closed days, expire snapshots, purge files that nothing refers to.

    compact   many small files of a finished day → a few sorted ones, one row an event_id     (compact.py)
    retain    events whose purpose's days are over                                             (retain.py)
    expire    old snapshots out of the metadata, or each commit is slower than the last        (expire.py)
    purge     files that no snapshot needs, after a grace longer than the longest reader       (purge.py)

In that order, because each leaves work for the next. The loader only ever expires; the rest runs beside it, in
`firsthand maintain` or in the thread of `firsthand load`, and conflicts with nothing that the loader does.
"""

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from pyiceberg.exceptions import NoSuchTableError

from warehouse.catalog import StoreConfig, open_catalog
from warehouse.maintain.compact import Compacted, compact
from warehouse.maintain.expire import expire
from warehouse.maintain.purge import Purged, purge
from warehouse.maintain.retain import days_by_purpose, retain
from warehouse.schema import EVENTS, TABLES

log = logging.getLogger("firsthand.maintain")


class MaintainConfig(msgspec.Struct, frozen=True):
    """Settings of the upkeep, by the names of docs/settings.md. Times in seconds."""

    data_dir: str
    expire_every: int = 50
    snapshot_keep_seconds: float = 3600.0
    orphan_grace_seconds: float = 3600.0
    maintain_interval: float = 3600.0


class MaintainReport(msgspec.Struct):
    """What was done, by table; `retained`: rows deleted by purpose."""

    compacted: dict[str, Compacted] = {}
    retained: dict[str, int] = {}
    expired: dict[str, int] = {}
    purged: dict[str, Purged] = {}


class Maintainer:
    """Upkeep of all tables of one store."""

    def __init__(self, config: MaintainConfig, store: StoreConfig) -> None:
        self._config, self._store = config, store

    def run_once(
        self, do_compact: bool = True, do_expire: bool = True, do_purge: bool = True,
        say: Callable[[str], None] = lambda _: None,
    ) -> MaintainReport:  # fmt: skip
        """One round over all tables; `say` hears what begins. Raises what store and catalog raise."""
        catalog = open_catalog(self._store)
        done = MaintainReport()
        scratch = Path(self._config.data_dir) / "tmp"
        for schema in TABLES:
            try:
                table = catalog.load_table((self._store.namespace, schema.name))
            except NoSuchTableError:
                continue  # nothing was loaded yet
            if do_compact:
                say(f"{schema.name}: compacting finished days")
                done.compacted[schema.name] = compact(table, schema, scratch, datetime.now(UTC))
            if do_compact and schema is EVENTS:
                say(f"{schema.name}: looking for days that are over by a purpose")
                done.retained = retain(table, days_by_purpose(self._store.consent_store), datetime.now(UTC))
            if do_expire:
                say(f"{schema.name}: expiring snapshots")
                done.expired[schema.name] = expire(
                    table, self._config.snapshot_keep_seconds, 2 * self._config.expire_every
                )
            if do_purge:
                say(f"{schema.name}: looking for files that nothing refers to")
                seen = Path(self._config.data_dir) / f"unreferenced-{schema.name}.json"
                done.purged[schema.name] = purge(table, self._store, self._config.orphan_grace_seconds, seen)
        return done

    def run(self, stop: threading.Event) -> None:
        """A round every `maintain_interval` until `stop` is set. Never raises."""
        while not stop.wait(self._config.maintain_interval):
            started = time.monotonic()
            try:
                done = self.run_once()
            except Exception as error:  # noqa: BLE001 - upkeep can wait for the next round
                log.warning("upkeep failed: %s: %s", type(error).__name__, str(error)[:300])
                continue
            log.info("upkeep took %.1f s: %s", time.monotonic() - started, msgspec.json.encode(done).decode())


__all__ = ["MaintainConfig", "MaintainReport", "Maintainer", "compact", "expire", "purge"]
