"""A server's events beside the browser's: the same person, the same visit, the same choice, and none without it.

A shop in FastAPI on an address of its own. Its page runs the web SDK from the collector, its server the Python SDK's
middleware without an option. What the two share is what the browser sends along: two cookies, and the session in a
header.
"""

import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.e2e.browser import delivered, html, until
from tests.e2e.lab import person
from tests.e2e.stack import Installation
from tests.integration.stack import wait_for
from tests.stores import free_port

pytestmark = pytest.mark.browser

SHOP = """
import os

import firsthand
from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from firsthand.integrations.starlette import install

app = FastAPI()
install(app)

@app.get("/", response_class=HTMLResponse)
async def page() -> str:
    return os.environ["PAGE"]

@app.post("/orders/{number}")
def order(number: int) -> "str | None":
    return firsthand.track("Order Completed", {"number": number})
"""
ORDER = """number => fetch(`/orders/${number}`, {
    method: 'POST', headers: {'X-Firsthand-Session': firsthand.getSessionId() || ''},
}).then(answer => answer.json())"""


@contextmanager
def till(shop: Installation, folder: Path) -> Iterator[str]:
    """The server while the block runs; its address. What waits when it ends is delivered."""
    port = free_port()
    browser_key, server_key = shop.source(f"till-{port}"), shop.source(f"till-server-{port}", "--kind", "server")
    tag = f'<script src="{shop.base}/sdk.js" data-write-key="{browser_key}" data-extras="consent_cookie"></script>'
    (folder / "till.py").write_text(SHOP)
    page = html("<h1>Till</h1>", tag)[1].decode()
    told = {"FIRSTHAND_WRITE_KEY": server_key, "FIRSTHAND_ENDPOINT": shop.base, "PAGE": page}
    mine = {name: value for name, value in os.environ.items() if not name.startswith("FIRSTHAND_")}
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--host", "127.0.0.1", "--port", str(port)]
    base = f"http://127.0.0.1:{port}"

    def answering() -> bool:
        try:
            return bool(urllib.request.urlopen(f"{base}/", timeout=30).read())
        except OSError:
            return False

    with (folder / "log").open("w") as log:
        process = subprocess.Popen([*command, "till:app"], cwd=folder, env={**mine, **told}, stdout=log, stderr=log)
        try:
            wait_for(answering, "the till")
            yield base
            process.send_signal(signal.SIGTERM)
            process.wait(30)
        finally:
            process.kill()
            process.wait()


def test_the_server_speaks_of_the_same_person_and_only_with_her_consent(
    chromium: Browser, shop: Installation, tmp_path: Path
) -> None:
    def choose(word: str) -> None:
        page.evaluate(f"firsthand.consent.{word}")

    def buy(number: int) -> Any:
        return page.evaluate(ORDER, number)

    with till(shop, tmp_path) as base, person(chromium) as (_, page):
        page.goto(base)
        until(page, "window.firsthand && firsthand.version")
        assert buy(1) is None, "nobody has asked her yet"
        choose("set({analytics: true})")
        until(page, "firsthand.getAnonymousId() && firsthand.getSessionId()")
        me, visit = page.evaluate("[firsthand.getAnonymousId(), firsthand.getSessionId()]")
        told = [buy(2)]
        delivered(page)  # or the withdrawal takes her view back, too
        choose("withdraw()")
        assert buy(3) is None, "she has taken it back"
        choose("set({marketing: true})")
        assert buy(4) is None, "yes to something else"
        choose("set({analytics: true})")
        told.append(buy(5))
        later = page.evaluate("firsthand.getAnonymousId()")
    sql = f"select * from events_raw where anonymous_id in ('{me}', '{later}')"
    first, second = shop.wait_rows(f"{sql} and platform = 'server' order by event_time", 2)
    assert [first["event_id"], second["event_id"]] == told
    assert (first["event"], first["properties"]) == ("Order Completed", '{"number":2}')
    assert (first["anonymous_id"], first["session_id"], first["consent_purposes"]) == (me, visit, ["analytics"])
    assert second["anonymous_id"] == later != me, "who has withdrawn comes back as somebody new"
    assert (first["platform"], first["page_path"], first["browser"]) == ("server", "/orders/2", "Chrome")
    views = shop.wait_rows(f"{sql} and event = '$page'", 1)
    assert visit in {view["session_id"] for view in views}, "of the browser's own view"
