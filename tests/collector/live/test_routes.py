"""The live view over real HTTP: who gets in, what the answers say, and the stream as it goes over the wire."""

import asyncio
import re
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import msgspec
import pytest
from starlette.types import Message

from collector.live.access import COOKIE, live_token, new_login
from collector.live.hub import MAX_WATCHERS, LiveHub
from collector.routes.live import EventStream
from tests.collector.live.harness import served
from tests.collector.live.rows import event, refused, write, writer


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def base(data: Path) -> Iterator[str]:
    with served(data) as address:
        yield address


@pytest.fixture
def opened(base: str, data: Path) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=base, cookies={COOKIE: new_login(live_token(data), time.time())}) as client:
        yield client


def events(lines: Iterator[str]) -> Iterator[tuple[str, dict]]:  # type: ignore[type-arg]
    """(name, data) of a stream's events."""
    name = ""
    for text in lines:
        if text.startswith("event: "):
            name = text[7:]
        elif text.startswith("data: "):
            yield name, msgspec.json.decode(text[6:])


@pytest.mark.parametrize("path", ["/live", "/live?token=", "/live?token=wrong", "/live/events", "/live?TOKEN=x"])
def test_without_the_token_there_is_only_a_page_that_says_where_it_is(base: str, path: str) -> None:
    answer = httpx.get(base + path)
    assert answer.status_code == 401
    assert "keys/live-token" in answer.text
    assert "令牌" in answer.text
    assert "set-cookie" not in answer.headers


def test_the_token_becomes_a_cookie_and_leaves_the_address(base: str, data: Path) -> None:
    answer = httpx.get(f"{base}/live", params={"token": live_token(data)})
    assert (answer.status_code, answer.headers["location"]) == (303, "/live")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "samesite=strict" in cookie.lower()
    assert "Path=/live" in cookie
    assert live_token(data) not in cookie
    with httpx.Client(base_url=base, follow_redirects=True) as client:
        assert client.get("/live", params={"token": live_token(data)}).status_code == 200
        assert client.get("/live").status_code == 200


def test_the_token_can_be_pasted(base: str, data: Path) -> None:
    assert httpx.post(f"{base}/live", data={"token": f" {live_token(data)} "}).status_code == 303
    assert httpx.post(f"{base}/live", data={"token": "wrong"}).status_code == 401
    assert httpx.post(f"{base}/live", content=b"token=" + b"x" * 5000).status_code == 401
    assert httpx.post(f"{base}/live", content=b"\xff\xfe").status_code == 401


def test_no_answer_is_stored_framed_or_runs_foreign_code(opened: httpx.Client, base: str) -> None:
    answers = [
        opened.get("/live"),
        opened.get("/live/static/live.js"),
        opened.get("/live/state"),
        httpx.get(f"{base}/live"),
    ]
    for answer in answers:
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'self'")
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "access-control-allow-origin" not in answer.headers


def test_the_pages_hold_no_inline_code_or_style(opened: httpx.Client, base: str) -> None:
    for page in (opened.get("/live").text, httpx.get(f"{base}/live").text):
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=", page)


def test_files_have_their_types_and_nothing_else_is_served(opened: httpx.Client) -> None:
    assert opened.get("/live/static/live.js").headers["content-type"].startswith("text/javascript")
    assert opened.get("/live/static/live.css").headers["content-type"].startswith("text/css")
    for name in ("none.js", "..%2f..%2f__init__.py", "%2e%2e"):
        assert opened.get(f"/live/static/{name}").status_code == 404


def test_state_says_why_a_stream_was_refused(base: str, opened: httpx.Client) -> None:
    assert httpx.get(f"{base}/live/state").status_code == 401
    assert opened.get("/live/state").json().keys() == {"watchers"}


