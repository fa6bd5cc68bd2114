"""The web SDK as the collector serves it: one name for now, one for ever, and a clear word when it was not built."""

import asyncio
import json
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from collector.routes.sdk import SCRIPTS, sdk_routes

SCRIPT = "console.log('sdk')"


@pytest.fixture
def built(tmp_path: Path) -> Path:
    (tmp_path / "firsthand.js").write_text(SCRIPT)
    (tmp_path / "banner.js").write_text(SCRIPT)
    (tmp_path / "manifest.json").write_text(json.dumps({"version": "1.2.3", "sri": "sha384-x", "bytes": 1}))
    return tmp_path


def get(directory: Path, path: str, **headers: str) -> httpx.Response:
    app = Starlette(routes=[*sdk_routes(directory)])

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://collector") as client:
            return await client.get(path, headers={k.replace("_", "-"): v for k, v in headers.items()})

    return asyncio.run(ask())


@pytest.mark.parametrize("path", SCRIPTS.values())
def test_the_current_script_may_be_kept_for_minutes(built: Path, path: str) -> None:
    reply = get(built, path)
    assert (reply.status_code, reply.text) == (200, SCRIPT)
    assert reply.headers["content-type"].startswith("text/javascript")
    assert reply.headers["cache-control"] == "public, max-age=300"
    assert reply.headers["access-control-allow-origin"] == "*"  # a page that pins it by hash reads it by CORS


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_version_may_be_kept_for_ever(built: Path, name: str) -> None:
    reply = get(built, f"/sdk/1.2.3/{name}.js")
    assert (reply.status_code, reply.text) == (200, SCRIPT)
    assert "immutable" in reply.headers["cache-control"]


def test_another_version_is_not_answered_with_this_one(built: Path) -> None:
    reply = get(built, "/sdk/1.2.4/firsthand.js")
    assert reply.status_code == 404
    assert "immutable" not in reply.headers.get("cache-control", "")


def test_the_manifest_says_what_to_pin(built: Path) -> None:
    assert get(built, "/sdk/manifest.json").json()["sri"] == "sha384-x"


@pytest.mark.parametrize("path", ["/sdk.js", "/banner.js", "/sdk/1.2.3/firsthand.js", "/sdk/manifest.json"])
def test_what_was_not_built_is_said(tmp_path: Path, path: str) -> None:
    assert get(tmp_path, path).status_code == 404


def test_how_to_build_it_is_said(tmp_path: Path) -> None:
    assert "make build" in get(tmp_path, "/sdk.js").text


@pytest.mark.parametrize("path", ["/sdk/..%2f..%2fetc/firsthand.js", "/sdk/%2e%2e/firsthand.js", "/sdk/1.2.3/other.js"])
def test_nothing_else_is_served(built: Path, path: str) -> None:
    assert get(built, path).status_code == 404


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [("gzip, deflate, br", "gzip"), ("br;q=1, GZIP;q=0.5", "gzip"), ("identity", None), ("gzip;q=0, br", None)],
)
def test_a_script_travels_compressed_to_who_can_read_it(built: Path, accepted: str, coding: str | None) -> None:
    reply = get(built, "/sdk.js", accept_encoding=accepted)
    assert reply.headers.get("content-encoding") == coding
    assert reply.text == SCRIPT
    assert reply.headers["vary"] == "accept-encoding"


def test_who_has_it_already_gets_nothing_until_it_is_built_anew(built: Path) -> None:
    tag = get(built, "/sdk.js").headers["etag"]
    assert get(built, "/sdk.js", if_none_match=tag).status_code == 304
    (built / "firsthand.js").write_text("console.log('newer')")
    again = get(built, "/sdk.js", if_none_match=tag)
    assert (again.status_code, again.text) == (200, "console.log('newer')")
