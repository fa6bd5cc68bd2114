"""What consent costs: CPU time of ingest with the checks on and off, and receipts a second, without and over HTTP.

Ingest is measured in one process, in turns, by CPU time: decode, every step, row, hand-over to the spool. `off`: no
policy published, the stamped choice and the source's mode decide. `on`: a published policy, and each event of twenty
people carries stamp, or stamp and token. What the checks cost is told on the same bytes with the checks off; what the
half kilobyte of a token on each event costs beside that is a figure of its own.
"""

import asyncio
import secrets
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from collector.decode import decode_batch
from collector.routes.ingest import accept, settle
from consent.keys import key_path
from consent.registry import Registry
from consent.store import default_url, open_store
from tests.bench import receipts
from tests.bench.report import Figure, Report
from tests.collector.consented import GERMANY, SOURCES, Office, office
from tests.collector.desk import desk
from tests.consent.officer import body as choice
from tests.consent.officer import new_id, publish, request

PEOPLE, EVENTS = 20, 20


def run(report: Report, scratch: Path, quick: bool) -> None:
    rounds, batches = (3, 50) if quick else (15, 400)
    with office(scratch / "on") as on, desk(scratch / "off", SOURCES, console=False) as plain:
        off = Office(plain, on.store)
        now = datetime.now(UTC).replace(microsecond=0)
        on.desk.now = off.desk.now = now
        tokens = {f"person-{n}": on.choose(f"person-{n}")["token"] for n in range(PEOPLE)}
        with_tokens = [_body(who, token) for who, token in tokens.items()]
        stamped = [_body(who, None) for who in tokens]
        kinds = {
            "off, stamp": (off, stamped),
            "off, stamp and token": (off, with_tokens),
            "on, stamp": (on, stamped),
            "on, stamp and token": (on, with_tokens),
        }
        runs: dict[str, list[float]] = {name: [] for name in kinds}
        order = list(kinds)
        for _ in range(rounds):
            for name in order:
                house, bodies = kinds[name]
                _cpu(house, bodies, len(bodies))  # who came before must not have the warmer caches
                runs[name].append(_cpu(house, bodies, batches))
            order = order[1:] + order[:1]
        median = {name: statistics.median(found) for name, found in runs.items()}
        for name, value in median.items():
            report.add(Figure("consent", f"ingest, checks {name}", value, "µs/event", detail={"runs": runs[name]}))
        for name in ("stamp", "stamp and token"):
            kept = _kept(runs[f"off, {name}"], runs[f"on, {name}"])
            report.add(Figure("consent", f"throughput kept by CPU time, {name}", kept, "", "≥ 0.85", kept >= 0.85))
        carried = _kept(runs["off, stamp"], runs["on, stamp and token"])
        report.add(Figure("consent", "the same, with the bytes of a token on each event", carried, ""))
    alone = _receipts(report, scratch / "receipts", 400 if quick else 4_000)
    receipts.run(report, scratch / "http", quick, alone)


def _kept(off: list[float], on: list[float]) -> float:
    """Of the rounds' own ratios: both of a round had the same neighbours."""
    return statistics.median(a / b for a, b in zip(off, on, strict=True))


def _body(who: str, token: str | None) -> bytes:
    """Twenty clicks of one person, in the form of our SDKs: the context of each event says it all."""
    consent: dict[str, Any] = {"categoryPreferences": {"analytics": True, "marketing": True}}
    if token:
        consent["token"] = token
    events = [
        {
            "type": "track", "event": "$click", "messageId": f"m-{who}-{n}", "anonymousId": who,
            "properties": {"tag": "button", "sku": f"A-{n}"},
            "context": {"page": {"url": "https://shop.example/p/1", "title": "Tea"}, "locale": "de", "seq": n,
                        "sessionId": f"s-{who}", "library": {"name": "@firsthand/web", "version": "0.1.0"},
                        "consent": consent},
        }
        for n in range(EVENTS)
    ]  # fmt: skip
    return msgspec.json.encode({"batch": events, "writeKey": "web"})


def _cpu(house: Office, bodies: list[bytes], batches: int) -> float:
    """CPU microseconds an event."""
    scope = {"client": GERMANY, "headers": [], "query_string": b""}
    state = house.desk.state

    async def work() -> float:
        spent = 0.0
        for n in range(batches):
            begun = time.thread_time()
            pending = accept(state, decode_batch, bodies[n % len(bodies)], scope, {})
            spent += time.thread_time() - begun
            if pending.rejected:
                raise RuntimeError(f"refused: {pending.rejected[0].detail}")
            await settle(state, pending)
        return spent

    return house.desk.run(work()) / (batches * EVENTS) * 1e6


def _receipts(report: Report, data: Path, count: int) -> float:
    """Receipts a second by one worker, each durable before it is answered; 64 people at once."""
    data.mkdir(parents=True)
    store = open_store(default_url(data))
    publish(store, "default")
    store.close()
    clock: Callable[[], int] = lambda: time.time_ns() // 1_000_000  # noqa: E731
    registry = Registry(default_url(data), key_path(data), clock, time.monotonic, new_id, secrets.token_bytes)

    async def person(numbers: list[int], waits: list[float]) -> None:
        for n in numbers:
            begun = time.perf_counter()
            await registry.choose("default", request("default", f"p-{n}", choice()))
            waits.append(time.perf_counter() - begun)

    async def work() -> tuple[float, list[float]]:
        await registry.poll()
        waits: list[float] = []
        begun = time.perf_counter()
        await asyncio.gather(*(person(list(range(k, count, 64)), waits) for k in range(64)))
        spent = time.perf_counter() - begun
        await registry.close()
        return spent, sorted(waits)

    spent, waits = asyncio.run(work())
    p99 = waits[int(len(waits) * 0.99)] * 1000
    report.add(Figure("consent", "receipts recorded, SQLite, one worker", count / spent, "receipts/s",
                      detail={"p50_ms": waits[len(waits) // 2] * 1000, "p99_ms": p99}))  # fmt: skip
    return count / spent
