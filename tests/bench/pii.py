"""What the firewall costs an event and how often it is right, beside Presidio and scrubadub where they are installed.

`make bench-pii`. One event of a kilobyte, clean and with two values in it; the median of many runs in one process. Then
the whole collector, with all rules on and with all switched off, in alternating rounds over the same bodies. Then a part
of the labelled corpus through each of the three (how to install the peers: peers.py).
"""

import hashlib
import importlib.util
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from consent.pii.firewall import Scrubber
from consent.pii.hashing import Key
from consent.pii.look import hints
from tests.bench import peers
from tests.consent.pii.corpus.negatives import negatives
from tests.consent.pii.corpus.positives import positives
from tests.consent.pii.corpus.score import score
from tests.consent.pii.corpus.test_quality import scrub

KEY = Key("bench", bytes(range(32)))
CLEAN: dict[str, Any] = {
    "order_id": "A-2026-1193", "sku": "TEA-250-GR", "price": 12.5, "currency": "EUR", "coupon": "AUTUMN-26", "category": "tea/green",
    "brand": "Example", "position": 3, "list": "search results", "variant": "250 g", "in_stock": True, "rating": 4.7, "reviews": 213,
    "delivery": "standard", "warehouse": "DE-3", "color": "dark green", "image": "/static/img/tea-250.png", "ts": 1795660800123,
    "ref": "9f8a7c6b-5d4e-4f2a-9b0c-9d8e7f6a5b4c", "build": "9f8a7c6b5d4e3f2a1b0c9d8e7f6a5b4c", "experiment": "checkout-b",
    "description": "A normal sentence with several words that says nothing about anyone at all, but makes the event as long as "
    "such events are in practice.",
    "items": [{"sku": "TEA-250-GR", "n": 1, "price": 12.5}, {"sku": "CUP-2", "n": 2, "price": 4.0}], "ab": ["a", "b"],
    "note": "left at the door, thank you very much for the quick delivery of the tea and of the cups, see you again soon",
    "step": "address", "channel": "web", "page_type": "product", "theme": "light", "language": "en-GB",
}  # fmt: skip
DIRTY = CLEAN | {
    "note": "please mail ada.lovelace@example.com about the tea and the cups",
    "contact": "call 138 0013 8000",
}


PEERS: tuple[tuple[str, str, Callable[[], peers.Spans]], ...] = (
    ("presidio", "presidio_analyzer", peers.presidio),
    ("presidio from 0.4", "presidio_analyzer", lambda: peers.presidio(0.4)),
    ("scrubadub", "scrubadub", peers.scrubadub),
)


def microseconds(work: Callable[[], Any], runs: int, clock: Callable[[], int] = time.perf_counter_ns) -> float:
    """The median of `runs` single calls. What takes milliseconds is interrupted by others: measure its processor time."""
    took = []
    for _ in range(runs):
        began = clock()
        work()
        took.append(clock() - began)
    return statistics.median(took) / 1000


def ours(runs: int) -> dict[str, float]:
    clean, dirty = (json.dumps(v).encode() for v in (CLEAN, DIRTY))
    assert hints(clean) is None
    counts: dict[str, int] = {}
    Scrubber(KEY, counts).json(dirty, "properties")
    assert sum(counts.values()) == 2
    batch = b"\0".join([clean] * 20)
    return {
        "clean": microseconds(lambda: Scrubber(KEY, {}).json(clean, "properties"), runs),
        "clean, one look a batch of 20": microseconds(lambda: hints(batch), runs // 10) / 20,
        "two values": microseconds(lambda: Scrubber(KEY, {}).json(dirty, "properties"), runs),
    }


def peer(spans: peers.Spans, runs: int) -> dict[str, float]:
    """The same event through a peer, in microseconds of processor time."""
    clean, dirty = json.dumps(CLEAN), json.dumps(DIRTY)
    return {
        "clean": microseconds(lambda: spans(clean), runs // 100, time.process_time_ns),
        "two values": microseconds(lambda: spans(dirty), runs // 100, time.process_time_ns),
    }


def side_by_side(installed: dict[str, peers.Spans], each: int) -> str:
    """`each` texts of every kind, with a value and without, through the firewall and its peers."""
    items = [*positives(1, each), *negatives(2, each)]
    scores = {"firsthand": score(items, scrub)}
    for name, spans in installed.items():
        scores[name] = score(items, peers.scrub_by(spans))
    return peers.table(scores)


def whole_collector(rounds: int) -> tuple[float, float]:
    """Events a second of processor time through one whole worker (request to spool), with and without the firewall's
    look, the best of alternating rounds. The application is called in this process: no network, one core."""
    import tempfile

    from tests.collector.desk import KEY as WRITE_KEY
    from tests.collector.desk import SOURCE, desk

    message = {"type": "track", "event": "Order", "anonymousId": "a-1", "properties": CLEAN}
    body = json.dumps({"batch": [message] * 20, "writeKey": WRITE_KEY}).encode()
    best = {"on": 0.0, "off": 0.0}
    with tempfile.TemporaryDirectory() as directory, desk(Path(directory), [SOURCE]) as worker:
        import collector.steps.scrub as step

        real = step.clean
        for _ in range(rounds):
            for name, look in (("on", real), ("off", lambda joined, source: True)):
                # `off`: as if a batch had been looked over already
                sys.modules["collector.pipeline"].clean = look  # type: ignore[attr-defined]
                began, sent = time.process_time(), 0
                while time.process_time() - began < 0.5:
                    worker.post(body)
                    sent += 20
                best[name] = max(best[name], sent / (time.process_time() - began))
        sys.modules["collector.pipeline"].clean = real  # type: ignore[attr-defined]
    return best["on"], best["off"]


def brute_force(seconds: float = 1.0) -> float:
    """Plain SHA-256 of Chinese mobile numbers a second of processor time, one core, one Python thread: how fast a plain
    hash is undone."""
    began, tried, number = time.process_time(), 0, 13_000_000_000
    sha = hashlib.sha256
    while time.process_time() - began < seconds:
        for n in range(number, number + 20_000):
            sha(b"%d" % n).digest()
        number += 20_000
        tried += 20_000
    return tried / (time.process_time() - began)


def main() -> None:
    runs = 3000 if "--quick" in sys.argv else 20_000
    table: dict[str, Any] = {"firsthand (µs an event)": ours(runs)}
    installed: dict[str, peers.Spans] = {}
    for name, module, made in PEERS:
        if importlib.util.find_spec(module):
            installed[name] = made()
            table[f"{name} (µs an event)"] = peer(installed[name], runs)
        else:
            table[f"{name} (µs an event)"] = "not installed"
    rate = brute_force()
    table["plain SHA-256 of mobile numbers, a second"] = round(rate)
    table["hours for all 7·10⁹ of them on one core"] = round(7e9 / rate / 3600, 1)
    on, off = whole_collector(3 if "--quick" in sys.argv else 8)
    table["one worker, clean events a second of processor time, firewall on"] = round(on)
    table["… with the look left out"] = round(off)
    table["kept"] = round(on / off, 3)
    print(json.dumps(table, indent=2, ensure_ascii=False))
    print(side_by_side(installed, 20 if "--quick" in sys.argv else 100))


if __name__ == "__main__":
    main()
