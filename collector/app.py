"""The application: routes, what a worker holds, and what it does every second. Read pipeline.py for the events' path.

`build_app(settings)` is called once in each worker process. The lifespan makes the `State` (a shard of the spool, the
key, databases, sources) and gives it back in order: routes refuse, the running group is synced, the segment sealed.
"""

import asyncio
import contextlib
import logging
import os
import time
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from collector import keys
from collector.days import DayBook
from collector.decode import decode_batch, decode_single
from collector.edge.body import Deadlines, Room
from collector.edge.client import ClientAddress
from collector.edge.limits import RateLimiter
from collector.enrich import GeoDatabase, enrichments
from collector.extras import extra_routes
from collector.findings import Findings
from collector.identifiers import uuid7
from collector.live.hub import LiveHub
from collector.metrics import Balance, publish
from collector.openapi import openapi_routes
from collector.processes import DRAIN_SIGNAL
from collector.routes.consent import CollectorDoor
from collector.routes.health import health_routes
from collector.routes.identity import identity_routes
from collector.routes.ingest import Ingest
from collector.routes.pixel import Pixel
from collector.routes.sdk import dist, sdk_routes
from collector.routes.settings import settings_routes
from collector.routes.wechat import WeChat
from collector.settings import Settings
from collector.shared import Contexts
from collector.sources import SourceRegistry
from collector.spool.writer import SpoolLimits, SpoolWriter
from collector.state import Regions, State, geo_path
from collector.steps.enrich import CachingEnricher
from consent.keys import key_path
from consent.registry import Registry
from consent.routes import consent_routes

log = logging.getLogger("firsthand.app")

DAYS_EVERY = 5  # seconds between notes in the day book and in that of the firewall
SINGLES = {"track": "t", "page": "p", "screen": "s", "identify": "i", "group": "g", "alias": "a"}


