"""One client, measured in a process of its own: `python -m tests.bench.python_clients NAME PORT EVENTS`, JSON on
stdout.

What is measured is what a host feels and pays: the time of each call on its own thread, then the time and processor
until all events are delivered, and memory. The same event for all; queues made large enough that nothing is dropped.
"""

import json
import logging
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any, NamedTuple

PROPERTIES = {"order_id": "A-1001", "total": 9.9, "currency": "CNY", "items": 3, "coupon": None, "channel": "web"}
EVENT, USER = "Order Completed", "u-7"
ROOM = 1_000_000
WARM = 500
logging.disable(logging.CRITICAL)


class Client(NamedTuple):
    """`track` one event; `finish` returns when all are delivered."""

    track: Callable[[], object]
    finish: Callable[[], object]


def firsthand(port: int, **settings: Any) -> Client:
    from firsthand import Client as Ours

    client = Ours("k", f"http://127.0.0.1:{port}", queue_events=ROOM, queue_bytes=2**31, **settings)
    yes = {"analytics": True}

    def finish() -> None:
        report = client.flush(120)
        assert report.pending == report.dropped == report.rejected == 0, report

    return Client(lambda: client.track(EVENT, PROPERTIES, user_id=USER, consent=yes), finish)


def firsthand_spool(port: int) -> Client:
    return firsthand(port, spool_dir=tempfile.mkdtemp(prefix="spool-", dir="."), spool_bytes=2**30)


def firsthand_scrub(port: int) -> Client:
    from firsthand_scrub import scrub

    return firsthand(port, before_send=scrub)


def segment(port: int) -> Client:
    from segment.analytics.client import Client as Theirs

    client = Theirs("k", host=f"http://127.0.0.1:{port}", max_queue_size=ROOM, gzip=True)
    return Client(lambda: client.track(USER, EVENT, PROPERTIES), client.flush)


def rudder(port: int) -> Client:
    from rudderstack.analytics.client import Client as Theirs

    client = Theirs("k", host=f"http://127.0.0.1:{port}", max_queue_size=ROOM, gzip=True)
    return Client(lambda: client.track(USER, EVENT, PROPERTIES), client.flush)


def posthog(port: int) -> Client:
    from posthog import Posthog

    client = Posthog("k", host=f"http://127.0.0.1:{port}", max_queue_size=ROOM, gzip=True, disable_geoip=True)
    return Client(lambda: client.capture(EVENT, distinct_id=USER, properties=PROPERTIES), client.flush)


def snowplow(port: int) -> Client:
    from snowplow_tracker import AsyncEmitter, SelfDescribing, SelfDescribingJson, Subject, Tracker

    emitter = AsyncEmitter("127.0.0.1", port=port, protocol="http", method="post", batch_size=100,
                           buffer_capacity=ROOM)  # fmt: skip
    subject = Subject()
    subject.set_user_id(USER)
    tracker = Tracker("t", emitter, subject=subject, app_id="shop")
    schema = "iglu:shop/order/jsonschema/1-0-0"

    def track() -> None:
        tracker.track(SelfDescribing(SelfDescribingJson(schema, PROPERTIES)))

    return Client(track, lambda: tracker.flush(is_async=False))


def sensors(port: int) -> Client:
    from sensorsanalytics import AsyncBatchConsumer, SensorsAnalytics

    consumer = AsyncBatchConsumer(f"http://127.0.0.1:{port}", flush_size=100, max_batch_size=100, max_size=ROOM)
    client = SensorsAnalytics(consumer)
    return Client(lambda: client.track(USER, "OrderCompleted", {k: v for k, v in PROPERTIES.items() if v is not None}),
                  client.close)  # fmt: skip


CLIENTS = {
    "firsthand": firsthand, "firsthand, spool": firsthand_spool, "firsthand, scrub": firsthand_scrub,
    "segment": segment, "rudder": rudder,
    "posthog": posthog, "snowplow": snowplow, "sensors": sensors,
}  # fmt: skip


def measure(client: Client, events: int) -> dict[str, float]:
    for _ in range(WARM):
        client.track()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    times = []
    clock = time.perf_counter_ns
    began, processor = time.perf_counter(), time.process_time()
    for _ in range(events):
        at = clock()
        client.track()
        times.append(clock() - at)
    called = time.perf_counter() - began
    client.finish()
    seconds, used = time.perf_counter() - began, time.process_time() - processor
    times.sort()
    return {
        "p50_us": times[events // 2] / 1e3,
        "p99_us": times[int(events * 0.99)] / 1e3,
        "max_ms": times[-1] / 1e6,
        "called_per_s": events / called,
        "delivered_per_s": events / seconds,
        "cpu_us": used / events * 1e6,
        "rss_mb": (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory) / 1024,
    }


if __name__ == "__main__":
    name, port, events = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    print(json.dumps(measure(CLIENTS[name](port), events)))
