"""Django: events tracked in a view know who asked.

    MIDDLEWARE = [..., "firsthand.integrations.django.FirsthandMiddleware"]      # after the authentication middleware
    FIRSTHAND = {"web_key": "<write key of the web source>"}                     # optional

`FIRSTHAND` takes the options of RequestScopes (request.py); `user_id` and `consent` get Django's request. Unless
`user_id` is given, the key of `request.user` is used, if the person is signed in. That is looked up only by a view
that tracks: a look-up touches the session, and with it the `Vary` header and the database. `flush_seconds` above 0
waits at most that long for delivery when the view has answered; what a streamed response tracks comes after that.

Synchronous and asynchronous applications both work.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, Callable

from django.conf import settings

import firsthand
from firsthand.integrations.request import Request, RequestScopes
from firsthand.scope import entered


class FirsthandMiddleware:
    """Raises ValueError or TypeError at start if `FIRSTHAND` cannot be used."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[Any], Any]) -> None:
        self.get_response = get_response
        options: dict[str, Any] = dict(getattr(settings, "FIRSTHAND", None) or {})
        options.setdefault("user_id", signed_in)
        self._flush_seconds: float = options.pop("flush_seconds", 0.0)
        self._scopes = RequestScopes(**options)
        self._is_async = inspect.iscoroutinefunction(get_response)
        if self._is_async:
            from asgiref.sync import markcoroutinefunction

            markcoroutinefunction(self)

    def __call__(self, request: Any) -> Any:
        if self._is_async:
            return self._call(request)
        with entered(self._scopes.lazy(lambda: request_of(request))):
            response = self.get_response(request)
        if self._flush_seconds > 0:
            firsthand.flush(self._flush_seconds)
        return response

    async def _call(self, request: Any) -> Any:
        with entered(self._scopes.lazy(lambda: request_of(request))):
            response = await self.get_response(request)
        if self._flush_seconds > 0:
            from firsthand.integrations.asgi import flushed

            await flushed(self._flush_seconds)
        return response


def signed_in(request: Any) -> str | None:
    """The primary key of the person who is signed in, as text."""
    user = getattr(request, "user", None)
    return str(user.pk) if user is not None and user.is_authenticated else None


def request_of(request: Any) -> Request:
    """A Django HttpRequest in the common form."""
    headers: Mapping[str, str] = request.headers
    host = headers.get("Host") or f"{request.META.get('SERVER_NAME')}:{request.META.get('SERVER_PORT')}"
    return Request(
        header=headers.get,
        scheme=request.scheme,
        host=host,
        path=request.path,
        query=request.META.get("QUERY_STRING") or "",
        peer=request.META.get("REMOTE_ADDR") or None,
        native=request,
    )
