"""ASGI: events tracked while a request or a websocket is answered know who asked.

    app = FirsthandMiddleware(app, web_key="<write key of the web source>", trusted_proxies=["10.0.0.0/8"])

Options are those of RequestScopes (request.py); `user_id` and `consent` get the ASGI scope. `flush_seconds` above 0
waits at most that long for delivery before the last part of the response is sent, for hosts that freeze a process
between requests: they do so when the response is complete. What runs after it is delivered after it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, MutableMapping
from typing import Any, Callable

import firsthand
from firsthand.integrations.request import Request, RequestScopes
from firsthand.scope import entered

AsgiScope = MutableMapping[str, Any]
_LAST = ("http.response.body", "http.response.pathsend")  # the second: a whole file (ASGI extensions)
App = Callable[[AsgiScope, Any, Any], Awaitable[None]]


class FirsthandMiddleware:
    """Pure ASGI: nothing is buffered, streams stay streams."""

    def __init__(self, app: App, *, flush_seconds: float = 0.0, **options: Any) -> None:
        self.app = app
        self._scopes = RequestScopes(**options)
        self._flush_seconds = flush_seconds

    async def __call__(self, scope: AsgiScope, receive: Any, send: Any) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        if self._flush_seconds <= 0:
            with entered(self._scopes.lazy(lambda: request_of(scope))):
                await self.app(scope, receive, send)
            return

        async def flushing(message: MutableMapping[str, Any]) -> None:
            if message["type"] in _LAST and not message.get("more_body"):
                await flushed(self._flush_seconds)
            await send(message)

        try:
            with entered(self._scopes.lazy(lambda: request_of(scope))):
                await self.app(scope, receive, flushing)
        finally:
            await flushed(self._flush_seconds)


async def flushed(seconds: float) -> None:
    """`firsthand.flush` while the event loop goes on."""
    await asyncio.get_running_loop().run_in_executor(None, firsthand.flush, seconds)


def request_of(scope: AsgiScope) -> Request:
    """An ASGI connection scope (ASGI HTTP 2.3) in the common form."""
    headers: dict[str, str] = {}
    for name, value in scope.get("headers") or ():
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        # HTTP/2 may split cookies (RFC 9113 §8.2.3); other repeated fields are lists
        headers[key] = f"{headers[key]}{'; ' if key == 'cookie' else ', '}{text}" if key in headers else text
    client, server = scope.get("client"), scope.get("server")
    scheme = scope.get("scheme") or "http"
    host = headers.get("host") or (f"{server[0]}:{server[1]}" if server and server[1] else "localhost")
    return Request(
        header=headers.get,
        scheme={"ws": "http", "wss": "https"}.get(scheme, scheme),
        host=host,
        path=scope.get("path") or "/",
        query=(scope.get("query_string") or b"").decode("latin-1"),
        peer=client[0] if client else None,
        native=scope,
    )
