"""What every route does first: who asks, may they, how often, and how much do they send."""

import asyncio
from collections.abc import Callable
from functools import wraps
from typing import Any, Protocol, TypeVar

import msgspec
from msgspec import Struct
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from consent.receipts import ChoiceError
from consent.registry import Busy, Registry, Site
from consent.snapshots import Snapshots

MAX_BODY_BYTES = 16 * 1024
BODY_SECONDS = 10.0
RETRY_SECONDS = 5
T = TypeVar("T")
PREFLIGHT = {
    "access-control-allow-methods": "GET, POST, OPTIONS",
    "access-control-allow-headers": "authorization, content-type",
    "access-control-max-age": "86400",
}


class Refused(Exception):
    """The request is refused; `code` is for programs, `message` for people. Neither quotes what was sent."""

    def __init__(self, status: int, code: str, message: str, retry_after: int = 0) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.retry_after = status, code, message, retry_after


class Caller(Struct, frozen=True):
    """The source that a write key names. `trusted`: its key is kept on a server and may speak for people."""

    source: str
    site: str
    trusted: bool


class Door(Protocol):
    """What the collector gives."""

    @property
    def registry(self) -> Registry: ...

    def caller(self, request: Request, in_body: str | None) -> Caller:
        """Who asks. Raises Refused: 401 unknown key, 403 paused or foreign origin, 429 too often."""
        ...

    def region(self, request: Request, caller: Caller) -> str | None:
        """Where the visitor is, by the address; ISO 3166, None if that is not known."""
        ...

    def now(self) -> int:
        """Milliseconds since the epoch."""
        ...

    @property
    def snapshots(self) -> Snapshots:
        """What was resolved and signed lately: one memory for all routes that serve a policy."""
        ...


Endpoint = Callable[[Request], Any]


def route(path: str, method: str, endpoint: Endpoint) -> Route:
    """A route that answers preflights, turns refusals into JSON and always says CORS."""

    @wraps(endpoint)
    async def guarded(request: Request) -> Response:
        if request.method == "OPTIONS":
            return Response(None, 204, _cors(request) | PREFLIGHT)
        try:
            response: Response = await endpoint(request)
        except Refused as error:
            response = _failure(error.status, error.code, error.message, error.retry_after)
        except ChoiceError as error:
            response = _failure(error.status, error.answer, str(error))
        except Busy:
            response = _failure(503, "unavailable", "the consent store cannot take this now", RETRY_SECONDS)
        response.headers.update(_cors(request))
        response.headers["x-content-type-options"] = "nosniff"  # what officers wrote is never a page
        return response

    return Route(path, guarded, methods=[method, "OPTIONS"])


def _cors(request: Request) -> dict[str, str]:
    origin = request.headers.get("origin")
    return {"access-control-allow-origin": origin, "vary": "origin"} if origin else {}


def _failure(status: int, code: str, message: str, retry_after: int = 0) -> Response:
    headers = {"cache-control": "no-store"} | ({"retry-after": str(retry_after)} if retry_after else {})
    return Response(msgspec.json.encode({"code": code, "message": message}), status, headers, "application/json")


def answer(status: int, content: Any) -> Response:
    """JSON that nobody may keep."""
    return Response(msgspec.json.encode(content), status, {"cache-control": "no-store"}, "application/json")


async def bytes_of(request: Request, most: int) -> bytes:
    """The body, of at most `most` bytes. Raises Refused: 413, 408, 400."""
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for part in request.stream():
                body += part
                if len(body) > most:
                    raise Refused(413, "too_large", f"a body may have {most} bytes")
    except TimeoutError:
        raise Refused(408, "timeout", "the body came too slowly") from None
    except ClientDisconnect:
        raise Refused(400, "cut_short", "the body ended early") from None
    return bytes(body)


async def body_of(request: Request, kind: type[T], most: int = MAX_BODY_BYTES) -> T:
    """The decoded body of at most `most` bytes. Raises Refused: 413, 408, 400."""
    body = await bytes_of(request, most)
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        # The text of the library may quote the value; where it stands is enough, and it is ours
        _, _, place = str(error).rpartition(" - at ")
        where = f" at {place}" if place.startswith("`$.") and len(place) < 60 and "[" not in place else ""
        raise Refused(400, "invalid", f"a field is missing, unknown or of a wrong kind{where}") from None
    except (msgspec.MsgspecError, RecursionError, ValueError):
        raise Refused(400, "invalid_json", "the body is not JSON") from None


def site_of(door: Door, caller: Caller) -> Site:
    """The caller's site. Raises Refused: 404 if it has published nothing, Busy if we cannot know."""
    found = door.registry.sites.get(caller.site)
    if found is None:
        if not door.registry.ready:
            raise Busy
        raise Refused(404, "no_policy", "this site has not published a consent policy: firsthand consent publish")
    return found
