"""`/healthz` alive · `/readyz` ready to keep the promise · `/metrics` for Prometheus, all workers summed."""

import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import msgspec
from prometheus_client import CollectorRegistry, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from collector.exposition import SheetCollector
from collector.state import State

LOADER_SILENT_SECONDS = 120.0


class LoaderReport(msgspec.Struct):
    """What the loader last wrote to `<data>/loader.json`."""

    time: datetime
    committed_events: int = 0
    committed_bad: int = 0
    duplicates: int = 0
    damaged_frames: int = 0
    poison_rows: int = 0
    lag_seconds: float = 0.0
    error: str = ""

    @property
    def seen(self) -> float:
        """When that was, in seconds since the epoch."""
        return self.time.timestamp()


def read_loader(data: Path) -> LoaderReport | None:
    """The loader's last report, or None if it has not run here."""
    try:
        return msgspec.json.decode((data / "loader.json").read_bytes(), type=LoaderReport)
    except (OSError, msgspec.MsgspecError):
        return None


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
        registry.register(SheetCollector(data, state().settings.spool_dir, read_loader(data)))
        return Response(generate_latest(registry), media_type="text/plain; version=0.0.4")

    return [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)]


def problems_of(state: State, now: float) -> list[str]:
    """Why the collector is not ready; empty if it is. A loader that never ran here is somebody else's."""
    found = []
    if state.spool.refusal:
        found.append(f"spool: {state.spool.refusal}")
    if not state.consent.ready:
        found.append("consent: the store of policies and receipts does not answer")
    loader = read_loader(state.settings.data_dir)
    if loader is not None:
        if loader.error:
            found.append("loader: the catalog or the store does not answer; `firsthand doctor` tells more")
        elif now - loader.seen > LOADER_SILENT_SECONDS:
            found.append(f"loader: silent for {now - loader.seen:.0f} s")
    return found
