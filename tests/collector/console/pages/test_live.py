"""The page Live: the stream ends when its reader may not see it any more."""

import asyncio
import time
from pathlib import Path

from collector.console.pages.live import WatchedStream
from collector.live.hub import LiveHub
from collector.routes.live import EventStream
from tests.collector.console.conftest import here, shared_office
from tests.collector.console.office import Office

__all__ = ["here", "shared_office"]


def test_the_page_finds_its_stream(here: Office) -> None:
    text = here.inside("watcher", "analyst").get("/console/live").text
    assert 'data-stream="/console/live"' in text
    assert 'class="drawer"' in text


def test_a_stream_ends_soon_after_the_right_to_it(tmp_path: Path) -> None:
    asked: list[float] = []

    async def allowed() -> bool:
        asked.append(time.monotonic())
        return len(asked) < 3

    async def watch() -> list[bytes]:
        hub = LiveHub(tmp_path)
        watcher = hub.watch()
        sent: list[bytes] = []

        async def receive() -> dict[str, str]:
            await asyncio.sleep(600)
            return {"type": "http.disconnect"}

        async def send(message: dict[str, object]) -> None:
            sent.append(message.get("body", b""))  # type: ignore[arg-type]

        stream = WatchedStream(EventStream(hub, watcher, 10.0), watcher.close, allowed, every=0.05)
        await asyncio.wait_for(stream({"type": "http"}, receive, send), 60)  # type: ignore[arg-type]
        assert hub.watchers == 0
        await hub.close()
        return sent

    assert asyncio.run(watch())[0] == b""
    assert len(asked) == 3
