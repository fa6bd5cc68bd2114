"""A TCP gate on loopback before a server: open it passes bytes on, shut it drops every connection, old and new."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit


class Gate:
    """Passes connections on to `target` (an http address). Use `running()`; `shut` and `open` from any thread."""

    def __init__(self, target: str) -> None:
        address = urlsplit(target)
        self._target = (address.hostname or "127.0.0.1", address.port or 80)
        self._loop = asyncio.new_event_loop()
        self._writers: set[asyncio.StreamWriter] = set()
        self._is_open = True
        self.url = ""
        self.dropped = 0

    def shut(self) -> None:
        self._is_open = False
        self._loop.call_soon_threadsafe(self._drop_all)

    def open(self) -> None:
        self._is_open = True

    def _drop_all(self) -> None:
        for writer in self._writers:
            writer.transport.abort()
            self.dropped += 1

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._is_open:
            self.dropped += 1
            writer.transport.abort()
            return
        with contextlib.suppress(OSError):  # either side may go at any time: that is what this is for
            upstream_reader, upstream = await asyncio.open_connection(*self._target)
            both = {writer, upstream}
            self._writers |= both
            try:
                await asyncio.gather(_copy(reader, upstream), _copy(upstream_reader, writer))
            finally:
                self._writers -= both
                for one in both:
                    one.transport.abort()

    @contextlib.contextmanager
    def running(self) -> Iterator["Gate"]:
        server = self._loop.run_until_complete(asyncio.start_server(self._connected, "127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        thread = threading.Thread(target=self._loop.run_forever)
        thread.start()
        try:
            yield self
        finally:
            asyncio.run_coroutine_threadsafe(self._end(server), self._loop).result(10)
            self._loop.call_soon_threadsafe(self._loop.stop)
            thread.join()
            self._loop.close()

    async def _end(self, server: asyncio.Server) -> None:
        server.close()
        self._drop_all()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        await asyncio.wait(others, timeout=5) if others else None


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()
