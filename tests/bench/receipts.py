"""Receipts over HTTP, beside two ceilings of the same run: the worker's HTTP loop (`/healthz`), and the ledger alone.

64 connections in turn send what the collector must make durable before it answers. The client is in this process and
shares the cores, as wrk does in the other figures. The key is a server's, because a public key is limited by address.
"""

import asyncio
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from consent.presets import preset
from consent.store import default_url, open_store
from tests.bench import servers
from tests.bench.report import Figure, Report
from tests.consent.officer import publish

CONNECTIONS = 64


def run(report: Report, data: Path, quick: bool, alone: float) -> None:
    """`alone`: receipts a second without HTTP, of the same run."""
    rounds, count = (2, 400) if quick else (5, 1_500)
    data.mkdir(parents=True)
    store = open_store(default_url(data))
    publish(store, "default")
    store.close()
    numbers = iter(range(10**9))
    results: dict[str, list[float]] = {"/healthz": [], "receipts": []}
    waits: list[float] = []
    with servers.collector(data, "server") as server:
        _until_known(server.port, _receipt(next(numbers)))
        for _ in range(rounds):
            results["/healthz"].append(_rate(server.port, count, _HEALTH, 200, []))
            results["receipts"].append(_rate(server.port, count, lambda: _receipt(next(numbers)), 201, waits))
    both = {name: statistics.median(found) for name, found in results.items()}
    waits.sort()
    report.add(Figure("consent", "receipts over HTTP, SQLite, one worker", both["receipts"], "receipts/s", detail={
        "runs": results["receipts"], "p50_ms": waits[len(waits) // 2] * 1000,
        "p99_ms": waits[int(len(waits) * 0.99)] * 1000,
    }))  # fmt: skip
    report.add(Figure("consent", "ceiling: /healthz of the same worker", both["/healthz"], "requests/s",
                      detail={"runs": results["/healthz"]}))  # fmt: skip
    report.add(Figure("consent", "receipts over HTTP / recorded without HTTP", both["receipts"] / alone, ""))


_HEALTH: Callable[[], bytes] = lambda: b"GET /healthz HTTP/1.1\r\nhost: bench\r\n\r\n"  # noqa: E731


def _receipt(n: int) -> bytes:
    document = preset()
    body = msgspec.json.encode({
        "idempotencyKey": f"bench-{n:012}", "writeKey": servers.WRITE_KEY, "anonymousId": f"person-{n}",
        "action": "accept_all", "method": "banner", "policyVersion": document.version,
        "noticeHash": document.notices[0].hash, "locale": "de", "region": "DE",
    })  # fmt: skip
    head = "POST /v1/consent/receipts HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\n"
    return f"{head}content-length: {len(body)}\r\n\r\n".encode() + body


def _rate(port: int, count: int, request: Callable[[], bytes], wanted: int, waits: list[float]) -> float:
    sent = [request() for _ in range(count)]
    return asyncio.run(_send(port, iter(sent), count, wanted, waits))


async def _send(port: int, requests: Iterator[bytes], count: int, wanted: int, waits: list[float]) -> float:
    async def worker() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for request in requests:
            begun = time.perf_counter()
            writer.write(request)
            header = await reader.readuntil(b"\r\n\r\n")
            length = int(header.lower().split(b"content-length:")[1].split(b"\r\n")[0])
            body = await reader.readexactly(length)
            if not header.startswith(f"HTTP/1.1 {wanted}".encode()):
                raise RuntimeError(f"{header[:20]!r} {body[:200]!r}")
            waits.append(time.perf_counter() - begun)
        writer.close()

    begun = time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(CONNECTIONS)))
    return count / (time.perf_counter() - begun)


def _until_known(port: int, request: bytes) -> None:
    """The worker hears of the policy within a second or two of its start."""
    deadline = time.monotonic() + 20
    while True:
        try:
            _ = asyncio.run(_send(port, iter([request]), 1, 201, []))
            return
        except RuntimeError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
