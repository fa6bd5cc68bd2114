"""The ceiling: Starlette, msgspec, append and group fsync, nothing else.

The same server, the same structs, the same spool as the collector, but no key, no steps, no row: the body is decoded
and written as it came. What the collector adds to this is what its promises cost.

Two of them: an ASGI endpoint, as the collector's is, and the plain one that most would write, a function of Starlette's
`Request` that returns a `Response`.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from collector.protocol import NO_JSON, Context, Message
from collector.spool.format import EVENTS
from collector.spool.writer import SpoolLimits, SpoolWriter


class WholeMessage(Message):
    """A message decoded to the end, its context too, as whoever writes the plain loop would."""

    context: Context | None = None  # type: ignore[assignment]


class WholeBatch(msgspec.Struct, rename="camel"):
    """The body."""

    batch: list[WholeMessage]
    write_key: str | None = None
    sent_at: datetime | None = None
    context: msgspec.Raw = NO_JSON


decode_whole = msgspec.json.Decoder(WholeBatch).decode
ANSWER = b'{"success":true}'
HEADERS = [(b"content-type", b"application/json"), (b"content-length", str(len(ANSWER)).encode())]


def build(directory: Path, plain: bool = False) -> Starlette:
    """The bare application over a spool in `directory`; `plain`: with Starlette's Request and Response."""
    held: list[SpoolWriter] = []

    class Endpoint:
        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            message = await receive()
            body = message["body"]
            while message["more_body"]:
                message = await receive()
                body += message["body"]
            await held[0].append(EVENTS, body, len(decode_whole(body).batch))
            await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
            await send({"type": "http.response.body", "body": ANSWER})

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        held.append(SpoolWriter(directory / "spool", "bare", SpoolLimits(max_bytes=2**40, min_free_bytes=0)))
        yield
        await held[0].close()
        await asyncio.sleep(0)

    async def by_request(request: Request) -> Response:
        body = await request.body()
        await held[0].append(EVENTS, body, len(decode_whole(body).batch))
        return Response(ANSWER, media_type="application/json")

    whole = Route("/v1/batch", by_request, methods=["POST"]) if plain else Route("/v1/batch", Endpoint())
    return Starlette(routes=[whole], lifespan=lifespan)
