"""Bytes → verdicts, by the golden vectors through the whole worker; and nothing makes the decoder raise."""

import gzip
import json
from base64 import b64decode
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from collector.decode import NotABatch, decode_batch, decode_single
from tests.collector.desk import KEY, Desk, Reply
from tests.contract.golden import cases

DECODE = cases("decode")


def _body(given_: dict[str, Any]) -> bytes:
    if "repeat" in given_:
        text, times = given_["repeat"]
        return f'{{"batch":[{",".join([text] * times)}],"writeKey":"{KEY}"}}'.encode()
    if "nested" in given_:
        levels = given_["nested"]
        return f'{{"batch":[{"[" * levels}{"]" * levels}],"writeKey":"{KEY}"}}'.encode()
    body = b64decode(given_["base64"]) if "base64" in given_ else str(given_["text"]).encode()
    if "size" in given_:
        body = body[:-1] + b" " * (given_["size"] - len(body)) + body[-1:]
    if "stretch" in given_:
        before, last, after = body.rpartition(b"x")
        body = before + last * (given_["stretch"] - len(body) + 1) + after
    return body


def _post(desk: Desk, given_: dict[str, Any]) -> Reply:
    body, headers, query = _body(given_), dict(given_.get("headers", {})), given_.get("query", "")
    kind = given_.get("type", "application/json")
    if kind is not None:
        headers["content-type"] = kind
    if "gzip" in given_:
        packed = gzip.compress(body, 1)
        body = packed[: len(packed) - given_.get("cut", 0)] + b64decode(given_.get("behind", ""))
        if given_["gzip"] == "header":
            headers["content-encoding"] = "gzip"
        else:
            query = "encoding=gzip"
    return desk.post(body, given_.get("path", "/v1/batch"), headers=headers, query=query)


@pytest.mark.parametrize("case", DECODE, ids=[c["name"] for c in DECODE])
def test_vectors(desk: Desk, case: dict[str, Any]) -> None:
    reply, expect = _post(desk, case["given"]), case["expect"]
    assert reply.status == expect["status"], reply.body
    if reply.status != 200:
        assert reply.json["code"] == expect["code"]
        assert reply.json["message"]
        assert (reply.rows, reply.letters) == ([], [])
        return
    answer = reply.json
    assert answer["success"] is True
    assert answer["accepted"] == expect["accepted"] == len(reply.rows)
    assert len(answer["rejected"]) == len(reply.letters)
    if "rejectedCount" in expect:
        assert len(reply.letters) == expect["rejectedCount"]
    else:
        assert [{k: r[k] for k in ("messageId", "reason")} for r in answer["rejected"]] == expect["rejected"]


def _ids() -> Any:
    count = iter(range(10**9))
    return lambda: f"id-{next(count)}"


def _decode_both(body: bytes) -> None:
    for decode in (decode_batch, decode_single):
        try:
            decoded = decode(body, _ids())
        except NotABatch as error:
            assert error.status in (400, 413)
            assert str(error)
        else:
            assert len(list(decoded.items)) == decoded.size > 0


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["track", "2026-01-02"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(max_size=5) | st.sampled_from(["batch", "type", "context", "consent", "messageId", "page"]),
            inner,
            max_size=6,
        )
    ),
    max_leaves=12,
)


@given(st.binary(max_size=300))
@example(b'{"batch":[{"messageId":"\\ud800"}]}')
@example(b'{"batch":[1e999]}')
@example(b'{"batch":["' + b"\\" * 99 + b'"]}')
@settings(max_examples=150, deadline=None)
def test_arbitrary_bytes_raise_nothing_but_not_a_batch(body: bytes) -> None:
    _decode_both(body)


@given(st.lists(JSON, min_size=1, max_size=4), JSON, JSON)
@settings(max_examples=150, deadline=None)
def test_arbitrary_json_raises_nothing_but_not_a_batch(messages: list[Any], context: Any, sent: Any) -> None:
    _decode_both(json.dumps({"batch": messages, "context": context, "sentAt": sent}).encode())


@given(st.data())
@settings(max_examples=120, deadline=None)
def test_a_damaged_batch_raises_nothing_but_not_a_batch(data: st.DataObject) -> None:
    whole = bytearray(
        b'{"batch":[{"type":"track","event":"E\\ud83d\\ude00","anonymousId":"a","timestamp":"2026-01-02T03:04:05Z",'
        b'"properties":{"a":[1.5e3,true]},"context":{"seq":3,"page":{"url":"https://x"}}}],"sentAt":"2026-01-02"}'
    )
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(whole) - 1))
        whole[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    _decode_both(bytes(whole))


@given(JSON)
@settings(max_examples=100, deadline=None)
def test_no_json_is_ever_a_5xx_or_an_internal_error(shared_desk: Desk, message: Any) -> None:
    reply = shared_desk.batch(message, {"type": "track", "event": "good", "anonymousId": "a", "properties": message})
    assert reply.status in (200, 400)
    if reply.status == 200:
        assert "internal" not in reply.reasons


def test_the_traits_that_rudderstack_puts_into_the_context_are_traits(desk: Desk) -> None:
    message = {
        "type": "identify",
        "userId": "u-1",
        "context": {"traits": {"plan": "pro", "name": "Ada", "email": "ada@x.example"}},
    }
    (row,) = desk.batch(message).rows
    assert row["traits"]["plan"] == "pro"
    assert row["traits"]["email"].startswith("p1.")
    assert "name" not in row["traits"]
    assert "context" not in row


@pytest.mark.parametrize("levels", [17, 100, 1_000, 5_000])
@pytest.mark.parametrize(
    ("opening", "closing"), [('{"a":', "}"), ("[", "]"), ('{"]}":[', "]}")], ids=["objects", "lists", "quoted"]
)
@pytest.mark.parametrize("where", ["properties", "traits", "context", "other"])
def test_a_deep_message_costs_itself_a_verdict(desk: Desk, where: str, opening: str, closing: str, levels: int) -> None:
    good = '{"type":"track","event":"E","anonymousId":"a","messageId":"good"}'
    deep = f'{{"type":"track","event":"E","anonymousId":"a","messageId":"deep","{where}":{{"v":'
    body = f'{{"batch":[{good},{deep}{opening * levels}1{closing * levels}}}}},{good}],"writeKey":"{KEY}"}}'
    answer = desk.post(body.encode()).json
    if where == "other":  # nobody reads it
        assert answer["accepted"] == 3
        return
    assert answer["accepted"] == 2
    assert [r["messageId"] for r in answer["rejected"]] == ["deep"]
    assert answer["rejected"][0]["reason"] in ("too_large", "invalid")