async def test_rows_stream_as_they_are_written(opened: httpx.Client, data: Path) -> None:
    spool = writer(data / "spool")
    with opened.stream("GET", "/live/events", headers={"Last-Event-ID": "x"}) as answer:
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert answer.headers["cache-control"] == "no-store"
        lines = answer.iter_lines()
        assert next(lines) == "retry: 2000"
        await write(spool, event(0))
        # With this one the tail has begun, and what follows is no context any more
        assert next(events(lines))[0] == "row"
        await write(spool, event(1, page_title="<b>你好</b>"), refused(2))
        got: dict[str, list] = {"row": [], "tick": []}  # type: ignore[type-arg]
        for name, value in events(lines):
            got[name].append(value)
            if len(got["row"]) == 2 and value.get("rejected"):
                break
    accepted, rejected = sorted(got["row"], key=lambda r: r["verdict"])
    assert accepted["row"]["page_title"] == "<b>你好</b>"
    assert (rejected["verdict"], rejected["row"]["reason"]) == ("rejected", "no_consent")
    assert not accepted["replay"]
    assert got["tick"][-1] == {
        "accepted": 1, "rejected": {"no_consent": 1}, "skipped": 0, "unread_bytes": 0, "missed_segments": 0,
    }  # fmt: skip
    await spool.close()


async def test_a_source_can_be_chosen(opened: httpx.Client, data: Path) -> None:
    spool = writer(data / "spool")
    with opened.stream("GET", "/live/events?source=only-this") as answer:
        lines = answer.iter_lines()
        next(lines)
        await write(spool, event(1), event(2, source_id="only-this"))
        name, value = next(events(lines))
        assert (name, value["row"]["source_id"]) == ("row", "only-this")
    await spool.close()


def test_one_watcher_too_many_is_told_to_come_back(opened: httpx.Client, base: str) -> None:
    address = urlsplit(base)
    head = f"GET /live/events HTTP/1.1\r\nHost: x\r\nCookie: {COOKIE}={opened.cookies[COOKIE]}\r\n\r\n".encode()
    open_ones = []
    try:
        for _ in range(MAX_WATCHERS):
            connection = socket.create_connection((str(address.hostname), int(address.port or 0)))
            connection.sendall(head)
            assert connection.recv(12).startswith(b"HTTP/1.1 200")
            open_ones.append(connection)
        answer = opened.get("/live/events")
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) > 0
    finally:
        for connection in open_ones:
            connection.close()
    for _ in range(100):  # each closed connection gives its place back
        if opened.get("/live/state").json()["watchers"] == 0:
            return
    raise AssertionError("watchers stay after their connections are closed")


def test_the_server_stops_cleanly_while_somebody_watches(tmp_path: Path) -> None:
    cookie = {COOKIE: new_login(live_token(tmp_path), time.time())}
    with httpx.Client(cookies=cookie) as client:
        with served(tmp_path) as address:
            answer = client.send(client.build_request("GET", f"{address}/live/events"), stream=True)
            lines = answer.iter_lines()
            assert next(lines) == "retry: 2000"
        assert "" in list(lines)  # the stream was ended, not cut: httpx raises for a cut one


async def test_silence_is_broken_by_heartbeats_until_the_reader_leaves(tmp_path: Path) -> None:
    hub = LiveHub(tmp_path)
    sent: list[Message] = []
    gone = asyncio.Event()

    async def receive() -> Message:
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)
        if len(sent) == 5:
            gone.set()

    await asyncio.wait_for(EventStream(hub, hub.watch(), 0.05)({"type": "http"}, receive, send), 60)
    bodies = [m["body"] for m in sent if m["type"] == "http.response.body"]
    assert bodies[:4] == [b"retry: 2000\n\n", *[b": still here\n\n"] * 3]
    assert hub.watchers == 0
    await hub.close()


async def test_a_broken_connection_gives_its_place_back(tmp_path: Path) -> None:
    hub = LiveHub(tmp_path)

    async def receive() -> Message:
        await asyncio.sleep(600)
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.body":
            raise OSError("the other side is gone")

    await asyncio.wait_for(EventStream(hub, hub.watch(), 0.05)({"type": "http"}, receive, send), 60)
    assert hub.watchers == 0
    await hub.close()