class Collector(Starlette):
    """Starlette, but for the ingest paths: their endpoints are plain ASGI, answer for themselves whatever happens, and
    have no use for its middleware and its search for a route, which cost as much as deciding about two events."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self._hot = {r.path: r.endpoint for r in self.routes if isinstance(r, Route) and isinstance(r.endpoint, Ingest)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        endpoint = self._hot.get(scope["path"]) if scope["type"] == "http" else None
        if endpoint is not None:
            await endpoint(scope, receive, send)
            return
        try:
            await super().__call__(scope, receive, send)
        except Exception:  # said below, in our log and by our format
            if scope["type"] != "http":
                raise
            # Starlette has answered 500. Granian would log the exception's text, which may quote what was sent
            log.exception("a request failed: %s", getattr(scope.get("endpoint"), "__qualname__", "no endpoint"))


def build_app(settings: Settings, config: Path | None = None) -> Starlette:
    """The ASGI application of one worker."""
    held: list[State] = []
    hub = LiveHub(settings.spool_dir)

    def state() -> State:
        return held[0]

    wechat = WeChat(state)
    extras = extra_routes(settings, config, hub, state)

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        held.append(_make_state(settings, config))
        days = DayBook(settings.data_dir / "days", held[0].spool.shard.name)
        ticker = asyncio.create_task(_every_second(held[0], days))
        listener = await held[0].consent.listen()
        with contextlib.suppress(RuntimeError, ValueError):  # not the main thread: an embedding test ends us itself
            asyncio.get_running_loop().add_signal_handler(DRAIN_SIGNAL, hub.stop)
        log.info("worker ready: shard %s", held[0].spool.shard.name)
        try:
            yield
        finally:
            ticker.cancel()
            hub.stop()
            wechat.close()
            await hub.close()
            listener.cancel()
            await held[0].spool.close()
            _count_consent(held[0])
            await held[0].consent.close()
            _publish(held[0])
            days.note(held[0].balance, time.time())
            held[0].findings.write(time.time())
            await asyncio.to_thread(extras.close)
            log.info("worker drained: shard %s", held[0].spool.shard.name)

    door = CollectorDoor(state, time.monotonic)
    routes = [*ingest_routes(state), *settings_routes(state, door), *sdk_routes(dist()), *health_routes(state)]
    routes += consent_routes(door)
    routes += [*wechat.routes(), *identity_routes(state), *openapi_routes()]
    app = Collector(
        routes=[*routes, *extras.routes],
        lifespan=lifespan,
        exception_handlers={404: _not_found, 405: _not_allowed},
    )
    app.state.held = state
    return app


def ingest_routes(state: Callable[[], State]) -> list[BaseRoute]:
    """The hot paths, first in the list because routes are tried in order."""
    batch = Ingest(state, decode_batch)
    routes: list[BaseRoute] = [Route("/v1/batch", batch), Route("/v1/b", batch), Route("/v1/import", batch)]
    for kind, letter in SINGLES.items():
        single = Ingest(state, partial(decode_single, kind=kind))
        routes += [Route(f"/v1/{kind}", single), Route(f"/v1/{letter}", single)]
    return [*routes, Route("/v1/pixel.gif", Pixel(state))]


def _make_state(settings: Settings, config: Path | None) -> State:
    balance = Balance()
    geo = GeoDatabase(geo_path(settings))

    def enrichment_failed(name: str) -> None:
        balance.enrichment_errors[name] += 1

    def synced(seconds: float, requests: int) -> None:
        balance.sync.observe(seconds)
        balance.group_requests += requests

    limits = SpoolLimits(
        settings.spool_max_bytes,
        settings.spool_min_free_bytes,
        settings.seal_bytes,
        settings.effective_seal_seconds,
    )
    enricher = CachingEnricher(enrichments(geo), enrichment_failed)
    spool = SpoolWriter(settings.spool_dir, settings.collector_id, limits, synced)
    return State(
        settings=settings,
        sources=SourceRegistry(settings, config),
        spool=spool,
        enricher=enricher,
        contexts=Contexts(),
        key=keys.live_keys(settings).current,
        client=ClientAddress(settings.trusted_proxies),
        limiter=RateLimiter(time.monotonic, settings.workers),
        deadlines=Deadlines(settings.body_timeout, time.monotonic),
        room=Room(settings.max_inflight_bytes),
        balance=balance,
        findings=Findings(settings.data_dir / "pii", spool.shard.name, balance),
        geo=geo,
        consent=Registry(
            settings.consent_url,
            key_path(settings.data_dir),
            lambda: time.time_ns() // 1_000_000,
            time.monotonic,
            uuid7,
            os.urandom,
        ),
        regions=Regions(geo),
    )


async def _every_second(state: State, days: DayBook) -> None:
    """Publish the numbers, notice changed sources and databases. A failing round is logged and the next one comes."""
    rounds, key_stamp = 0, keys.stamp(state.settings)
    while True:
        await asyncio.sleep(1.0)
        rounds += 1
        try:
            state.deadlines.sweep()
            state.sources.refresh()
            if (now := keys.stamp(state.settings)) != key_stamp:
                key_stamp = now
                state.key = keys.live_keys(state.settings).current
                state.contexts.forget()  # they hold pseudonyms of the old key
            if state.geo.reload_if_changed():
                state.enricher.forget()
                state.contexts.forget()
                state.regions.of.cache_clear()
            _count_consent(state)
            _publish(state)
            if rounds % DAYS_EVERY == 0:
                days.note(state.balance, time.time())
                state.findings.write(time.time())
        except Exception:
            log.exception("the round of every second failed")


def _count_consent(state: State) -> None:
    """What the gate did, by source and purpose."""
    for done, count in state.consent.drain().items():
        state.balance.consent[f"{done.source} {done.purpose} {done.outcome}"] += count


def _publish(state: State) -> None:
    state.balance.refusal = state.spool.refusal
    state.balance.no_room = state.room.refused
    publish(state.balance, state.settings.data_dir / "run" / f"{state.spool.shard.name}.json")


async def _not_found(request: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"code": "not_found", "message": "no such path; docs/protocol.md lists them"}, 404)


async def _not_allowed(request: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"code": "method", "message": "this path does not take that method"}, 405)
