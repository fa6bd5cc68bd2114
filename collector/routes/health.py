"""`/healthz` alive · `/readyz` ready to keep the promise · `/metrics` for Prometheus, all workers summed."""

import time
from collections.abc import Callable

from prometheus_client import CollectorRegistry, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from collector.exposition import SheetCollector
from collector.spool import report
from collector.state import State

LOADER_SILENT_SECONDS = 120.0


def health_routes(state: Callable[[], State]) -> list[Route]:
    """The three endpoints."""

    async def healthz(request: Request) -> Response:
        return JSONResponse({"status": "alive"})

    async def readyz(request: Request) -> Response:
        problems = problems_of(state(), time.time())
        ready = {"status": "unready" if problems else "ready", "problems": problems}
        return JSONResponse(ready, 503 if problems else 200)

    async def metrics(request: Request) -> Response:
        registry = CollectorRegistry()
        data = state().settings.data_dir
        registry.register(SheetCollector(data, state().settings.spool_dir, report.read(data)))
        return Response(generate_latest(registry), media_type="text/plain; version=0.0.4")

    return [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)]


def problems_of(state: State, now: float) -> list[str]:
    """Why the collector is not ready; empty if it is. A loader that never ran here is somebody else's."""
    found = []
    if state.spool.refusal:
        found.append(f"spool: {state.spool.refusal}")
    if not state.consent.ready:
        found.append("consent: the store of policies and receipts does not answer")
    loader = report.read(state.settings.data_dir)
    if loader is not None:
        if loader.error:
            found.append("loader: the catalog or the store does not answer; `firsthand doctor` tells more")
        elif now - loader.seen > LOADER_SILENT_SECONDS:
            found.append(f"loader: silent for {now - loader.seen:.0f} s")
    return found
