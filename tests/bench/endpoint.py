"""What one request costs the worker's thread, HTTP server and disk left out: the collector's endpoint and the bare one,
called in turns in one process. µs of one core, each body's best of many rounds, so that neighbours hardly count.

Everything else of the collector is there: key, limits, steps, row, frame and answer. The spool takes the frame and says
at once that it is on the disk. The parts below the totals are measured by themselves, on what is in the processor's
caches, so that they add up to somewhat less.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from collector import row
from collector.app import _make_state
from collector.decode import decode_batch
from collector.edge.answer import answer
from collector.mould import cast
from collector.pipeline import _look_over, process
from collector.routes.ingest import Ingest, _context, authorise
from collector.settings import load
from collector.sources import StoredSource, write_stored
from collector.spool.format import EVENTS, FOLDED, head_of
from collector.state import State
from tests.bench import bare, pipeline
from tests.bench.report import Figure, Report

BATCHES = 400
Call = Callable[[Any, Any, Any], Awaitable[None]]


def run(report: Report, scratch: Path, quick: bool) -> None:
    settings = load(data=str(scratch / "endpoint"), environ={})
    write_stored(settings, [StoredSource("bench", "fh_bench", rate=10**9, burst=10**9)])
    asyncio.run(_run(report, settings, 3 if quick else 15))


async def _run(report: Report, settings: Any, rounds: int) -> None:
    state = _make_state(settings, None)
    listening = await state.consent.listen()
    taken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    taken.set_result(None)

    def append(kind: int, payload: bytes, rows: int) -> asyncio.Future[None]:
        head_of(kind, payload)
        return taken

    written, state.spool.append = state.spool, append  # type: ignore[method-assign]

    async def plain(scope: Any, receive: Any, send: Any) -> None:
        body = (await receive())["body"]
        await append(EVENTS, body, len(bare.decode_whole(body).batch))
        await send({"type": "http.response.start", "status": 200, "headers": bare.HEADERS})
        await send({"type": "http.response.body", "body": bare.ANSWER})

    ours = Ingest(lambda: state, decode_batch)
    for events in (20, 1):
        bodies = [pipeline.body_of(person, events) for person in range(BATCHES)]
        for name, call in (("bare loop", plain), ("collector", ours)):
            spent = await _best(call, bodies, rounds)
            report.add(Figure("endpoint", f"{name}, {events} events a request", spent, "µs/request"))
        if events == 20:
            _parts(report, state, bodies[7])
    listening.cancel()
    await state.consent.close()
    await written.close()


async def _best(call: Call, bodies: list[bytes], rounds: int) -> float:
    statuses: list[int] = []

    async def send(message: Any) -> None:
        statuses.append(message.get("status", 200))

    best = [float("inf")] * len(bodies)
    for _ in range(rounds):
        for i, body in enumerate(bodies):
            message, scope = {"type": "http.request", "body": body, "more_body": False}, _scope(body)

            async def receive(message: Any = message) -> Any:
                return message

            started = time.perf_counter()
            await call(scope, receive, send)
            best[i] = min(best[i], time.perf_counter() - started)
    if set(statuses) != {200}:
        raise RuntimeError(f"answered {set(statuses)}")
    return sum(best) / len(best) * 1e6


def _parts(report: Report, state: State, body: bytes) -> None:
    scope = _scope(body)
    headers = dict(scope["headers"])
    decoded = decode_batch(body, str)
    source = authorise(state, headers, b"", decoded.write_key)
    request = _context(state, source, decoded, scope, headers)
    rows = process(decoded, request, state.contexts).rows
    messages: Any = decoded.items
    cast_rows, left, parts_ = cast(messages, request, state.contexts)
    if left:
        raise RuntimeError("an event was not cast")

    async def sink(message: Any) -> None:
        return None

    parts: dict[str, Callable[[], Any]] = {
        "decode": lambda: decode_batch(body, str),
        "key, limit, what the request shares": lambda: (
            authorise(state, headers, b"", decoded.write_key), state.limiter.take(source, 20),
            _context(state, source, decoded, scope, headers),
        ),
        "one look over the batch, firewall included": lambda: _look_over(messages, request),
        "contexts found, events cast in moulds": lambda: cast(messages, request, state.contexts),
        "rows encoded": lambda: row.encode(cast_rows, parts_),
        "frame's checksum": lambda: head_of(FOLDED, rows),
        "answer": lambda: _drive(answer(sink, 200, b"{}", [])),
    }  # fmt: skip
    for name, part in parts.items():
        best = float("inf")
        for _ in range(2000):
            started = time.perf_counter()
            part()
            best = min(best, time.perf_counter() - started)
        report.add(Figure("endpoint", f"of it: {name}", best * 1e6, "µs/request"))


def _drive(work: Any) -> None:
    try:
        work.send(None)
    except StopIteration:
        return


def _scope(body: bytes) -> dict[str, Any]:
    headers = [(b"host", b"127.0.0.1"), (b"content-type", b"text/plain"), (b"user-agent", pipeline.AGENT.encode()),
               (b"content-length", b"%d" % len(body))]  # fmt: skip
    return {
        "type": "http", "method": "POST", "path": "/v1/batch", "query_string": b"", "headers": headers,
        "client": ("127.0.0.1", 40000),
    }  # fmt: skip
