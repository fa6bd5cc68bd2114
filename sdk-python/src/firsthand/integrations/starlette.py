"""Starlette and FastAPI.

    app = FastAPI()
    install(app, web_key="<write key of the web source>", user_id=lambda scope: scope["state"].get("user_id"))

Adds the ASGI middleware (asgi.py has the options) and delivers what waits when the application's lifespan ends, while
its event loop goes on for others. The default client is configured elsewhere, by `firsthand.configure()` or the
environment.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from firsthand.integrations.asgi import FirsthandMiddleware, flushed


def install(app: Any, *, exit_seconds: float = 5.0, **options: Any) -> None:
    """Call it while the application is built, before its first request."""
    app.add_middleware(FirsthandMiddleware, **options)
    inner = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(started: Any) -> AsyncIterator[Any]:
        async with inner(started) as state:
            yield state
        await flushed(exit_seconds)

    app.router.lifespan_context = lifespan
