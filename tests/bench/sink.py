"""A sink that says yes: the least an HTTP server can do, so that what is measured is the client. Its own process.

`python -m tests.bench.sink` prints its port, then answers every request with 200 and a body that each client takes for
success; after `GET /count` it says how many POSTs and bytes there were.
"""

import asyncio
import json
import sys
from typing import Any

import uvloop

BODY = b'{"success":true,"status":1,"code":200,"message":"success"}'
YES = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY
counted = {"posts": 0, "bytes": 0}


class Sink(asyncio.Protocol):
    def connection_made(self, transport: Any) -> None:  # uvloop's is no asyncio.Transport
        self._transport = transport
        self._buffer = bytearray()
        self._body = -1

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while True:
            if self._body < 0:
                end = self._buffer.find(b"\r\n\r\n")
                if end < 0:
                    return
                head = bytes(self._buffer[:end])
                del self._buffer[: end + 4]
                self._begin(head)
            if len(self._buffer) < self._body:
                return
            counted["bytes"] += self._body
            del self._buffer[: self._body]
            self._body = -1

    def _begin(self, head: bytes) -> None:
        first, *lines = head.split(b"\r\n")
        fields = {k.strip().lower(): v.strip() for k, _, v in (line.partition(b":") for line in lines)}
        self._body = int(fields.get(b"content-length", b"0"))
        if first.startswith(b"GET /count"):
            body = json.dumps(counted).encode()
            self._transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            return
        counted["posts"] += 1
        if fields.get(b"expect"):
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        self._transport.write(YES)  # before the body is here: a sink costs the client nothing


async def main() -> None:
    server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    uvloop.run(main())
