"""What can be looked up about the event. Each enrichment fails open: its columns stay empty, an error is counted.

All of it follows from the context and the request, so it is looked up once a context (shared.py). For contexts that
were not met before there are two bounded caches below: the joined columns of all enrichments per set of facts, because
the next visitor's page and device are often known; and each enrichment's own per key, because a user agent meets many
addresses. Cached are encoded JSON columns, which go into the row as they are.
"""

import logging
from collections.abc import Callable, Hashable, Sequence
from functools import lru_cache

from collector.context import RequestContext
from collector.enrich import Enrichment, Facts
from collector.enrich.model import Device
from collector.event import Event, encode_columns
from collector.protocol import MAX_CACHED_CHARS, MAX_USER_AGENT_CHARS, Context, cacheable

log = logging.getLogger("firsthand.enrich")
CACHE_ENTRIES = 16_384


def enrich(event: Event, context: RequestContext) -> Event:
    shared = event.shared
    if shared.columns is None:
        shared.columns = context.enricher.columns(shared.context, context)
    return event


class CachingEnricher:
    """All enrichments of a worker behind one call. `on_error(name)` counts a failed look-up."""

    def __init__(self, enrichments: Sequence[Enrichment], on_error: Callable[[str], None] = lambda name: None) -> None:
        self._on_error = on_error
        self._enrichments = [(e, lru_cache(CACHE_ENTRIES)(self._encoded_by(e))) for e in enrichments]
        self._joined = lru_cache(CACHE_ENTRIES)(self._join)

    def columns(self, said: Context, request: RequestContext) -> bytes:
        page, campaign, library = said.page, said.campaign, said.library
        agent = said.user_agent or request.user_agent
        url, referrer = (page.url, page.referrer) if page is not None else (None, None)
        tags = None
        if campaign is not None:
            tags = (campaign.source, campaign.medium, campaign.name, campaign.term, campaign.content)
        name = library.name if library is not None else None
        device = _device(said) if said.os is not None or said.device is not None else None
        look = self._joined if cacheable(url, referrer, name, *(tags or ()), *(device or ())) else self._uncached
        return look(
            request.source.kind,
            name,
            agent if agent is None or len(agent) <= MAX_USER_AGENT_CHARS else agent[:MAX_USER_AGENT_CHARS],
            request.ip,
            url or None,
            referrer or None,
            tags,
            device,
        )

    def forget(self) -> None:
        """After a database was replaced: nothing looked up before may be used again."""
        self._joined.cache_clear()
        for _, cached in self._enrichments:
            cached.cache_clear()

    def _join(self, *facts: object) -> bytes:
        seen = Facts(*facts)  # type: ignore[arg-type]
        return b"".join([self._guarded(e, cached, seen) for e, cached in self._enrichments])

    def _uncached(self, *facts: object) -> bytes:
        """The same for facts that are too long to be kept; what is short among them is still looked up once."""
        seen = Facts(*facts)  # type: ignore[arg-type]
        return b"".join([self._guarded(e, _unless_long(e, cached), seen) for e, cached in self._enrichments])

    def _guarded(self, enrichment: Enrichment, cached: Callable[[Hashable], bytes], facts: Facts) -> bytes:
        try:
            key = enrichment.key(facts)
            return b"" if key is None else cached(key)
        except Exception as error:  # noqa: BLE001 - a look-up must not cost the event; it is counted
            self._on_error(enrichment.name)
            log.warning("enrichment %s failed: %s", enrichment.name, type(error).__name__)
            return b""

    @staticmethod
    def _encoded_by(enrichment: Enrichment) -> Callable[[Hashable], bytes]:
        def look_up(key: Hashable) -> bytes:
            return encode_columns(enrichment.look_up(key))

        return look_up


def _device(said: Context) -> Device | None:
    os, device = said.os, said.device
    system = (os.name, os.version) if os is not None else (None, None)
    told = (*system, device.manufacturer, device.model) if device is not None else (*system, None, None)
    return told if any(told) else None


def _unless_long(enrichment: Enrichment, cached: Callable[[Hashable], bytes]) -> Callable[[Hashable], bytes]:
    def look_up(key: Hashable) -> bytes:
        short = _chars(key) <= MAX_CACHED_CHARS + MAX_USER_AGENT_CHARS
        return cached(key) if short else encode_columns(enrichment.look_up(key))

    return look_up


def _chars(key: object) -> int:
    """Characters in a key: a text, or a tuple of such."""
    if isinstance(key, str):
        return len(key)
    return sum(map(_chars, key)) if isinstance(key, tuple) else 0
