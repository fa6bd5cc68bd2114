"""A small real server with nothing but the live view: `python -m tests.collector.live.harness PORT DATA`."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
from granian.constants import Interfaces
from granian.server.embed import Server
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from collector.live.access import live_token
from collector.live.hub import LiveHub
from collector.routes.live import live_routes

HEARTBEAT_SECONDS = 0.3


def application(data: Path, hub: LiveHub) -> Starlette:
    """The application; the hub is the caller's, who stops it when the process is told to end."""

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await hub.close()

    async def health(_: object) -> PlainTextResponse:
        return PlainTextResponse("ok")

    routes = [*live_routes(hub, live_token(data), HEARTBEAT_SECONDS), Route("/healthz", health)]
    return Starlette(routes=routes, lifespan=lifespan)


@contextlib.contextmanager
def served(data: Path) -> Iterator[str]:
    """The server in a process of its own; yields its address and ends it again."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "tests.collector.live.harness", str(port), str(data)]
    process = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])})
    base = f"http://127.0.0.1:{port}"
    try:
        for _ in range(200):
            with contextlib.suppress(httpx.TransportError):
                httpx.get(f"{base}/healthz")
                break
            time.sleep(0.05)
        yield base
    finally:
        process.terminate()
        if process.wait(10):
            raise RuntimeError(f"the server ended with {process.returncode}")


async def _main(port: int, data: Path) -> None:
    hub = LiveHub(data / "spool", interval=0.05)
    server = Server(application(data, hub), "127.0.0.1", port, interface=Interfaces.ASGI, log_enabled=False)

    def end() -> None:
        hub.stop()
        server.stop()

    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, end)
    await server.serve()


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1]), Path(sys.argv[2])))
