"""What a client asks before it sends."""

from pathlib import Path

import pytest

from tests.collector.desk import KEY, SOURCE, Desk
from tests.collector.desk import desk as made


def test_settings_of_a_source(data: Path) -> None:
    with made(data, [SOURCE | {"query_params": ["Q", "page"]}]) as desk:
        reply = desk.request("GET", f"/v1/sources/{KEY}/settings", headers={"origin": "https://shop.example"})
    assert reply.status == 200
    assert reply.json["source"] == "shop"
    assert reply.json["consent"] == {"mode": "opt_out"}
    assert reply.json["limits"] == {"message": 32768, "batch": 500, "body": 1048576}
    assert reply.json["queryParams"] == ["page", "q"]
    assert reply.headers["access-control-allow-origin"] == "https://shop.example"
    assert "max-age" in reply.headers["cache-control"]


def test_an_unchanged_answer_is_304(desk: Desk) -> None:
    path = f"/v1/sources/{KEY}/settings"
    tag = desk.request("GET", path).headers["etag"]
    again = desk.request("GET", path, headers={"if-none-match": tag})
    assert (again.status, again.body) == (304, b"")
    assert desk.request("GET", path, headers={"if-none-match": '"other"'}).status == 200


def test_settings_as_analytics_next_wants_them(desk: Desk) -> None:
    reply = desk.request("GET", f"/v1/projects/{KEY}/settings", headers={"host": "c.example:8080"})
    assert reply.json["integrations"]["Segment.io"]["apiHost"] == "c.example:8080/v1"
    assert reply.json["metrics"] == {"sampleRate": 0}


@pytest.mark.parametrize(("said", "protocol"), [(None, "http"), ("http", "http"), ("https", "https"), ("x", "http")])
def test_behind_a_proxy_with_tls_analytics_next_is_sent_to_https(desk: Desk, said: str | None, protocol: str) -> None:
    headers = {"host": "c.example"} | ({"x-forwarded-proto": said} if said else {})
    reply = desk.request("GET", f"/v1/projects/{KEY}/settings", headers=headers)
    assert reply.json["integrations"]["Segment.io"]["protocol"] == protocol


@pytest.mark.parametrize("kind", ["sources", "projects"])
@pytest.mark.parametrize("key", ["fh_none", "%00", "x" * 3000, "..", "ä"])
def test_an_unknown_key_is_404_and_not_kept(desk: Desk, kind: str, key: str) -> None:
    reply = desk.request("GET", f"/v1/{kind}/{key}/settings", headers={"origin": "https://a.example"})
    assert (reply.status, reply.json["code"]) == (404, "unknown_source")
    assert reply.headers["cache-control"] == "no-store"
    assert reply.headers["access-control-allow-origin"] == "https://a.example"
