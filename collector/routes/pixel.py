"""`GET /v1/pixel.gif?data=<base64url JSON>`: opened mails and pages without scripts.

One message, the same way as any other: key, consent, limits, verdict. A picture is answered whatever happens, because
a broken image in a mail helps nobody; the verdict stands in the header `X-Firsthand-Verdict` and in the counters.
"""

import base64
import binascii
from collections.abc import Callable
from urllib.parse import parse_qs

from collector.decode import NotABatch, decode_single
from collector.edge.answer import Headers, Send
from collector.edge.body import Receive
from collector.routes.ingest import Refused, Scope, accept, settle
from collector.state import State

GIF = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
MAX_DATA_CHARS = 8192


class Pixel:
    """The endpoint; `state` gives the worker's belongings."""

    def __init__(self, state: Callable[[], State]) -> None:
        self._state = state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        state = self._state()
        headers = dict(scope["headers"])
        try:
            pending = accept(state, decode_single, _message(scope["query_string"]), scope, headers)
            await settle(state, pending)
            status = 200
            verdict = "200"
        except NotABatch as error:
            status, verdict = error.status, error.code
        except Refused as error:
            status, verdict = error.status, error.code
        state.balance.requests[str(status)] += 1
        sent: Headers = [
            (b"content-type", b"image/gif"),
            (b"cache-control", b"no-store"),
            (b"content-length", str(len(GIF)).encode()),
            (b"x-firsthand-verdict", verdict.encode()),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": sent})
        await send({"type": "http.response.body", "body": GIF})


def _message(query: bytes) -> bytes:
    data = parse_qs(query.decode("latin-1")).get("data", [""])[0]
    if not data or len(data) > MAX_DATA_CHARS:
        raise NotABatch("invalid_pixel", f"?data= must hold 1 to {MAX_DATA_CHARS} characters of base64url JSON")
    try:
        return base64.urlsafe_b64decode(data.encode("ascii") + b"=" * (-len(data) % 4))
    except (ValueError, binascii.Error):
        raise NotABatch("invalid_pixel", "?data= is not base64url") from None
