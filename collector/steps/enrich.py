"""What can be looked up about the event. Each enrichment fails open: its columns stay empty, an error is counted.

All of it follows from the context and the request, so it is looked up once a context (shared.py), in two parts: what
the device and its address tell, and what the page does. For contexts that were not met before there are two bounded
caches below: the joined columns of all enrichments of a part per set of facts, because the next visitor's page and
device are often known; and each enrichment's own per key, because a user agent meets many addresses. Cached are encoded
JSON columns, which go into the row as they are.
"""

import logging
from collections.abc import Callable, Hashable, Sequence
from functools import lru_cache, partial
from typing import Any, TypeAlias

from collector.context import RequestContext
from collector.enrich import Enrichment, Facts
from collector.enrich.model import Campaign, Device
from collector.event import Event, encode_columns
from collector.protocol import MAX_CACHED_CHARS, MAX_USER_AGENT_CHARS, Context, cacheable

log = logging.getLogger("firsthand.enrich")
CACHE_ENTRIES = 16_384
Cached: TypeAlias = tuple[Enrichment, Any]  # and its look-up behind an lru_cache


def enrich(event: Event, context: RequestContext) -> Event:
    shared = event.shared
    if shared.columns is None:
        shared.columns = context.enricher.columns(shared.context, context)
        shared.page_columns = context.enricher.page_columns(shared.context, context)
    return event


class CachingEnricher:
    """All enrichments of a worker behind one call. `on_error(name)` counts a failed look-up."""

    def __init__(self, enrichments: Sequence[Enrichment], on_error: Callable[[str], None] = lambda name: None) -> None:
        self._on_error = on_error
        cached = [(e, lru_cache(CACHE_ENTRIES)(self._encoded_by(e))) for e in enrichments]
        self._of_device = [(e, look_up) for e, look_up in cached if not e.of_page]
        self._of_page = [(e, look_up) for e, look_up in cached if e.of_page]
        self._device_joined = lru_cache(CACHE_ENTRIES)(self._join_device)
        self._page_joined = lru_cache(CACHE_ENTRIES)(self._join_page)

    def columns(self, said: Context, request: RequestContext) -> bytes:
        """What the device, its address and its program tell."""
        library = said.library
        agent = said.user_agent or request.user_agent
        name = library.name if library is not None else None
        device = _device(said) if said.os is not None or said.device is not None else None
        short = cacheable(name, *device) if device else name is None or len(name) <= MAX_CACHED_CHARS
        look = self._device_joined if short else partial(self._join_device, short=False)
        return look(
            request.source.kind,
            name,
            agent if agent is None or len(agent) <= MAX_USER_AGENT_CHARS else agent[:MAX_USER_AGENT_CHARS],
            request.ip,
            device,
        )

    def page_columns(self, said: Context, request: RequestContext) -> bytes:
        """What the page and the way to it tell."""
        page, campaign = said.page, said.campaign
        url, referrer = (page.url, page.referrer) if page is not None else (None, None)
        tags = None
        if campaign is not None:
            tags = (campaign.source, campaign.medium, campaign.name, campaign.term, campaign.content)
        look = self._page_joined if cacheable(url, referrer, *(tags or ())) else partial(self._join_page, short=False)
        return look(request.source.kind, url or None, referrer or None, tags)

    def forget(self) -> None:
        """After a database was replaced: nothing looked up before may be used again."""
        self._device_joined.cache_clear()
        self._page_joined.cache_clear()
        for _, cached in (*self._of_device, *self._of_page):
            cached.cache_clear()

    def _join_device(
        self, platform: str, library: str | None, agent: str | None, ip: str | None, device: Device | None,
        short: bool = True,
    ) -> bytes:  # fmt: skip
        return self._join(self._of_device, Facts(platform, library, agent, ip, device=device), short)

    def _join_page(
        self, platform: str, url: str | None, referrer: str | None, campaign: Campaign | None, short: bool = True
    ) -> bytes:
        return self._join(self._of_page, Facts(platform, page_url=url, referrer=referrer, campaign=campaign), short)

    def _join(self, enrichments: list[Cached], seen: Facts, short: bool) -> bytes:
        """All columns. Facts that are not `short` are too long to be kept; what is short among them still is."""
        return b"".join(
            [self._guarded(e, cached if short else _unless_long(e, cached), seen) for e, cached in enrichments]
        )

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
