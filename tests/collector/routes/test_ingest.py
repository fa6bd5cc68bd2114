"""Statuses, CORS and headers of the ingestion endpoints, and that a refusal of the whole keeps nothing."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.collector.desk import KEY, SOURCE, Desk
from tests.collector.desk import desk as made
from tests.tree.files import read

MESSAGE = {"type": "track", "event": "Order", "anonymousId": "a", "messageId": "m-1"}
BATCH = json.dumps({"batch": [MESSAGE], "writeKey": KEY}).encode()
PATHS = ["/v1/batch", "/v1/b", "/v1/import", *(f"/v1/{p}" for p in
         ("track", "page", "screen", "identify", "group", "alias", "t", "p", "s", "i", "g", "a"))]  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "TRACE", "BREW"])
def test_only_post_is_taken(desk: Desk, path: str, method: str) -> None:
    reply = desk.request(method, path, [BATCH])
    assert (reply.status, reply.rows) == (405, [])
    assert reply.headers["allow"] == "POST, OPTIONS"


@pytest.mark.parametrize(
    "path", ["/", "/v1", "/v1/", "/v2/batch", "/v1/batch/x", "/V1/BATCH", "/v1/../v1/batch", "/x\0"]
)
def test_other_paths_are_404(desk: Desk, path: str) -> None:
    reply = desk.request("POST", path, [BATCH])
    assert reply.status in (404, 307)
    assert reply.rows == []


def test_an_answer_is_small_json_that_nobody_keeps(desk: Desk) -> None:
    reply = desk.post(BATCH)
    assert reply.json == {"success": True, "accepted": 1, "rejected": []}
    assert reply.headers["content-type"] == "application/json"
    assert reply.headers["cache-control"] == "no-store"
    assert int(reply.headers["content-length"]) == len(reply.body)
    assert "set-cookie" not in reply.headers


def test_the_first_example_of_the_documentation_is_answered_as_it_says(tmp_path: Path) -> None:
    """By a source as `firsthand source add` makes it: who was not asked has not agreed."""
    example = read("docs/protocol.md").partition("```sh")[2].partition("```")[0]
    body, said = example.partition("-d '")[2].split("'\n# ")
    with made(tmp_path, [SOURCE | {"mode": "opt_in"}]) as strict:
        assert strict.post(body.replace("fh_…", KEY).encode()).json == json.loads(said)


def test_refusals_are_listed_in_order_with_what_to_do(desk: Desk) -> None:
    reply = desk.batch({"type": "x", "messageId": "m-1"}, MESSAGE, {"type": "track", "event": "$x", "messageId": "m-3"})
    assert [(r["messageId"], r["reason"]) for r in reply.json["rejected"]] == [
        ("m-1", "invalid"),
        ("m-3", "reserved_name"),
    ]
    assert all(r["detail"] for r in reply.json["rejected"])
    assert reply.json["accepted"] == 1


@pytest.mark.parametrize("path", PATHS)
def test_preflight(desk: Desk, path: str) -> None:
    headers = {
        "origin": "https://shop.example",
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type",
    }
    reply = desk.request("OPTIONS", path, headers=headers)
    assert (reply.status, reply.body) == (204, b"")
    assert reply.headers["access-control-allow-origin"] == "https://shop.example"
    assert "POST" in reply.headers["access-control-allow-methods"]
    allowed = {h.strip() for h in reply.headers["access-control-allow-headers"].split(",")}
    assert {"authorization", "content-type", "x-retry-count", "anonymousid"} <= allowed
    assert int(reply.headers["access-control-max-age"]) >= 3600
    assert "access-control-allow-credentials" not in reply.headers


@pytest.mark.parametrize(
    "body", [BATCH, b"junk", b"", b'{"batch":[],"writeKey":"fh_test"}', BATCH.replace(b"fh_test", b"no")]
)
def test_a_browser_may_read_every_answer(desk: Desk, body: bytes) -> None:
    reply = desk.post(body, headers={"origin": "https://any.example"})
    assert reply.headers["access-control-allow-origin"] == "https://any.example"
    assert reply.headers["vary"] == "origin"
    assert "access-control-allow-credentials" not in reply.headers


def test_without_an_origin_there_is_no_cors(desk: Desk) -> None:
    assert not [h for h in desk.post(BATCH).headers if h.startswith("access-control")]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with made(tmp_path_factory.mktemp("site"), [SOURCE | {"origins": ["https://shop.example"]}]) as found:
        yield found


def test_a_preflight_of_an_origin_that_no_source_allows_is_not_mirrored(site: Desk) -> None:
    refused = site.request("OPTIONS", "/v1/batch", headers={"origin": "https://evil.example"})
    assert not [h for h in refused.headers if h.startswith("access-control")]
    taken = site.request("OPTIONS", "/v1/batch", headers={"origin": "https://shop.example"})
    assert taken.headers["access-control-allow-origin"] == "https://shop.example"


def test_gzip_is_known_in_any_case(desk: Desk) -> None:
    import gzip

    packed = gzip.compress(BATCH)
    for value in ("gzip", "GZIP", " gzip", "x-gzip"):
        assert desk.post(packed, headers={"content-encoding": value}).status == 200, value
    for value in ("br", "deflate", "gzip, gzip", "zstd"):
        reply = desk.post(packed, headers={"content-encoding": value})
        assert reply.status == 400, value


def test_nothing_is_kept_of_a_refused_request(desk: Desk) -> None:
    for body in (b"junk", BATCH + b"x", BATCH.replace(b"fh_test", b"fh_none"), b'{"batch":[' + b"1," * 500 + b"1]}"):
        reply = desk.post(body)
        assert reply.status in (400, 401, 413)
        assert (reply.rows, reply.letters) == ([], [])
