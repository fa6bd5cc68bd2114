"""What one worker holds while it runs: sources, spool, caches, counters. Made by app.py's lifespan."""

import logging
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from collector.edge.body import Deadlines, Room
from collector.edge.client import ClientAddress
from collector.edge.limits import RateLimiter
from collector.enrich import EMBEDDED, GeoDatabase
from collector.findings import Findings
from collector.metrics import Balance
from collector.settings import Settings
from collector.shared import Contexts
from collector.sources import SourceRegistry
from collector.spool.writer import SpoolWriter
from collector.steps.enrich import CachingEnricher
from consent.pii.hashing import Key
from consent.registry import Registry

log = logging.getLogger("firsthand.state")


def utc_now() -> datetime:
    """The wall clock, in whole milliseconds."""
    return datetime.fromtimestamp(time.time_ns() // 1_000_000 / 1000, UTC)


def geo_path(settings: Settings) -> Path:
    """The geo database in force: the one that was set, or the embedded one."""
    return Path(settings.geoip_db) if settings.geoip_db else EMBEDDED


class Regions:
    """The region of an address, remembered. Where the file is damaged there is none, and the strictest rules hold."""

    def __init__(self, geo: GeoDatabase) -> None:
        self._geo = geo
        self.of = lru_cache(16_384)(self._look_up)

    def _look_up(self, ip: str) -> str | None:
        try:
            return self._geo.region(ip)
        except Exception as error:  # noqa: BLE001 - of the reader; fails to the strict side
            log.error("no region of an address: %s", type(error).__name__)
            return None


@dataclass
class State:
    """One worker's belongings."""

    settings: Settings
    sources: SourceRegistry
    spool: SpoolWriter
    enricher: CachingEnricher
    contexts: Contexts
    key: Key
    client: ClientAddress
    limiter: RateLimiter
    deadlines: Deadlines
    room: Room
    balance: Balance
    findings: Findings
    geo: GeoDatabase
    consent: Registry
    regions: Regions

    def region(self, ip: str | None) -> str | None:
        """Where an address is, for the rules that hold there; nothing of it is stored."""
        return self.regions.of(ip) if ip else None
