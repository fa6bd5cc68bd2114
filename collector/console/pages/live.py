"""Live: the stream of `/live` in the shell, behind the console's login instead of the token.

A stream has no end, so the login behind it is looked at again every few seconds: who was logged out, or lost the role,
sees nothing more.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from collector.console.desk import Desk
from collector.live.hub import TooManyWatchers
from collector.routes.live import HEARTBEAT_SECONDS, EventStream
from consent.console import headers, sessions
from consent.console.page import Endpoint, Page
from consent.console.visit import Visit

PERMISSION: Final = "live.view"
ASK_AGAIN_SECONDS: Final = 5.0


def live(desk: Desk) -> Page:
    """The page, its stream, and why a stream was refused."""

    def show(visit: Visit) -> Response:
        return visit.render("live.html")

    def state(visit: Visit) -> Response:
        return JSONResponse({"watchers": desk.hub.watchers}, headers=headers.COMMON)

    def events(visit: Visit) -> Response:
        try:
            watcher = desk.hub.watch(visit.query("source") or None)
        except TooManyWatchers as error:
            refusal = {"code": "too_many_watchers", "message": str(error)}
            return JSONResponse(refusal, 503, {**headers.COMMON, "Retry-After": "10"})
        stream = EventStream(desk.hub, watcher, HEARTBEAT_SECONDS)
        return WatchedStream(stream, watcher.close, _still_allowed(visit))

    endpoints = (Endpoint(show), Endpoint(state, path="/state"), Endpoint(events, path="/events", on_loop=True))
    return Page("live", "operations", PERMISSION, endpoints, of_site=False)


def _still_allowed(visit: Visit) -> Callable[[], Awaitable[bool]]:
    token = sessions.read_cookie(visit.request, visit.house.config)

    def look() -> bool:
        with visit.house.store.write() as connection:
            found = sessions.peek(connection, token, visit.house.config, visit.house.clock())
        return found is not None and found.may(PERMISSION) and found.everywhere

    async def allowed() -> bool:
        return await asyncio.get_running_loop().run_in_executor(visit.house.threads, look)

    return allowed


class WatchedStream(Response):
    """An event stream that ends when its reader may not see it any more."""

    def __init__(
        self, stream: EventStream, end: Callable[[], None], allowed: Callable[[], Awaitable[bool]],
        every: float = ASK_AGAIN_SECONDS,
    ) -> None:  # fmt: skip
        super().__init__(None, 200)
        self._stream, self._end, self._allowed, self._every = stream, end, allowed, every

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        guard = asyncio.create_task(self._watch())
        try:
            await self._stream(scope, receive, send)
        finally:
            guard.cancel()

    async def _watch(self) -> None:
        try:
            while await self._allowed():
                await asyncio.sleep(self._every)
        finally:
            self._end()  # also if asking failed: then nobody knows whether it may go on
