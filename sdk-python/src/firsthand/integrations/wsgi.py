"""WSGI (PEP 3333): events tracked while a request is answered know who asked.

    application = FirsthandMiddleware(application, web_key="<write key of the web source>")

Options are those of RequestScopes (request.py); `user_id` and `consent` get the WSGI environ. `flush_seconds` above 0
waits at most that long for delivery before the last piece of the response is handed on, for hosts that freeze a
process between requests: they do so when the response is complete. A stream is then one piece late.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Callable

import firsthand
from firsthand.integrations.request import Request, RequestScopes
from firsthand.scope import Scope, entered

Environ = dict[str, Any]
App = Callable[[Environ, Any], Iterable[bytes]]


class FirsthandMiddleware:
    """The application runs in the scope, and so does the body that it gives back in pieces."""

    def __init__(self, app: App, *, flush_seconds: float = 0.0, **options: Any) -> None:
        self.app = app
        self._scopes = RequestScopes(**options)
        self._flush_seconds = flush_seconds

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        scope = self._scopes.lazy(lambda: request_of(environ))
        with entered(scope):
            body = self.app(environ, start_response)
        if isinstance(body, (list, tuple)):
            if self._flush_seconds > 0:
                firsthand.flush(self._flush_seconds)
            return body  # there is nothing left to run, and servers like to know the length
        return _Body(body, scope, self._flush_seconds)


class _Body:
    """A body whose pieces are made in the scope; closes what it wraps."""

    def __init__(self, body: Iterable[bytes], scope: Scope, flush_seconds: float) -> None:
        self._body, self._scope, self._flush_seconds = body, scope, flush_seconds
        self._pieces: Iterator[bytes] | None = None

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        with entered(self._scope):
            if self._pieces is None:
                pieces = iter(self._body)
                self._pieces = _flushing(pieces, self._flush_seconds) if self._flush_seconds > 0 else pieces
            return next(self._pieces)

    def close(self) -> None:
        try:
            close = getattr(self._body, "close", None)
            if close is not None:
                with entered(self._scope):
                    close()
        finally:
            if self._flush_seconds > 0:
                firsthand.flush(self._flush_seconds)


def _flushing(pieces: Iterator[bytes], seconds: float) -> Iterator[bytes]:
    """The same pieces; what was tracked is delivered before the last one."""
    held: bytes | None = None
    for piece in pieces:
        if held is not None:
            yield held
        held = piece
    firsthand.flush(seconds)
    if held is not None:
        yield held


def request_of(environ: Environ) -> Request:
    """A WSGI environ in the common form."""

    def header(name: str) -> str | None:
        return environ.get("HTTP_" + name.upper().replace("-", "_"))

    host = environ.get("HTTP_HOST") or f"{environ.get('SERVER_NAME', 'localhost')}:{environ.get('SERVER_PORT', '80')}"
    path = (environ.get("SCRIPT_NAME") or "") + (environ.get("PATH_INFO") or "")
    return Request(
        header=header,
        scheme=environ.get("wsgi.url_scheme") or "http",
        host=host,
        path=path.encode("latin-1", "replace").decode("utf-8", "replace") or "/",
        query=environ.get("QUERY_STRING") or "",
        peer=environ.get("REMOTE_ADDR") or None,
        native=environ,
    )
