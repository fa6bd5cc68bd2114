"""Pages of a site that runs the web SDK from a collector on another origin, made by the test that needs them."""

import json
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request

from tests.e2e.browser import PATIENCE, Site, Witness, html, until
from tests.e2e.stack import Installation, Row
from tests.stores import local_store

SOURCE = "lab"
READY = "window.firsthand && firsthand.version"


def documented() -> dict[str, set[str]]:
    """Properties by event, as docs/web.md lists them."""
    text = (Path(__file__).parents[2] / "docs" / "web.md").read_text()
    rows = re.findall(r"^\| `(\$\w+)` \| ([^|]+) \|$", text, re.M)
    return {event: set(re.findall(r"`(\w+)`", said)) for event, said in rows}


@dataclass
class Lab:
    """A running installation with one source, and a site whose pages load the SDK from it."""

    stack: Installation
    site: Site

    @property
    def key(self) -> str:
        return self.stack.keys[SOURCE]

    def tag(self, script: str = "/sdk.js", **options: str) -> str:
        """The script tag; `flush_at="1"` is `data-flush-at="1"`."""
        given = {"write_key": self.key, "consent_mode": "opt_out", **options}
        attributes = " ".join(f'data-{name.replace("_", "-")}="{value}"' for name, value in given.items())
        return f'<script src="{self.stack.base}{script}" {attributes}></script>'

    def page(self, path: str, body: str, head: str = "", **headers: str) -> str:
        """Puts a page there; its address. Header names are written with `_`."""
        kind, content = html(body, head or self.tag(), title=f"Lab {path}")
        self.site.pages[path] = (kind, content)
        self.site.headers[path] = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.site.base + path

    def rows(self, where: str, count: int) -> list[Row]:
        """Rows of the source, by time and number, once there are so many."""
        sql = f"select * from events_raw where source_id = '{SOURCE}' and ({where}) order by event_time, seq"
        return self.stack.wait_rows(sql, count)


@contextmanager
def laboratory(mode: str = "opt_out", *options: str, **others: str) -> Iterator[Lab]:
    """A lab whose source has this mode and these options; `others`: more sources by name, with their modes."""
    with tempfile.TemporaryDirectory() as folder:
        stack = Installation(local_store(Path(folder) / "data"))
        for name, its in {SOURCE: mode, **others}.items():
            stack.source(name, "--mode", its, *(options if name == SOURCE else ()))
        stack.begin()
        site = Site({})
        try:
            yield Lab(stack, site)
        finally:
            site.close()
            stack.end()


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """One for all pages that do not depend on how their source is set up; `other` asks first."""
    with laboratory("opt_out", "--query-param", "q", other="opt_in") as made:
        yield made


class Heard:
    """Names of the events that pages of a context have sent, to wait for one that a timer makes."""

    def __init__(self, context: BrowserContext) -> None:
        self._names: dict[str, str] = {}
        context.on("request", self._note)

    def _note(self, request: Request) -> None:
        if "/v1/batch" in request.url and request.post_data:
            self._names |= {m["messageId"]: m.get("event") or m["type"] for m in json.loads(request.post_data)["batch"]}

    def wait(self, page: Page, name: str, count: int = 1, again: str = "") -> None:
        """Until so many different events of this name have left `page`. `again` is done before each look:
        something that is recorded once, however often it happens, by a part that may not listen yet."""
        deadline = time.monotonic() + PATIENCE
        while list(self._names.values()).count(name) < count:
            assert time.monotonic() < deadline, f"no {name}: {sorted(self._names.values())}"
            page.evaluate(f"{again or 'null'}; firsthand.flush()")
            page.wait_for_timeout(50)


@contextmanager
def person(browser: Browser, excused: tuple[str, ...] = (), **options: Any) -> Iterator[tuple[BrowserContext, Page]]:
    """A browser of somebody's own; fails if its pages complain of anything that is not excused."""
    context = browser.new_context(**options)
    witness = Witness(excused=excused).watch(context)
    try:
        yield context, context.new_page()
    finally:
        context.close()
    assert witness.unexcused() == []
    assert witness.hosts() <= {"127.0.0.1"}


def who(page: Page) -> str:
    """The page's anonymous id, once the SDK is there and has one."""
    until(page, READY)
    until(page, "firsthand.getAnonymousId()")
    found = page.evaluate("firsthand.getAnonymousId()")
    assert isinstance(found, str)
    return found
