"""What an event costs inside the collector, without HTTP and disk: µs of one core, the best of many rounds.

For a busy machine, where rates say more about the neighbours, and for whoever changes a step. The batches are of the
shape of load.lua, 20 events each with a page of its own. `known`: every context was met before; `new`: none was.
"""

# ruff: noqa: E501 - request bodies and figures are clearest on one line

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from collector import row
from collector.context import RequestContext, Source, circumstances
from collector.decode import decode_batch
from collector.enrich import GeoDatabase, enrichments
from collector.pipeline import process
from collector.shared import Contexts
from collector.steps.enrich import CachingEnricher
from consent.pii.hashing import Key
from tests.bench.bare import decode_whole
from tests.bench.report import Figure, Report

EVENTS, BATCHES = 20, 200
AGENT = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
EVENT = (
    '{"type":"track","messageId":"01a201f8-7c63-7000-9000-%012x","timestamp":"2026-11-26T03:00:00.120Z","anonymousId":"0193a1b2-7c3d-7e4f-8a5b-%012x",'
    '"event":"$click","properties":{"tag":"button","selector":"main > div:nth-of-type(%d) > button","name":"add-to-cart","text":"Add to cart","x":%d,"y":%d,"sku":"A-%d","price":19.9},'
    '"context":{"library":{"name":"@firsthand/web","version":"0.1.0"},"page":{"url":"https://shop.example/p/%d","path":"/p/%d","title":"Blue shoes","referrer":"https://shop.example/"},'
    '"locale":"zh-CN","timezone":"Asia/Shanghai","screen":{"width":1440,"height":900,"density":2},"viewport":{"width":1400,"height":800},"network":"4g",'
    '"sessionId":"0193a1b2-7c3d-7e4f-8a5b-%012x","seq":%d,"consent":{"categoryPreferences":{"analytics":true,"marketing":false}}}}'
)


def run(report: Report, quick: bool) -> None:
    bodies = [body_of(person) for person in range(BATCHES)]
    source, now, key = Source("bench", "fh_bench"), datetime.now(UTC).replace(microsecond=0), Key("k", bytes(32))
    enricher = CachingEnricher(enrichments(GeoDatabase()))
    columns, asked = row.of_request(source, now, now, "127.0.0.0"), circumstances(source, False, "127.0.0.1", AGENT)

    def through(body: bytes, contexts: Contexts) -> None:
        request = RequestContext(
            source, now, now, None, "127.0.0.1", columns, AGENT, False, key, enricher, None, asked
        )  # fmt: skip
        done = process(decode_batch(body, str), request, contexts)
        if done.accepted != EVENTS:
            raise RuntimeError(f"{len(done.rejected)} events were refused: {done.rejected[0]}")

    known = Contexts()
    jobs: dict[str, Callable[[bytes], Any]] = {
        "decode of the bare loop": decode_whole,
        "decode": lambda body: decode_batch(body, str),
        "decode, steps, rows; contexts known": lambda body: through(body, known),
        "decode, steps, rows; contexts new": lambda body: through(body, Contexts()),
    }
    for name, job in jobs.items():
        report.add(Figure("pipeline", name, _best(job, bodies, 5 if quick else 25), "µs/event"))


def _best(job: Callable[[bytes], Any], bodies: list[bytes], rounds: int) -> float:
    """Each batch's best time, so that only a disturbance in every round counts; the mean of these, in µs an event."""
    best = [float("inf")] * len(bodies)
    for _ in range(rounds):
        for i, body in enumerate(bodies):
            started = time.perf_counter()
            job(body)
            best[i] = min(best[i], time.perf_counter() - started)
    return sum(best) / len(best) / EVENTS * 1e6


def body_of(person: int, size: int = EVENTS) -> bytes:
    """A batch of one visitor."""
    numbers = range(person * size, person * size + size)
    events = (EVENT % (n, person, n % 9 + 1, n % 1400, n % 800, n % 5000, n % 300, n % 300, person, n) for n in numbers)
    return f'{{"batch":[{",".join(events)}],"writeKey":"fh_bench","sentAt":"2026-11-26T03:00:00.200Z"}}'.encode()
