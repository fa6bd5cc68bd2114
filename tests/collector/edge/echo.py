"""An application that says what reached it, for Granian by either of its interfaces; see test_native.py.

The same objects answer whichever way a request came in, so what differs is the bridge's doing.
"""

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from collector.decode import NotABatch
from collector.edge.body import Deadlines, Disconnected, Room, announced
from collector.edge.native import Native, read_straight

SECONDS = 0.4  # within which a body must have come
LIMIT = 128 * 1024  # of all bodies that are in flight
seen: list[str] = []  # what nobody could be told
deadlines, room = Deadlines(SECONDS, time.monotonic), Room(LIMIT)


async def echo(request: Request) -> Response:
    try:
        body = await request.body()
    except ClientDisconnect:
        seen.append("cut")
        raise
    scope = request.scope
    said = {
        name: scope[name] for name in ("method", "path", "scheme", "http_version", "root_path", "type")
    } | {
        "query": scope["query_string"].decode("latin-1"),
        "headers": [[name.decode("latin-1"), value.decode("latin-1")] for name, value in scope["headers"]],
        "client": scope["client"][0],
        "server": scope["server"][0],
        "length": len(body),
        "ends": body[-8:].decode("latin-1"),
    }  # fmt: skip
    return JSONResponse(said)


async def cookies(request: Request) -> Response:
    answer = PlainTextResponse("two")
    answer.set_cookie("a", "1")
    answer.set_cookie("b", "2")
    return answer


async def empty(request: Request) -> Response:
    return Response(None, 204)


async def stream(request: Request) -> Response:
    async def parts() -> AsyncIterator[bytes]:
        for n in range(3):
            yield b"part %d\n" % n
            await asyncio.sleep(0.01)

    return StreamingResponse(parts(), headers={"content-type": "text/event-stream"})


async def endless(request: Request) -> Response:
    async def parts() -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"more\n"
                await asyncio.sleep(0.01)
        finally:
            seen.append("left")

    return StreamingResponse(parts())


async def fail(request: Request) -> Response:
    raise RuntimeError("as it happens")


async def what(request: Request) -> Response:
    return JSONResponse({"seen": seen, "held": room.held, "expected": room.expected})


class Hot:
    """Reads a body straight and says how that went."""

    async def straight(self, scope: Any, proto: Any) -> None:
        headers = {name.encode(): value.encode() for name, value in scope.headers.items()}
        try:
            body = await read_straight(proto, deadlines, room, announced(headers))
            said = f"{len(body)}"
        except Disconnected:
            seen.append("cut straight")
            said = "cut"
        except NotABatch as error:
            said = error.code
        proto.response_bytes(200, [("content-type", "text/plain")], said.encode())


@contextlib.asynccontextmanager
async def life(app: Starlette) -> AsyncIterator[None]:
    if os.environ.get("ECHO_FAILS"):
        raise RuntimeError("it cannot start")

    async def sweep() -> None:
        while True:
            await asyncio.sleep(SECONDS / 4)
            deadlines.sweep()

    sweeping = asyncio.create_task(sweep())
    yield
    sweeping.cancel()
    Path(os.environ["ECHO_ENDED"]).write_text("in order")


def build() -> Starlette:
    """By ASGI."""
    named = {"echo": echo, "cookies": cookies, "empty": empty, "stream": stream, "endless": endless, "fail": fail,
             "what": what}  # fmt: skip
    methods = ["GET", "POST", "PUT", "DELETE", "OPTIONS"]
    routes = [Route(f"/{name}", endpoint, methods=methods) for name, endpoint in named.items()]
    return Starlette(routes=[*routes, Route("/echo/{rest:path}", echo, methods=methods)], lifespan=life)


def native() -> Native:
    """By Granian's own."""
    return Native(build(), {"/hot": Hot()})
