"""Bodies: bounded in bytes and time, inflated with the limit applied while inflating."""

import asyncio
import gzip
import json
import threading
import tracemalloc
import zlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.decode import NotABatch
from collector.edge.body import inflate
from collector.protocol import MAX_BODY_BYTES, MAX_INFLATED_BYTES
from collector.spool.segment import OpenSegment
from tests.collector.desk import KEY, Desk, Reply
from tests.collector.desk import desk as made

MESSAGE = {"type": "track", "event": "Order", "anonymousId": "a"}
BATCH = json.dumps({"batch": [MESSAGE], "writeKey": KEY}).encode()
GZIP = {"content-encoding": "gzip"}


def test_a_body_in_many_chunks_is_one_body(desk: Desk) -> None:
    chunks = [BATCH[i : i + 1] for i in range(len(BATCH))]
    assert desk.request("POST", "/v1/batch", [b"", *chunks, b""]).json["accepted"] == 1


@pytest.mark.parametrize("size", [1000, 65_536, MAX_BODY_BYTES, 5 * MAX_BODY_BYTES])
def test_chunks_are_cut_off_at_the_limit(desk: Desk, size: int) -> None:
    over = [b" " * size] * (MAX_BODY_BYTES // size + 1)
    # Who went on reading would wait, and say 408
    reply = desk.request("POST", "/v1/batch", [*over, 60.0, BATCH])
    assert (reply.status, reply.json["code"]) == (413, "too_large")


def test_a_body_that_ends_early_leaves_no_event(desk: Desk) -> None:
    for chunks in ([None], [BATCH[:20], None], [BATCH, None]):
        reply = desk.request("POST", "/v1/batch", chunks)
        # An answer all the same: it may be that only the body was broken, and the client is still there
        assert (reply.status, reply.json["code"], reply.headers["connection"]) == (400, "cut_short", "close")
        assert (reply.rows, reply.letters) == ([], [])
    assert desk.post(BATCH).json["accepted"] == 1


@pytest.mark.parametrize("how", ["nothing", "half", "a drop at a time"])
def test_a_slow_body_is_ended_with_408(desk: Desk, how: str) -> None:
    drops: list[bytes | float | None] = [BATCH[:1]]
    if how == "nothing":
        drops = [30.0, BATCH]
    elif how == "half":
        drops = [BATCH[:9], 30.0, BATCH[9:]]
    else:
        for i in range(1, len(BATCH)):
            drops += [0.1, BATCH[i : i + 1]]
    with made(desk.data / how.replace(" ", "-"), body_timeout=0.2) as impatient:
        reply = impatient.request("POST", "/v1/batch", drops)
        assert (reply.status, reply.json["code"]) == (408, "timeout")
        assert reply.headers["connection"] == "close"
        assert reply.rows == []
        # The next request of the same worker is not affected
        assert impatient.batch(MESSAGE).json["accepted"] == 1


@pytest.mark.parametrize("parts", [1, 3])
def test_what_was_announced_has_come_and_nothing_is_waited_for(desk: Desk, parts: int) -> None:
    cut = -(-len(BATCH) // parts)
    chunks = [BATCH[i : i + cut] for i in range(0, len(BATCH), cut)]
    length = {"content-length": str(len(BATCH))}
    # Whoever waited to hear that it was all would wait a minute
    assert desk.request("POST", "/v1/batch", [*chunks, 60.0, b""], headers=length).json["accepted"] == 1


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"content-length": str(len(BATCH) + 1)},
        {"content-length": str(len(BATCH) - 1)},
        {"content-length": "+" + str(len(BATCH))},
        {"content-length": str(len(BATCH)), "transfer-encoding": "chunked"},
    ],
)
def test_without_a_length_to_go_by_the_end_is_waited_for(desk: Desk, headers: dict[str, str]) -> None:
    reply = desk.request("POST", "/v1/batch", [BATCH, b"x", b""], headers=headers)
    assert (reply.status, reply.json["code"]) == (400, "invalid_json"), "the last byte belongs to the body"


def test_a_body_that_is_just_in_time(desk: Desk) -> None:
    with made(desk.data / "patient", body_timeout=30.0) as patient:
        assert patient.request("POST", "/v1/batch", [BATCH[:9], 1.2, BATCH[9:]]).json["accepted"] == 1


