"""The client for asyncio. The same core: what differs is who waits, and how.

Capturing stays a plain call: it waits for nothing, and a call that had to be awaited would be lost whenever somebody
forgot to. Only what waits is a coroutine: `flush`, `shutdown`, and `drain`, for programs that produce faster than the
collector takes, as `asyncio.StreamWriter` has it. The event loop is never held up: `when_full="block"` is refused here.
With a spool each call writes to the disk's cache, which takes microseconds; `spool_sync_seconds=0` would wait for the
disk itself, and is refused as well.

    async with AsyncClient("<write key>", "https://collect.example.org") as client:
        for row in rows:
            client.track("Row Seen", row, user_id="u-7", consent={"analytics": True})
            await client.drain()
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from typing import Any

from firsthand import lifecycle
from firsthand.calls import Calls, Consent, Id, Object, Time
from firsthand.client import Client
from firsthand.protocol import Report, Stats
from firsthand.settings import SettingsError

_LOOK_SECONDS = 0.005


class AsyncClient(Calls):
    """Arguments and verbs as of `Client`. May be built before the loop runs and used from several loops."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """Raises SettingsError."""
        self._client = Client(*arguments, **options)
        settings = self._client.settings
        wrong = ""
        if settings.when_full == "block":
            wrong = "when_full=block would stop the event loop: use drop_new, and `await client.drain()`"
        elif settings.spool_dir and settings.spool_sync_seconds == 0:
            wrong = "spool_sync_seconds=0 would stop the event loop for every event: use 0.001 or more"
        if wrong:
            self._client.shutdown(0)
            raise SettingsError(wrong)

    async def flush(self, timeout: float = 10.0) -> Report:
        """See Client.flush."""
        lifecycle.notice_fork()
        loop = asyncio.get_running_loop()
        delivered = loop.create_future()

        def arrived() -> None:
            if not delivered.done():
                delivered.set_result(None)

        def done() -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(arrived)

        flusher = self._client._delivery.flusher
        name = flusher.watch(done)
        try:
            if name:
                await asyncio.wait_for(delivered, max(0.0, timeout))
        except asyncio.TimeoutError:
            pass
        finally:
            flusher.unwatch(name)
        return self.stats().report()

    async def drain(self, timeout: float = 10.0) -> bool:
        """Wait until the queue is at most half full, at most `timeout` seconds. True if it is."""
        until = asyncio.get_running_loop().time() + timeout
        while not self._client._delivery.has_ease():
            if asyncio.get_running_loop().time() >= until:
                return False
            await asyncio.sleep(_LOOK_SECONDS)
        return True

    async def shutdown(self, timeout: float | None = None) -> Report:
        """See Client.shutdown."""
        lifecycle.notice_fork()
        seconds = self._client.settings.exit_timeout if timeout is None else timeout
        self._client._delivery.close()
        self._client._delivery.flusher.hurry(seconds)
        await self.flush(seconds)
        return self._client.shutdown(0)

    def register(self, properties: Mapping[str, Any] | None = None, **more: Any) -> None:
        """See Client.register."""
        self._client.register(properties, **more)

    def unregister(self, *names: str) -> None:
        """See Client.unregister."""
        self._client.unregister(*names)

    def stats(self) -> Stats:
        """See Client.stats."""
        return self._client.stats()

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.shutdown()

    def track(self, event: str, properties: Object = None, *, user_id: Id = None, anonymous_id: Id = None,
              timestamp: Time = None, context: Object = None, consent: Consent = None,
              message_id: Id = None) -> str | None:  # fmt: skip
        """See Client.track."""
        return self._client.track(event, properties, user_id=user_id, anonymous_id=anonymous_id, timestamp=timestamp,
                                  context=context, consent=consent, message_id=message_id)  # fmt: skip

    def _capture(self, call: dict[str, Any], user_id: Id, anonymous_id: Id, timestamp: Time, context: Object,
                 consent: Consent, message_id: Id) -> str | None:  # fmt: skip
        return self._client._capture(call, user_id, anonymous_id, timestamp, context, consent, message_id)
