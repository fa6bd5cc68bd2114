"""What one worker holds while it runs: sources, spool, caches, counters. Made by app.py's lifespan."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from collector.edge.body import Deadlines
from collector.edge.client import ClientAddress
from collector.edge.limits import RateLimiter
from collector.enrich import EMBEDDED, GeoDatabase
from collector.metrics import Balance
from collector.settings import Settings
from collector.shared import Contexts
from collector.sources import SourceRegistry
from collector.spool.writer import SpoolWriter
from collector.steps.enrich import CachingEnricher
from consent.pii.hashing import Key


def utc_now() -> datetime:
    """The wall clock, in whole milliseconds."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def geo_path(settings: Settings) -> Path:
    """The geo database in force: the one that was set, or the embedded one."""
    return Path(settings.geoip_db) if settings.geoip_db else EMBEDDED


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
    balance: Balance
    geo: GeoDatabase
