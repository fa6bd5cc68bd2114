"""What must work on every Python from 3.9 on, with nothing but the standard library: `python smoke.py ENDPOINT FOLDER`.

Run by test_versions.py with each interpreter that the machine has. Ends with 0 and says what it saw, or raises.
"""

import asyncio
import dataclasses
import json
import os
import sys
import threading
from datetime import datetime, timezone
from decimal import Decimal
from enum import Enum
from unittest import mock
from uuid import UUID

import firsthand
import firsthand.cli
import firsthand.integrations.asgi
import firsthand.integrations.wsgi
from firsthand.straight import Straight
from firsthand.testing import DryRun, Recorder

YES = {"analytics": True}


class Colour(Enum):
    RED = "red"


@dataclasses.dataclass
class Basket:
    items: int


PROPERTIES = {
    "text": "下单 \" \\ \n", "n": 1, "f": 0.1, "none": None, "yes": True, "nested": {"a": [1, {"b": "c"}]},
    "when": datetime(2026, 1, 2, tzinfo=timezone.utc), "price": Decimal("9.90"), "id": UUID(int=1),
    "colour": Colour.RED,
    "basket": Basket(2), "nan": float("nan"), "set": {3, 1, 2}, "bytes": b"x", "url": "https://a:b@shop.example/?q=1",
    "password": "hunter2", 5: "five",
}  # fmt: skip


def both_ways_agree() -> None:
    found = []
    for long_only in (False, True):
        recorder = Recorder()
        for properties in ({"total": 9.9}, {"total": 1}, PROPERTIES, {"items": [{"sku": "a"}]}):
            if long_only:
                with mock.patch.object(Straight, "track", return_value=None):
                    assert recorder.track("X", properties, user_id=7, consent=YES)
            else:
                assert recorder.track("X", properties, user_id=7, consent=YES)
        for event in recorder.events:
            del event["messageId"], event["timestamp"]
        found.append(json.dumps(recorder.events))
        assert "hunter2" not in found[-1]
    assert found[0] == found[1]


def over_http(endpoint: str, spool: str) -> None:
    """Threads, a fork and a spool; what a child that was killed left is sent by its parent."""
    client = firsthand.Client("k", endpoint, spool_dir=spool, batch_seconds=0.05)
    threads = [
        threading.Thread(target=lambda: [client.track("thread", user_id="u", consent=YES) for _ in range(50)])
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    pid = os.fork()
    if pid == 0:
        client._delivery.flusher.start = lambda: None  # type: ignore[method-assign]
        for _ in range(10):
            client.track("child", user_id="u", consent=YES)
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0
    report = client.flush(60)
    assert report == (160, 0, 0, 0), report
    client.shutdown()
    assert os.listdir(spool) == []


async def with_asyncio(endpoint: str) -> None:
    async with firsthand.AsyncClient("k", endpoint) as client:
        with firsthand.context(user_id="u", consent=YES):
            client.track("async")
        assert (await client.flush(60)).sent == 1


def main(endpoint: str, spool: str) -> None:
    both_ways_agree()
    over_http(endpoint, spool)
    asyncio.run(with_asyncio(endpoint))
    dry = DryRun()
    with firsthand.Client("k", endpoint, send=dry) as client:
        client.track("dry", user_id="u", consent=YES)
    assert [e["event"] for e in dry.events] == ["dry"]
    print(".".join(map(str, sys.version_info[:3])))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
