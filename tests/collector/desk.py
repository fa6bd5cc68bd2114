"""A collector at a desk: the real application of one worker, called in this process, without a network.

Requests are ASGI scopes, so a test writes every byte of headers and body; rows and dead letters are read back from
the spool. Source list, key and settings come as the files that the program reads, so nothing inside is known here
but one thing: the clock, which is replaced to make rows comparable.
"""

import asyncio
import contextlib
import json
from base64 import urlsafe_b64encode
from collections.abc import Coroutine, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import pytest

from collector.app import build_app
from collector.settings import Settings
from collector.spool.format import BAD_EVENTS, FOOTER, Frame, frames
from collector.spool.reader import OPEN, SEALED, segments_of, shards
from collector.state import State

KEY = "fh_test"
SOURCE = {"id": "shop", "write_key": KEY, "mode": "opt_out"}
NOW = datetime(2026, 1, 2, 3, 4, 10, tzinfo=UTC)
TEST_SECRET = bytes(range(32))
T = TypeVar("T")


@dataclass
class Reply:
    """What came back, and what the spool holds because of it."""

    status: int
    headers: dict[str, str]
    body: bytes
    rows: list[dict[str, Any]] = field(default_factory=list)
    letters: list[dict[str, Any]] = field(default_factory=list)

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def reasons(self) -> list[str]:
        return [r["reason"] for r in self.json["rejected"]]


class Desk:
    """One worker. Use `desk(...)` below; `now` is what its clock says."""

    def __init__(self, data: Path, settings: Settings) -> None:
        self.data = data
        self.now = NOW
        self._read: dict[tuple[str, str], int] = {}
        self._runner = asyncio.Runner()
        self._app = build_app(settings, data / "firsthand.toml" if (data / "firsthand.toml").exists() else None)
        self._life = self._app.router.lifespan_context(self._app)

    @property
    def state(self) -> State:
        """What the worker holds."""
        found: State = self._app.state.held()
        return found

    def open(self) -> None:
        self._runner.run(self._life.__aenter__())

    def close(self) -> None:
        self._runner.run(self._life.__aexit__(None, None, None))
        self._runner.close()

    def idle(self, seconds: float) -> None:
        """Let the worker's own tasks run."""
        self._runner.run(asyncio.sleep(seconds))

    def batch(self, *messages: Any, **rest: Any) -> Reply:
        """Post messages to /v1/batch with this desk's key."""
        return self.post(json.dumps({"batch": messages, "writeKey": KEY} | rest).encode())

    def post(self, body: bytes, path: str = "/v1/batch", **more: Any) -> Reply:
        return self.request("POST", path, [body], **more)

    def request(
        self,
        method: str,
        path: str,
        chunks: Iterable[bytes | float | None] = (b"",),
        query: str = "",
        headers: Mapping[str, str] | Sequence[tuple[str, str]] = (),
        client: tuple[str, int] | None = ("203.0.113.9", 40000),
    ) -> Reply:
        """One request. A number among `chunks` is a pause in seconds, None a client that went away."""
        reply = self._runner.run(self.call(method, path, list(chunks), query, headers, client))
        for kind, line in self._new_lines():
            (reply.letters if kind == BAD_EVENTS else reply.rows).append(json.loads(line, parse_constant=_no_constant))
        return reply

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run something on the worker's event loop, several `call`s at once for example."""
        return self._runner.run(work)

    async def call(
        self, method: str, path: str, chunks: list[Any], query: str = "", headers: Any = (),
        client: Any = ("203.0.113.9", 40000),
    ) -> Reply:  # fmt: skip
        """One request as in `request`, without reading the spool."""
        pairs = headers.items() if isinstance(headers, Mapping) else headers
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
            "path": path, "raw_path": path.encode(), "query_string": query.encode("latin-1"), "root_path": "",
            "headers": [(k.lower().encode("latin-1"), v.encode("latin-1")) for k, v in pairs],
            "client": client, "server": ("127.0.0.1", 80),
        }  # fmt: skip
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            while chunks and isinstance(chunks[0], float):
                await asyncio.sleep(chunks.pop(0))
            if not chunks or chunks[0] is None:
                return {"type": "http.disconnect"}
            return {"type": "http.request", "body": chunks.pop(0), "more_body": bool(chunks)}

        async def send(message: Any) -> None:
            sent.append(message)

        await self._app(scope, receive, send)
        if not sent:
            return Reply(0, {}, b"")
        return Reply(
            sent[0]["status"],
            {k.decode("latin-1"): v.decode("latin-1") for k, v in sent[0]["headers"]},
            b"".join(m.get("body", b"") for m in sent[1:]),
        )

    def _new_lines(self) -> Iterator[tuple[int, bytes]]:
        for shard in shards(self.data / "spool"):
            # in this order: one that is sealed between the two looks is found by the second
            found = {s.seq: s for suffix in (OPEN, SEALED) for s in segments_of(shard, suffix)}
            for _, segment in sorted(found.items()):
                name = (shard.name, segment.path.stem)
                for offset, frame in _frames_after(segment.path, self._read.get(name, 0)):
                    self._read[name] = offset
                    yield from ((frame.kind, line) for line in bytes(frame.lines()).splitlines())


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _frames_after(path: Path, offset: int) -> Iterator[tuple[int, Frame]]:
    """Whole frames of a growing file from `offset` on, each with the offset after it."""
    try:
        file = path.open("rb")
    except FileNotFoundError:  # it was sealed just now, after it was found open
        file = path.with_suffix(SEALED).open("rb")
    with file:
        file.seek(offset)
        data = memoryview(file.read())
    base = offset
    for item in frames(data):
        if isinstance(item, Frame) and item.kind != FOOTER:
            offset = base + item.end
            yield offset, item


@contextlib.contextmanager
def desk(data: Path, sources: Sequence[Mapping[str, Any]] = (SOURCE,), **settings: Any) -> Iterator[Desk]:
    """A running desk over `data`, with a fixed key, these sources and settings."""
    data.mkdir(parents=True, exist_ok=True)
    write_key_file(data)
    (data / "sources.json").write_text(json.dumps(list(sources)))
    with pytest.MonkeyPatch.context() as patch:
        made = Desk(data, Settings(data=str(data), live=False, **settings))
        patch.setattr("collector.routes.ingest.utc_now", lambda: made.now)
        made.open()
        try:
            yield made
        finally:
            made.close()


def write_key_file(data: Path) -> None:
    """The fixed test key, in the form of the key file."""
    path = data / "keys" / "pii.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"current": "t1", "keys": {"t1": urlsafe_b64encode(TEST_SECRET).decode()}}))
    path.chmod(0o600)
