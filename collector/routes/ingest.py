"""`POST /v1/batch` and friends: read, decode, authorise, limit, process, make durable, answer.

A plain ASGI endpoint: this is the hot path. "200" is sent only after the spool's fdatasync. Everything the request
shares is found out once (`_context`), the rest is `pipeline.process` per event.
"""

import asyncio
import time
from collections.abc import Callable, MutableMapping
from typing import Any, TypeVar

import msgspec
from starlette.requests import Request

from collector import row
from collector.context import Consents, RequestContext, Source, circumstances
from collector.decode import Decoded, NewId, NotABatch
from collector.edge import answer as say
from collector.edge.answer import Accepted, Headers, Send
from collector.edge.auth import key_of_header, key_of_query
from collector.edge.body import RETRY_SECONDS, Disconnected, Receive, announced, inflate, read_body
from collector.identifiers import uuid7
from collector.metrics import Balance
from collector.outcome import Rejected
from collector.pipeline import Outcome, process
from collector.protocol import MAX_USER_AGENT_CHARS
from collector.spool.format import BAD_EVENTS, EVENTS, FOLDED
from collector.spool.writer import SpoolUnavailable
from collector.state import State, utc_now
from collector.steps.clock import skew_of

Scope = MutableMapping[str, Any]
Decoder = Callable[[bytes, NewId], Decoded]
GZIP = (b"gzip", b"x-gzip")  # RFC 9110 §8.4.1.3: the same, in any case

T = TypeVar("T")


class Refused(Exception):
    """The whole request is refused with this status."""

    def __init__(self, status: int, code: str, message: str, retry_after: int = 0) -> None:
        super().__init__(message)
        self.status, self.code, self.retry_after = status, code, retry_after


class Ingest:
    """One ingest path. `decode` turns its body into messages."""

    def __init__(self, state: Callable[[], State], decode: Decoder) -> None:
        self._state, self._decode = state, decode

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        state = self._state()
        headers = dict(scope["headers"])
        origin = headers.get(b"origin")
        method = scope["method"]
        if method == "OPTIONS":
            await preflight(state, origin, send)
            return
        cors = say.cors(origin)
        if method != "POST":
            cors.append((b"allow", b"POST, OPTIONS"))
            await say.fail(send, 405, "method", "use POST", cors)
            return
        started = time.perf_counter()
        try:
            body = await read_body(receive, state.deadlines, state.room, announced(headers))
            coding = headers.get(b"content-encoding")
            if (coding is not None and coding.strip().lower() in GZIP) or b"encoding=gzip" in scope["query_string"]:
                body = inflate(body)
            pending = accept(state, self._decode, body, scope, headers)
            del body
            answered = await settle(state, pending)
            status = 200
        except Disconnected:
            # Gone, or a body that breaks HTTP's own rules: then somebody is there, and silence would become a 500
            status = 400
            await say.fail(send, status, "cut_short", "the body ended early", [*cors, (b"connection", b"close")])
        except NotABatch as error:
            status = error.status
            await say.fail(send, status, error.code, str(error), cors, error.retry_after)
        except Refused as error:
            status = error.status
            await say.fail(send, status, error.code, str(error), cors, error.retry_after)
        else:
            await say.answer(send, 200, answered, cors)
        state.balance.requests[str(status)] += 1
        state.balance.ack.observe(time.perf_counter() - started)


def authorise(state: State, headers: dict[bytes, bytes], query: bytes, in_body: str | None) -> Source:
    """The request's source. Raises Refused: 401 for an unknown key, 403 for a paused one or a foreign origin."""
    authorization = headers.get(b"authorization")
    key = (key_of_header(authorization) if authorization else None) or key_of_query(query) or in_body
    source = state.sources.by_key.get(key) if key else None
    if source is None and key and in_body and in_body != key:
        source = state.sources.by_key.get(in_body)
    if source is None:
        what = "this write key is unknown" if key else "a write key is needed"
        raise Refused(401, "unauthorized", f"{what}; `firsthand source list` shows the keys")
    if source.state != "live":
        raise Refused(403, "paused", "this source is paused")
    origin = headers.get(b"origin")
    if source.origins and origin is not None and origin.decode("latin-1").lower() not in source.origins:
        raise Refused(403, "origin", "this origin is not among the source's allowed origins")
    return source


async def read_object(state: State, request: Request, decoder: msgspec.json.Decoder[T], most: int) -> T:
    """The small body of an endpoint beside the batches. Raises Refused: 413 above `most` bytes, 400 for another shape;
    NotABatch and Disconnected as `read_body`."""
    raw = await read_body(request.receive, state.deadlines, state.room)
    if len(raw) > most:
        raise Refused(413, "too_large", f"a body may have {most} bytes")
    try:
        return decoder.decode(raw)
    except (msgspec.MsgspecError, RecursionError, ValueError):
        raise Refused(400, "invalid", "the body is not the JSON object that docs/protocol.md describes") from None


class Pending(msgspec.Struct, frozen=True):
    """A processed batch on its way to the disk: rows are with the spool, everything else of the request is forgotten.

    That is also for speed: what would live on while the disk syncs, for every request that waits, pushes the next
    request's memory out of the processor's caches.
    """

    source: Source
    accepted: int
    rejected: list[Rejected]
    durable: asyncio.Future[None]
    held: int
    pii: dict[str, int]


