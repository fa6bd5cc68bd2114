"""What the small endpoints beside the main door share (the id cookie, WeChat's): whose address asks, and the form of a
refusal, counted like every other request.
"""

from collections.abc import Awaitable, Mapping

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from collector.decode import NotABatch
from collector.edge.answer import Failure
from collector.edge.body import Disconnected
from collector.routes.ingest import Refused
from collector.state import State


async def answered(state: State, headers: Mapping[str, str], work: Awaitable[Response]) -> Response:
    """What `work` answers, or the refusal that it raises; with these headers."""
    try:
        response = await work
    except (Refused, NotABatch) as error:
        response = _failure(error.status, error.code, str(error))
        if isinstance(error, Refused) and error.retry_after:
            response.headers["retry-after"] = str(error.retry_after)
    except Disconnected:
        response = _failure(400, "cut_short", "the body ended early")
    response.headers.update(headers)
    state.balance.requests[str(response.status_code)] += 1
    return response


def address_of(state: State, request: Request) -> str:
    """The client's address, as far as proxies that are trusted say it; empty if it is not known."""
    peer = request.client.host if request.client else ""
    forwarded = ",".join(request.headers.getlist("x-forwarded-for")) if state.client.reads_forwarded else ""
    return state.client.of(peer, forwarded)[0] or ""


def _failure(status: int, code: str, message: str) -> Response:
    return Response(msgspec.json.encode(Failure(code, message)), status, media_type="application/json")