def _bomb(inflated: int) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    return b"".join([packer.compress(bytes(1 << 20)) for _ in range(inflated >> 20)]) + packer.flush()


@pytest.mark.parametrize("inflated", [64 << 20, 900 << 20])
def test_a_bomb_is_cut_off_while_inflating(desk: Desk, inflated: int) -> None:
    bomb = _bomb(inflated)
    assert len(bomb) < MAX_BODY_BYTES
    tracemalloc.start()
    try:
        reply = desk.post(bomb, headers=GZIP)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (reply.status, reply.json["code"]) == (413, "too_large")
    assert peak < 3 * MAX_INFLATED_BYTES + (16 << 20)


def test_a_bomb_in_a_bomb_is_not_json(desk: Desk) -> None:
    assert desk.post(gzip.compress(_bomb(64 << 20)), headers=GZIP).json["code"] == "invalid_json"


@given(st.binary(max_size=200))
@settings(max_examples=100, deadline=None)
def test_what_was_packed_comes_back(body: bytes) -> None:
    assert inflate(gzip.compress(body)) == body


@given(st.binary(max_size=200), st.data())
@settings(max_examples=200, deadline=None)
def test_damaged_gzip_is_refused_and_never_half_read(body: bytes, data: st.DataObject) -> None:
    packed = bytearray(gzip.compress(body))
    at = data.draw(st.integers(0, len(packed) - 1))
    if data.draw(st.booleans()):
        del packed[at:]
    else:
        packed[at] ^= 1 << data.draw(st.integers(0, 7))
    try:
        assert inflate(bytes(packed)) == body  # a bit of the header that means nothing
    except NotABatch as refused:
        assert refused.status == 400


@given(st.binary(max_size=300))
@settings(max_examples=200, deadline=None)
def test_any_bytes_raise_nothing_but_not_a_batch(body: bytes) -> None:
    try:
        inflate(body)
    except NotABatch as refused:
        assert refused.code == "invalid_gzip"


def test_no_more_than_the_room_is_held_however_many_come_at_once(desk: Desk) -> None:
    """Fifty bodies of 900 KB, all half read at the same time, where ten have room: the others are told when to come."""
    large = json.dumps({"batch": [MESSAGE | {"properties": {"a": "x" * 30_000}}] * 30, "writeKey": KEY}).encode()
    with made(desk.data / "room", max_inflight_bytes=9_500_000) as small:
        chunks = [large[:450_000], 0.3, large[450_000:]]

        async def all_at_once() -> list[Reply]:
            calls = [small.call("POST", "/v1/batch", list(chunks)) for _ in range(50)]
            return list(await asyncio.gather(*calls))

        replies = small.run(all_at_once())
        refused = [r for r in replies if r.status == 503]
        assert 1 <= 50 - len(refused) <= 21
        assert all(r.json["code"] == "unavailable" and int(r.headers["retry-after"]) > 0 for r in refused)
        # What was taken is given back, and the refused may come again
        assert small.post(large).json["accepted"] == 30


def test_rows_that_wait_for_the_disk_take_room_too(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    message = MESSAGE | {"properties": {"a": "x" * 30_000}}
    large = json.dumps({"batch": [message] * 30, "writeKey": KEY}).encode()
    write, others_are_answered = OpenSegment.append, threading.Event()

    def late(self: OpenSegment, *arguments: Any) -> None:
        assert others_are_answered.wait(60)
        write(self, *arguments)

    with made(desk.data / "late", max_inflight_bytes=4_000_000) as small:
        monkeypatch.setattr(OpenSegment, "append", late)

        async def all_at_once() -> list[Reply]:
            asked = [asyncio.create_task(small.call("POST", "/v1/batch", [large])) for _ in range(20)]
            answered = asyncio.as_completed(asked)
            first = [await next(answered) for _ in range(15)]
            others_are_answered.set()
            return first + [await last for last in answered]

        statuses = [r.status for r in small.run(all_at_once())]
        assert statuses.count(200) == 5  # the fifth began with room left
        assert statuses.count(503) == 15
        assert small.post(large).json["accepted"] == 30
