"""The pixel: always a picture, and the same verdict as everywhere."""

import json
from base64 import urlsafe_b64encode

import pytest

from tests.collector.desk import KEY, Desk, Reply

OPENED = {"type": "track", "event": "Mail Opened", "userId": "u-1", "messageId": "m-1", "writeKey": KEY}


def _get(desk: Desk, data: str, **more: str) -> Reply:
    reply = desk.request("GET", "/v1/pixel.gif", query=f"data={data}", headers=more)
    assert (reply.status, reply.headers["content-type"], reply.body[:6]) == (200, "image/gif", b"GIF89a")
    assert reply.headers["cache-control"] == "no-store"
    return reply


def _coded(message: object) -> str:
    return urlsafe_b64encode(json.dumps(message).encode()).decode().rstrip("=")


def test_a_message_is_a_row(desk: Desk) -> None:
    reply = _get(desk, _coded(OPENED), **{"user-agent": "Mozilla/5.0 (Windows NT 10.0) Chrome/140.0.0.0 Safari/537.36"})
    assert reply.headers["x-firsthand-verdict"] == "200"
    assert (reply.rows[0]["event"], reply.rows[0]["user_id"]) == ("Mail Opened", "u-1")
    assert reply.rows[0]["browser"] == "Chrome"


def test_padding_does_not_matter(desk: Desk) -> None:
    for extra in ("", "x", "xx", "xxx"):
        message = OPENED | {"event": "Mail" + extra}
        padded = urlsafe_b64encode(json.dumps(message).encode()).decode()
        assert _get(desk, padded).rows[0]["event"] == "Mail" + extra


def test_a_refused_message_is_a_dead_letter(desk: Desk) -> None:
    reply = _get(desk, _coded(OPENED | {"type": "nope"}))
    assert (len(reply.rows), [letter["reason"] for letter in reply.letters]) == (0, ["invalid"])


@pytest.mark.parametrize(
    ("data", "verdict"),
    [
        ("", "invalid_pixel"),
        ("!!!", "invalid_json"),
        ("%C3%A4", "invalid_pixel"),
        ("A", "invalid_pixel"),
        ("e30", "unauthorized"),
        (_coded([]), "invalid_batch"),
        (_coded("x"), "invalid_batch"),
        (_coded(OPENED | {"writeKey": "fh_none"}), "unauthorized"),
        ("A" * 8193, "invalid_pixel"),
        ("A" * 8192, "invalid_json"),
    ],
)
def test_whatever_comes_a_picture_goes_back(desk: Desk, data: str, verdict: str) -> None:
    reply = _get(desk, data)
    assert reply.headers["x-firsthand-verdict"] == verdict
    assert (reply.rows, reply.letters) == ([], [])


def test_without_data(desk: Desk) -> None:
    reply = desk.request("GET", "/v1/pixel.gif")
    assert (reply.status, reply.headers["x-firsthand-verdict"]) == (200, "invalid_pixel")
