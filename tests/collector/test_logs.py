"""Lines of the log: JSON, one an entry, and never the text of an error, which may quote what a client sent."""

import asyncio
import json
import logging
import sys

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from collector.app import Collector
from collector.logs import JsonLines, configure_logging


def line_of(message: str, *arguments: object, error: bool = False) -> str:
    record = logging.LogRecord("firsthand.x", logging.WARNING, __file__, 1, message, arguments, None)
    if error:
        record.exc_info = sys.exc_info()
    return JsonLines().format(record)


def test_an_entry_is_one_line_of_json() -> None:
    line = line_of("two\nlines, %s", "中文 \u2028 \x00")
    assert "\n" not in line
    entry = json.loads(line)
    assert set(entry) == {"time", "level", "logger", "message", "pid"}
    assert (entry["level"], entry["logger"], entry["message"]) == (
        "warning",
        "firsthand.x",
        "two\nlines, 中文 \u2028 \x00",
    )
    assert entry["time"].endswith("Z")


def test_an_error_is_its_type_and_its_place() -> None:
    try:
        raise ValueError("ada@example.com is no number") from KeyError("13800138000")
    except ValueError:
        line = line_of("an event was refused", error=True)
    entry = json.loads(line)
    assert (entry["error"], entry["at"].partition(":")[0]) == ("ValueError", "test_logs.py")
    assert entry["at"].partition(":")[2].isdigit()
    assert "ada" not in line and "13800138000" not in line


def test_an_entry_without_an_error_at_hand() -> None:
    record = logging.LogRecord("firsthand.x", logging.ERROR, __file__, 1, "odd", (), (None, None, None))
    assert "error" not in json.loads(JsonLines().format(record))


def test_ours_goes_to_stderr_from_its_level_on_and_only_once(capsys: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger("firsthand")
    before = root.handlers[:], root.level, root.propagate
    try:
        configure_logging("warning")
        configure_logging("warning")
        logging.getLogger("firsthand.app").info("quiet")
        logging.getLogger("firsthand.app").warning("loud")
        said = capsys.readouterr()
    finally:
        root.handlers[:], root.level, root.propagate = before
    assert said.out == ""
    assert [json.loads(line)["message"] for line in said.err.splitlines()] == ["loud"]


def test_what_a_route_failed_with_is_not_told_to_the_server_which_would_log_its_text(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def fails(request: Request) -> Response:
        raise ValueError(request.query_params["who"])

    async def ask() -> httpx.Response:
        app = Collector(routes=[Route("/fails", fails)])
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as client:
            return await client.get("/fails?who=ada@example.com")

    with caplog.at_level(logging.ERROR, "firsthand.app"):
        answer = asyncio.run(ask())  # the transport would raise what the server is told
    assert (answer.status_code, answer.text) == (500, "Internal Server Error")
    [record] = caplog.records
    line = JsonLines().format(record)
    assert "ada" not in line and json.loads(line)["error"] == "ValueError" and "fails" in json.loads(line)["message"]