def accept(state: State, decode: Decoder, body: bytes, scope: Scope, headers: dict[bytes, bytes]) -> Pending:
    """Decode, authorise, limit, process, and hand over to the spool. Raises NotABatch, Refused (401, 403, 429, 503)."""
    decoded = decode(body, uuid7)
    source = authorise(state, headers, scope["query_string"], decoded.write_key)
    wait = state.limiter.take(source, decoded.size)
    if wait:
        raise Refused(429, "rate_limited", f"over {source.rate} events a second", wait)
    if state.spool.refusal or state.room.full or not state.consent.ready:
        raise _unavailable(state.balance, decoded.size)
    outcome = process(decoded, _context(state, source, decoded, scope, headers), state.contexts)
    durable, held = _spool(state, outcome), len(outcome.rows)
    state.room.held += held
    return Pending(source, outcome.accepted, outcome.rejected, durable, held, outcome.pii)


async def settle(state: State, pending: Pending) -> bytes:
    """Wait for the disk, count, and give the answer's body. Raises Refused (503) if the disk refused."""
    source, accepted, rejected = pending.source, pending.accepted, pending.rejected
    balance = state.balance
    try:
        await pending.durable
    except SpoolUnavailable:
        raise _unavailable(balance, accepted + len(rejected)) from None
    finally:
        state.room.held -= pending.held
    # All at once and only now: whoever looks at the sheet in between must find it balanced
    balance.received += accepted + len(rejected)
    balance.spooled += accepted
    balance.accepted[source.id] += accepted
    if pending.pii:
        state.findings.count(source.id, pending.pii)
    if not rejected:
        return b'{"success":true,"accepted":%d,"rejected":[]}' % accepted
    for refusal in rejected:
        balance.rejected[f"{source.id} {refusal.reason.value}"] += 1
    return msgspec.json.encode(Accepted(True, accepted, rejected))


def _spool(state: State, outcome: Outcome) -> asyncio.Future[None]:
    """Hand rows and dead letters over; both are in the same group. Raises Refused (503), for both or for neither."""
    accepted, letters = outcome.accepted, outcome.letters
    try:
        if letters:
            durable = state.spool.append(BAD_EVENTS, b"\n".join(letters) + b"\n", len(letters))
        if accepted or not letters:
            durable = state.spool.append(FOLDED if outcome.folded else EVENTS, outcome.rows, accepted)
    except SpoolUnavailable:
        raise _unavailable(state.balance, accepted + len(letters)) from None
    return durable


def _unavailable(balance: Balance, events: int) -> Refused:
    balance.received += events
    balance.unavailable += events
    return Refused(503, "unavailable", "the collector cannot store events now", RETRY_SECONDS)


def _context(
    state: State, source: Source, decoded: Decoded, scope: Scope, headers: dict[bytes, bytes]
) -> RequestContext:
    received = utc_now()
    peer = scope["client"]
    ip = truncated = agent = None
    if source.kind != "server":  # a server's address and user agent describe the server, not the person
        agent = headers.get(b"user-agent")
        forwarded = _forwarded(scope["headers"]) if state.client.reads_forwarded else ""
        ip, truncated = state.client.of(peer[0], forwarded) if peer else (None, None)
    user_agent = agent[:MAX_USER_AGENT_CHARS].decode("latin-1") if agent else None
    gpc = headers.get(b"sec-gpc") == b"1"
    consents = _consents(state, source, ip)
    return RequestContext(
        source=source,
        received_at=received,
        sent_at=decoded.sent_at,
        skew=skew_of(decoded.sent_at, received),
        ip=ip,
        columns=row.of_request(source, received, decoded.sent_at, truncated),
        user_agent=user_agent,
        gpc=gpc,
        key=state.key,
        enricher=state.enricher,
        under=decoded.under,
        circumstances=circumstances(source, gpc, ip, user_agent, consents.gate if consents is not None else None),
        consent=consents,
        samples=state.findings.samples(source.id),
    )


def _consents(state: State, source: Source, ip: str | None) -> Consents | None:
    """What the gate needs to know of the source's site. Raises Refused (503) if it cannot be known."""
    registry = state.consent
    site = registry.sites.get(source.site)
    if site is None or registry.tokens is None or registry.subjects is None:
        return None
    return Consents(site.gate, site.heard, registry.tokens, registry.subjects, state.region(ip), registry.tally)


def _forwarded(headers: list[tuple[bytes, bytes]]) -> str:
    # Several X-Forwarded-For headers are one list (RFC 9110 §5.3); a dict would keep only the last
    return ",".join(v.decode("latin-1") for k, v in headers if k == b"x-forwarded-for")


async def preflight(state: State, origin: bytes | None, send: Send) -> None:
    """CORS preflight. The key is not known yet, so any origin that some source allows is let through."""
    headers: Headers = []
    if origin is not None and _some_source_allows(state, origin.decode("latin-1").lower()):
        headers = [*say.cors(origin), *say.PREFLIGHT]
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


def _some_source_allows(state: State, origin: str) -> bool:
    return any(not s.origins or origin in s.origins for s in state.sources.by_key.values())
