"""The framework examples, built as their README says: each view and each click once, and only after a yes.

All have the same three pages, one button and the banner, so that one walk does for all. The collector stands at the
pages' own address. Google's Tag Manager is not there: in its place a script runs the container's tag as it runs one.
"""

import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route

from tests.e2e.browser import Witness
from tests.e2e.front import Front, Message

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"


@dataclass(frozen=True)
class Recipe:
    """`key`: the write key in its source. `routed`: one document for all its pages."""

    name: str
    key: str
    title: str
    routed: bool


PLAIN = Recipe("web-plain", "fh_plain", "Plain", routed=False)
GTM = Recipe("web-gtm", "fh_gtm", "Tag Manager", routed=False)
REACT = Recipe("web-react", "fh_react", "React", routed=True)
VUE = Recipe("web-vue", "fh_vue", "Vue", routed=True)
NEXT = Recipe("web-next", "fh_next", "Next", routed=True)


def vite(recipe: Recipe, target: Path) -> Path:
    """The example, built for being served under its name."""
    command = ["npx", "--no-install", "vite", "build", "--outDir", str(target), "--logLevel", "error"]
    subprocess.run(
        command, cwd=EXAMPLES / recipe.name, env={**os.environ, "BASE": f"/{recipe.name}/"}, check=True, timeout=120
    )
    return target


def next_js() -> Path:
    """The Next.js example, exported as static files. `make test-slow` has installed it."""
    folder = EXAMPLES / NEXT.name
    env = {**os.environ, "EXPORT": "1", "BASE": f"/{NEXT.name}", "NEXT_TELEMETRY_DISABLED": "1"}
    subprocess.run(["npx", "--no-install", "next", "build"], cwd=folder, env=env, check=True, timeout=300)
    return folder / "out"


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    built = {recipe.name: vite(recipe, tmp_path_factory.mktemp(recipe.name)) for recipe in (REACT, VUE)}
    served = Front(None, **built, **{recipe.name: EXAMPLES / recipe.name for recipe in (PLAIN, GTM)})
    yield served
    served.close()


def tag_manager(route: Route) -> None:
    """What Google's script does with a Custom HTML tag: its script is made anew and put into the page."""
    tag = (EXAMPLES / "web-gtm" / "tag.html").read_text()
    found = re.search(r"<script>(.*)</script>", tag, re.S)
    assert found
    make = "const s = document.createElement('script'); s.text = SOURCE; document.head.append(s);"
    route.fulfill(content_type="text/javascript", body=make.replace("SOURCE", repr(found[1])))


def views(messages: list[Message]) -> list[tuple[str, str]]:
    return [(m["context"]["page"]["path"], m["context"]["page"]["title"]) for m in messages if m["type"] == "page"]


def clicks(messages: list[Message]) -> list[str]:
    return [m["properties"]["selector"] for m in messages if m.get("event") == "$click"]


def walk(page: Page, front: Front, recipe: Recipe) -> None:
    base = f"/{recipe.name}/"

    def follow(name: str, file: str) -> tuple[str, str]:
        page.click(f"nav >> text={name}")
        page.wait_for_selector(f"h1 >> text={name}")
        path = base + file if recipe.routed else f"{base}{file or 'index'}.html"
        return path, f"{name} · {recipe.title}"

    page.goto(f"{front.base}{base}")
    page.wait_for_selector("[data-act=accept]")
    page.click("[data-track=add-to-cart]")
    page.wait_for_timeout(300)
    assert front.of(recipe.key) == []  # nothing is said before the answer
    page.click("[data-act=accept]")
    expected = [(base, f"Home · {recipe.title}")]
    expected += [follow("Cups", "cups"), follow("About", "about")]
    page.wait_for_selector(".handle")  # of a page without routing: its script has come
    page.click("[data-track=add-to-cart]")
    page.go_back()
    page.wait_for_selector("h1 >> text=Cups")
    expected.append(expected[1])
    page.reload()
    page.wait_for_selector(".handle")
    expected.append(expected[1])
    assert page.evaluate("document.querySelectorAll('firsthand-banner').length") == 1
    seen = front.wait(recipe.key, lambda found: len(views(found)) >= len(expected))
    page.click("[data-act=withdraw]")
    follow("Home", "")
    page.click("[data-track=add-to-cart]")
    page.wait_for_timeout(500)
    page.goto("about:blank")
    said = front.of(recipe.key)
    assert views(said) == expected
    assert clicks(said).count('[data-track="add-to-cart"]') == 2  # one waited for the answer, one came after it
    assert len(said) - len(seen) <= 1  # nothing after the withdrawal


@pytest.mark.parametrize("recipe", [PLAIN, GTM, REACT, VUE], ids=lambda recipe: recipe.name)
def test_a_walk(chromium: Browser, front: Front, recipe: Recipe) -> None:
    stroll(chromium, front, recipe)


@pytest.mark.slow
def test_a_walk_through_next_js(chromium: Browser) -> None:
    front = Front(None, **{NEXT.name: next_js()})
    try:
        stroll(chromium, front, NEXT)
    finally:
        front.close()


def stroll(chromium: Browser, front: Front, recipe: Recipe) -> None:
    context = chromium.new_context(locale="en-GB")
    witness = Witness().watch(context)
    try:
        context.route("https://www.googletagmanager.com/gtm.js*", tag_manager)
        walk(context.new_page(), front, recipe)
    finally:
        context.close()
    assert witness.unexcused() == []
