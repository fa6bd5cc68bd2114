"""The write key in all its places, and who is refused with which status."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.edge.auth import key_of_header, key_of_query
from tests.collector.desk import Desk, Reply
from tests.collector.desk import desk as made

SOURCES = [
    {"id": "shop", "write_key": "fh_shop", "mode": "opt_out"},
    {"id": "other", "write_key": "fh_other", "mode": "opt_out"},
    {"id": "paused", "write_key": "fh_paused", "mode": "opt_out", "state": "paused"},
    {
        "id": "site",
        "write_key": "fh_site",
        "mode": "opt_out",
        "origins": ["https://shop.example", "HTTPS://B.example/"],
    },
]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with made(tmp_path_factory.mktemp("auth"), SOURCES) as found:
        yield found


def _send(office: Desk, in_body: Any = None, header: str | None = None, query: str = "", **headers: str) -> Reply:
    body: dict[str, Any] = {"batch": [{"type": "track", "event": "x", "anonymousId": "a"}]}
    if in_body is not None:
        body["writeKey"] = in_body
    if header is not None:
        headers["authorization"] = header
    return office.post(json.dumps(body).encode(), query=query, headers=headers)


def _basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("said", "source"),
    [
        ({"in_body": "fh_shop"}, "shop"),
        ({"query": "writeKey=fh_shop"}, "shop"),
        ({"query": "a=1&writeKey=fh_shop&b=2"}, "shop"),
        ({"header": _basic("fh_shop:")}, "shop"),
        ({"header": _basic("fh_shop")}, "shop"),
        ({"header": _basic("fh_shop:secret")}, "shop"),
        ({"header": "bAsIc " + _basic("fh_shop:")[6:]}, "shop"),
        ({"header": "Bearer fh_shop"}, "shop"),
        ({"header": "bearer  fh_shop "}, "shop"),
        # Two at once: the header counts before the query, the query before the body
        ({"header": _basic("fh_shop:"), "in_body": "fh_other"}, "shop"),
        ({"header": _basic("fh_shop:"), "query": "writeKey=fh_other"}, "shop"),
        ({"query": "writeKey=fh_shop", "in_body": "fh_other"}, "shop"),
        # An unknown one in the header gives way to a known one in the body (a proxy's own Authorization)
        ({"header": "Bearer of-a-proxy", "in_body": "fh_shop"}, "shop"),
        ({"header": "Digest x", "in_body": "fh_shop"}, "shop"),
    ],
)
def test_places(office: Desk, said: dict[str, Any], source: str) -> None:
    reply = _send(office, **said)
    assert reply.status == 200, reply.body
    assert reply.rows[0]["source_id"] == source


@pytest.mark.parametrize(
    "said",
    [
        {}, {"in_body": ""}, {"in_body": "fh_Shop"}, {"in_body": "fh_shop "}, {"header": ""}, {"header": "Basic"},
        {"header": "Basic !!!"}, {"header": "Basic " + "A" * 5}, {"header": "Bearer"}, {"header": "Bearer "},
        {"header": "fh_shop"}, {"header": _basic(":fh_shop")}, {"header": _basic("fh_ähop")}, {"query": "writeKey="},
        {"query": "writekey=fh_shop"}, {"query": "xwriteKey=fh_shop"}, {"header": "Bearer fh_shop\x00"},
        {"header": "Basic \xff\xfe"}, {"query": "writeKey=%00"}, {"query": "writeKey=" + "x" * 5000},
    ],
)  # fmt: skip
def test_no_or_an_unknown_key_is_401(office: Desk, said: dict[str, Any]) -> None:
    reply = _send(office, **said)
    assert (reply.status, reply.json["code"]) == (401, "unauthorized")
    assert (reply.rows, reply.letters) == ([], [])


def test_a_key_is_not_quoted_back(office: Desk) -> None:
    assert b"fh_secret_guess" not in _send(office, "fh_secret_guess").body


def test_a_paused_source_is_403(office: Desk) -> None:
    reply = _send(office, "fh_paused")
    assert (reply.status, reply.json["code"], reply.rows) == (403, "paused", [])


@pytest.mark.parametrize("origin", ["https://shop.example", "https://SHOP.example", "https://b.example"])
def test_an_allowed_origin(office: Desk, origin: str) -> None:
    reply = _send(office, "fh_site", origin=origin)
    assert reply.status == 200
    assert reply.headers["access-control-allow-origin"] == origin
    assert reply.headers["vary"] == "origin"


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "http://shop.example", "https://shop.example.evil", "https://shop.example:444",
               "null", "https://xshop.example", ""]
)  # fmt: skip
def test_a_foreign_origin_is_403(office: Desk, origin: str) -> None:
    reply = _send(office, "fh_site", origin=origin)
    assert (reply.status, reply.rows) == (403, [])


def test_a_server_sends_no_origin(office: Desk) -> None:
    assert _send(office, "fh_site").status == 200


@given(st.binary(max_size=60))
def test_any_header_is_read_or_not_but_never_raises(value: bytes) -> None:
    for one in (value, b"Basic " + value, b"Bearer " + value, b"Basic " + base64.b64encode(value)):
        found = key_of_header(one)
        assert found is None or found
    found = key_of_query(b"writeKey=" + value)
    assert found is None or isinstance(found, str)
