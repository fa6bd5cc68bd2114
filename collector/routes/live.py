"""`/live`: the page, its files and its event stream. Everything but the files needs the token or its cookie."""

import asyncio
import mimetypes
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import Message, Receive, Scope, Send

from collector.live.access import COOKIE, LOGIN_SECONDS, cookie_ok, new_login, token_ok
from collector.live.hub import LiveHub, TooManyWatchers, Watcher
from collector.live.sse import OPENING, stream_of
from consent.console import forms
from consent.routes.door import Refused

STATIC: Final = Path(__file__).parent.parent / "console" / "static" / "live"
HEARTBEAT_SECONDS: Final = 10.0
MAX_FORM_BYTES: Final = 1024
HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",  # the address may still hold the token
    "X-Content-Type-Options": "nosniff",
}
STREAM_HEADERS: Final = {
    **HEADERS,
    "Content-Type": "text/event-stream; charset=utf-8",
    "X-Accel-Buffering": "no",  # nginx would hold the stream back
}


def live_routes(
    hub: LiveHub, token: str, heartbeat: float = HEARTBEAT_SECONDS, clock: Callable[[], float] = time.time
) -> list[BaseRoute]:
    """The routes of the live view, opened by `token`. `heartbeat` is in seconds, `clock` gives those since the epoch.

    The caller ends the streams with `hub.stop()` when the process drains. Raises FileNotFoundError if the
    page's files were not installed.
    """
    view = LiveView(hub, token, heartbeat, clock)
    return [
        Route("/live", view.page, methods=["GET"]),
        Route("/live", view.log_in, methods=["POST"]),
        Route("/live/state", view.state, methods=["GET"]),
        Route("/live/events", view.events, methods=["GET"]),
        Route("/live/static/{name}", view.file, methods=["GET"]),
    ]


class LiveView:
    """The endpoints. The page's files are read once, when the routes are built."""

    def __init__(self, hub: LiveHub, token: str, heartbeat: float, clock: Callable[[], float]) -> None:
        self._hub, self._token, self._heartbeat, self._clock = hub, token, heartbeat, clock
        self._files = {p.name: p.read_bytes() for p in STATIC.iterdir() if p.is_file()}
        for needed in ("index.html", "locked.html"):
            if needed not in self._files:
                raise FileNotFoundError(f"{STATIC / needed} is missing; install firsthand-server again")

    async def page(self, request: Request) -> Response:
        given = request.query_params.get("token")
        if given is not None:
            return self._unlock(request, given)
        if not self._open(request):
            return self._locked()
        return self._send("index.html")

    async def log_in(self, request: Request) -> Response:
        try:
            form = await forms.read(request, MAX_FORM_BYTES)
        except Refused:
            return self._locked()
        return self._unlock(request, form.get("token"))

    async def state(self, request: Request) -> Response:
        """Why a stream may have been refused; a page cannot read that from EventSource."""
        if not self._open(request):
            return JSONResponse({"code": "locked", "message": "open /live?token=… again"}, 401, HEADERS)
        return JSONResponse({"watchers": self._hub.watchers}, headers=HEADERS)

    async def events(self, request: Request) -> "EventStream | Response":
        if not self._open(request):
            return self._locked()
        try:
            watcher = self._hub.watch(request.query_params.get("source") or None)
        except TooManyWatchers as error:
            headers = {**HEADERS, "Retry-After": "10"}
            return JSONResponse({"code": "too_many_watchers", "message": str(error)}, 503, headers)
        return EventStream(self._hub, watcher, self._heartbeat)

    async def file(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in self._files:
            return Response("no such file", 404, HEADERS, "text/plain")
        return self._send(name)

    def _open(self, request: Request) -> bool:
        return cookie_ok(request.headers.get("cookie", ""), self._token, self._clock())

    def _unlock(self, request: Request, given: str) -> Response:
        if not token_ok(given, self._token):
            return self._locked()
        response = RedirectResponse("/live", 303, HEADERS)
        secure = request.url.scheme == "https"
        response.set_cookie(
            COOKIE, new_login(self._token, self._clock()), max_age=LOGIN_SECONDS, path="/live", httponly=True,
            samesite="strict", secure=secure,
        )  # fmt: skip
        return response

    def _locked(self) -> Response:
        return self._send("locked.html", 401)

    def _send(self, name: str, status: int = 200) -> Response:
        media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
        return Response(self._files[name], status, HEADERS, media_type)


class EventStream(Response):
    """An answer without an end: what the watcher gets, and a heartbeat when there is nothing."""

    def __init__(self, hub: LiveHub, watcher: Watcher, heartbeat: float) -> None:
        super().__init__(None, 200, STREAM_HEADERS)
        del self.headers["content-length"]
        self._hub, self._watcher, self._heartbeat = hub, watcher, heartbeat

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        left = asyncio.create_task(_until_left(receive))
        left.add_done_callback(lambda _: self._hub.leave(self._watcher))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            await send(_chunk(OPENING))
            while not self._watcher.closed:
                delivery = await self._watcher.take(self._heartbeat)
                await send(_chunk(stream_of(delivery)))
            await send(_chunk(b"", more=False))
        except OSError:
            pass  # the reader left while we wrote: the usual end of a stream
        finally:
            self._hub.leave(self._watcher)
            left.cancel()


def _chunk(body: bytes, more: bool = True) -> Message:
    return {"type": "http.response.body", "body": body, "more_body": more}


async def _until_left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
