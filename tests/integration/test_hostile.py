"""Hostile input against the real server: never a 500, memory bounded, and a good neighbour is served meanwhile.

Each test prints the figures it saw (`pytest -s`). The corpus is made here; nothing of it is in a file.
"""

import json
import zlib
from typing import Any

import pytest

from tests.integration.hostile import Target, started, target

__all__ = ["started", "target"]

MB = 1 << 20
GOOD = b'{"type":"track","event":"good","anonymousId":"a"}'


def _nested(levels: int, opening: bytes, closing: bytes, inner: bytes = b"1") -> bytes:
    return opening * levels + inner + closing * levels


def _text(inside: bytes) -> bytes:
    return b'{"type":"track","event":"x","anonymousId":"a","properties":{"v":"' + inside + b'"}}'


def _value(inside: bytes) -> bytes:
    return b'{"type":"track","event":"x","anonymousId":"a","properties":{"v":' + inside + b"}}"


MESSAGES: dict[str, bytes] = {
    **{f"lists {n} deep": _value(_nested(n, b"[", b"]")) for n in (10, 17, 1_000, 100_000)},
    **{f"objects {n} deep": _value(_nested(n, b'{"a":', b"}")) for n in (10, 17, 1_000, 100_000)},
    **{f"unclosed {n} deep": b"[" * n for n in (1_000, 100_000)},
    **{f"number {name}": _value(text) for name, text in {
        "1e999": b"1e999", "-1e999": b"-1e999", "1e-999": b"1e-999", "of 400 digits": b"9" * 400,
        "of 30,000 digits": b"9" * 30_000, "of 400 decimals": b"0." + b"1" * 400, "huge exponent": b"1e" + b"9" * 400,
        "-0": b"-0", "NaN": b"NaN", "Infinity": b"Infinity", "-": b"-", "+1": b"+1", "01": b"01", "1.": b"1.",
        ".1": b".1", "1e": b"1e", "0x1": b"0x1", "1_000": b"1_000"}.items()},
    **{f"escape {name}": _text(text) for name, text in {
        "lone high surrogate": rb"\ud800", "lone low surrogate": rb"\udc00", "swapped surrogates": rb"\udc00\ud800",
        "pair": rb"\ud83d\ude00", "high then text": rb"\ud83dx", "high then escape": rb"\ud83d\n", "NUL": rb"\u0000",
        "half": rb"\u00", "bad hex": rb"\uzzzz", "unknown": rb"\x41", "at the end": b"\\"}.items()},
    **{f"bytes {name}": _text(text) for name, text in {
        "NUL": b"\0", "control": b"\x01", "DEL": b"\x7f", "line end": b"\n", "tab": b"\t", "invalid": b"\xff",
        "overlong slash": b"\xc0\xaf", "overlong NUL": b"\xc0\x80", "overlong of three": b"\xe0\x80\xaf",
        "surrogate": b"\xed\xa0\x80", "cut": b"\xe4\xb8", "beyond Unicode": b"\xf4\x90\x80\x80",
        "five": b"\xf8\x88\x80\x80\x80",
        "noncharacter": b"\xef\xbf\xbf", "BOM inside": b"\xef\xbb\xbf", "Chinese": "中".encode()}.items()},
    "duplicate keys": b'{"type":"x","type":"track","event":"x","event":"y","anonymousId":"a","anonymousId":5}',
    "5,000 duplicate keys": b"{" + b'"a":1,' * 5_000 + GOOD[1:],
    "5,000 keys": b"{" + b"".join(b'"k%d":1,' % i for i in range(3_000)) + GOOD[1:],
    "a key of 30,000 letters": _value(b'{"' + b"k" * 30_000 + b'":1}'),
    "prototype": _value(b'{"__proto__":{"x":1},"constructor":1,"__class__":"x"}'),
    "comment": b"/* x */" + GOOD, "trailing comma": b'{"type":"track",}', "single quotes": b"{'type':'track'}",
    "colon missing": b'{"type" "track"}', "key without quotes": b"{type:1}", "only a comma": b",", "text": b'"x"',
    "null": b"null", "true": b"true", "list": b"[]", "object": b"{}",
}  # fmt: skip
BODIES: dict[str, bytes] = {
    "empty": b"", "blank": b" ", "BOM": b"\xef\xbb\xbf{}", "BOM only": b"\xef\xbb\xbf",
    "UTF-16": '{"batch":[]}'.encode("utf-16"), "UTF-32": '{"batch":[]}'.encode("utf-32"), "NUL": b"\0",
    "a megabyte of NUL": bytes(MB), "null": b"null", "number": b"5", "text": b'"x"', "list": b"[]", "object": b"{}",
    "form": b"a=1&b=2", "XML": b"<a>&b;</a>", "gzip, not said": zlib.compress(b"{}"), "a megabyte of [": b"[" * MB,
    "a megabyte of {": b'{"a":' * (MB // 5), "a megabyte of quotes": b'"' * MB, "batch of null": b'{"batch":null}',
    "a megabyte of backslashes": b'"' + b"\\" * (MB - 2) + b'"', "a megabyte of digits": b"9" * MB,
    "batch of batch": b'{"batch":{"batch":[]}}', "over the limit": b" " * (MB + 1), "half": b'{"batch":[{"type":"tr',
}  # fmt: skip


# What cannot be JSON, or nests tens of thousands of brackets, costs its batch. These cost themselves only
ALONE = {
    "lists 10 deep", "lists 17 deep", "lists 1000 deep", "objects 10 deep", "objects 17 deep", "objects 1000 deep",
    "duplicate keys", "5,000 duplicate keys",
    "5,000 keys", "prototype", "text", "null", "true", "list", "object", "number 1e999", "number of 400 digits",
    "escape lone high surrogate", "escape lone low surrogate", "escape NUL", "bytes Chinese",
}  # fmt: skip


@pytest.mark.parametrize("name", MESSAGES)
def test_messages(target: Target, name: str) -> None:
    status, answer = target.post(target.batch(GOOD, MESSAGES[name], GOOD))
    if status == 200:
        assert answer["accepted"] + len(answer["rejected"]) == 3
        assert answer["accepted"] >= 2
        assert all(r["reason"] in ("invalid", "too_large", "no_identity") for r in answer["rejected"])
    else:
        assert (status, answer["code"]) == (400, "invalid_json")
        assert name not in ALONE
    alone, _ = target.post(MESSAGES[name], "/v1/track", f"Authorization: Bearer {target.key}\r\n")
    assert alone in (200, 400)


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("path", ["/v1/batch", "/v1/identify"])
def test_bodies(target: Target, path: str, name: str) -> None:
    status, answer = target.post(BODIES[name], path)
    assert status in (400, 401, 413)
    assert set(answer) == {"code", "message"}


FIELDS = [
    "type", "messageId", "timestamp", "originalTimestamp", "anonymousId", "userId", "event", "name", "category",
    "groupId", "previousId", "properties", "traits", "context", "context.page", "context.page.url", "context.userAgent",
    "context.screen", "context.screen.width", "context.campaign.source", "context.library", "context.library.name",
    "context.sessionId", "context.consent", "context.consent.categoryPreferences", "context.gpc", "context.seq",
    "context.purpose", "context.scene", "context.consentManagement", "context.ip", "context.os", "context.locale",
]  # fmt: skip
WRONG: list[Any] = [
    None, True, False, 0, -1, 1.5, 1e300, 2**63, -(2**63) - 1, 10**40, "", "x", "x" * 20_000, "\u0000", "\ud800", "🛒",
    [], [None], [[[]]], {}, {"": None}, {"a": {"b": []}}, "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59",
]  # fmt: skip


@pytest.mark.parametrize("field", FIELDS)
def test_wrong_types_in_every_field(target: Target, field: str) -> None:
    batch = []
    for wrong in WRONG:
        message: Any = {"type": "track", "event": "x", "anonymousId": "a"}
        *path, last = field.split(".")
        inner = message
        for name in path:
            inner = inner.setdefault(name, {})
        inner[last] = wrong
        batch.append(json.dumps(message).encode())
    status, answer = target.post(target.batch(*batch, GOOD))
    assert status == 200
    assert answer["accepted"] + len(answer["rejected"]) == len(WRONG) + 1
    assert "internal" not in {r["reason"] for r in answer["rejected"]}


@pytest.mark.parametrize("field", ["batch", "writeKey", "sentAt", "context", "seq", "unknown"])
def test_wrong_types_beside_the_batch(target: Target, field: str) -> None:
    for wrong in WRONG:
        body = {"batch": [json.loads(GOOD)], "writeKey": target.key} | {field: wrong}
        status, _ = target.post(json.dumps(body).encode())
        assert status in (200, 400, 401), wrong


def _bomb(inflated: int) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    return b"".join([packer.compress(bytes(MB)) for _ in range(inflated // MB)]) + packer.flush()


def test_gzip_bombs(target: Target, capsys: pytest.CaptureFixture[str]) -> None:
    small, big = _bomb(9 * MB), _bomb(1000 * MB)
    nested = zlib.compress(big, wbits=31)
    before = target.rss()
    for _ in range(10):
        for bomb in (small, big):
            assert target.post(bomb, headers="Content-Encoding: gzip\r\n")[0] == 413
        assert target.post(nested, headers="Content-Encoding: gzip\r\n")[0] == 400
        assert target.post(big[: len(big) // 2], headers="Content-Encoding: gzip\r\n")[0] == 413
    after = target.rss()
    with capsys.disabled():
        print(f"\n[10 × 1 GB of gzip: RSS {before // MB} → {after // MB} MB]")
    assert after - before < 60 * MB


def test_memory_stays_bounded_under_values_that_never_repeat(
    target: Target, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever is cached by what clients write must be bounded in bytes, not only in entries."""
    before = target.rss()
    for i in range(250):
        batch = []
        for j in range(20):
            unique = f"{i}-{j}-" + "u" * 4_900
            context = {"page": {"url": f"https://s.example/{unique}", "referrer": f"https://r.example/{unique}"},
                       "userAgent": unique, "campaign": {"source": unique}, "purpose": f"p{unique[:40]}",
                       "consent": {"categoryPreferences": {unique: True}}}  # fmt: skip
            message = {
                "type": "page",
                "anonymousId": "a",
                "context": context,
                "properties": {f"{unique[:500]}email": 1},
            }
            batch.append(json.dumps(message).encode())
        status, answer = target.post(target.batch(*batch))
        assert (status, len(answer["rejected"])) == (200, 0)
    after = target.rss()
    with capsys.disabled():
        print(f"\n[125 MB of values that never repeat: RSS {before // MB} → {after // MB} MB]")
    assert after - before < 80 * MB


def test_the_log_holds_nothing_of_what_was_sent(target: Target) -> None:
    """Good, refused and broken messages, in every field, header and address: none of it is in a line of the log."""
    mark = "zq7-said-by-a-client"
    fields = {field: mark for field in FIELDS if "." not in field}
    wrong = [json.dumps({"type": "track", "event": "x", "anonymousId": "a"} | {name: value}).encode()
             for name, value in (*fields.items(), ("context", {"page": {"url": mark}, "consent": mark}))]  # fmt: skip
    target.post(target.batch(*wrong, json.dumps(fields).encode()))
    headers = f"User-Agent: {mark}\r\nReferer: https://{mark}/\r\nX-Forwarded-For: {mark}\r\nCookie: a={mark}\r\n"
    for body in (b'{"batch":["%b"' % mark.encode(), b'{"writeKey":"%b","batch":[1]}' % mark.encode(), mark.encode()):
        target.post(body, f"/v1/batch?writeKey={mark}&x={mark}", headers)
    target.post(mark.encode(), headers="Content-Encoding: gzip\r\n")
    target.raw(f"GET /{mark}?{mark} HTTP/1.1\r\nHost: {mark}\r\n{headers}Connection: close\r\n\r\n".encode())
    assert mark not in target.log.read_text()
