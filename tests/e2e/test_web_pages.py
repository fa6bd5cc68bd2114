"""Pages as browsers keep them, make them ahead, leave them early and show several of: each event once all the same."""

import contextlib
import json
import re
import time
import uuid
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, Route

from tests.e2e.browser import DESKTOP, PATIENCE, Browsers, delivered, until, unwatched
from tests.e2e.lab import READY, Heard, Lab, person, who
from tests.e2e.stack import brief, one_of

pytestmark = pytest.mark.browser

SOURCES = Path(__file__).parents[2] / "sdk-js" / "src"


def numbered(rows: list[dict[str, Any]]) -> list[int]:
    return sorted(row["seq"] for row in rows)


# ---- the back/forward cache and prerendering ------------------------------------------------------------------------


def walk_back(lab: Lab, browser: Browser) -> tuple[dict[str, int], list[dict[str, Any]]] | None:
    """There and back twice; what the page counted, and the rows. None where the browser kept no page for a reason of
    its own, such as a machine that is too busy; a reason that is the page's fails."""
    first = lab.page("/kept", "<button id=b onclick='this.textContent += 1'>B</button>")
    second = lab.page("/between", "<h1>Between</h1>")
    with person(browser) as (context, page):
        refusals: list[Any] = []
        tools = context.new_cdp_session(page)
        tools.send("Page.enable")
        tools.on("Page.backForwardCacheNotUsed", lambda why: refusals.extend(why["notRestoredExplanations"]))
        page.goto(first)
        me = who(page)
        page.evaluate("window.kept = 0")
        for n in (1, 2):
            # with one request under way and one event that waits: locks and requests must not keep the page out
            page.evaluate("firsthand.track('Last'); firsthand.flush(); firsthand.track('Later')")
            page.goto(second)
            until(page, READY)
            delivered(page)
            page.go_back(wait_until="commit")
            until(page, f"{READY} && document.readyState === 'complete'")
            if page.evaluate("window.kept") != n - 1:
                page.wait_for_timeout(1_000)
                assert {why["type"] for why in refusals} == {"Circumstantial"}, refusals
                warnings.warn(f"the browser kept no page: {refusals}", stacklevel=1)
                return None
            page.evaluate(f"window.kept = {n}")
            page.click("#b")
        delivered(page)
        assert refusals == []
        stats: dict[str, int] = page.evaluate("firsthand.stats()")
        page.goto("about:blank")
        return stats, lab.rows(f"anonymous_id = '{me}'", 16)


def test_a_page_that_comes_back_from_the_cache_is_another_view(lab: Lab, browsers: Browsers) -> None:
    for _ in range(3):
        walked = walk_back(lab, browsers(DESKTOP, keeps=True))
        if walked:
            break
    assert walked
    stats, rows = walked
    said = Counter((row["page_path"], row["event"]) for row in rows)
    assert said == {
        ("/kept", "$page"): 3, ("/kept", "$page_leave"): 3, ("/kept", "$click"): 2, ("/kept", "Last"): 2,
        ("/kept", "Later"): 2, ("/between", "$page"): 2, ("/between", "$page_leave"): 2,
    }  # fmt: skip
    assert numbered(rows) == list(range(16))
    moved = stats["sent"] + stats["pending"] + stats["dropped"] + stats["handedOver"]
    assert stats["captured"] + stats["adopted"] == moved


AHEAD = """
  window.ahead = document.prerendering;
  firsthand.track('Called', { ahead });
  document.addEventListener('prerenderingchange', () => {
    const asked = performance.getEntriesByType('resource').filter(({ name }) => name.includes('/v1/')).length;
    firsthand.track('Shown', { asked });
  });
  const ready = setInterval(() => {
    if (!window.firsthand?.version) return;
    clearInterval(ready);
    localStorage[location.pathname] = true;
  }, 20);
"""
# Goes on when both pages were made; if the browser makes none, to a page that says so. A busy one sometimes refuses,
# and then for good
START = """
  let looks = 0;
  const look = setInterval(() => {
    if (++looks < 400 && !(localStorage[AHEAD] && localStorage[NEVER])) return;
    clearInterval(look);
    firsthand.track('Going');
    location.href = AHEAD;
  }, 50);
"""


def was_refused(rows: list[dict[str, Any]]) -> bool:
    """The page was loaded when it was gone to: the browser had made none, or thrown it away."""
    return any(row["event"] == "Called" and not json.loads(row["properties"])["ahead"] for row in rows)


def visit_ahead(lab: Lab, profile: Path) -> tuple[list[str], list[dict[str, Any]]]:
    """A browser of its own goes from a page to one that it has made ahead; the paths (before, ahead, never shown) and
    the rows: five, six with the leave of the first, or fewer if it made none or something did not come in time."""
    run = uuid.uuid4().hex[:8]  # nobody watches, so the rows are found by their pages
    paths = before, ahead, never = [f"/{name}-{run}" for name in ("before", "ahead", "never")]
    stub = f"<script>{snippet()}</script>"
    for path in (ahead, never):
        lab.page(path, f"<script>{AHEAD}</script>", stub + lab.tag(flush_at="1"))
    rules = {"prerender": [{"source": "list", "urls": [ahead, never], "eagerness": "immediate"}]}
    speculation = f'<script type="speculationrules">{json.dumps(rules)}</script>'
    start = START.replace("AHEAD", json.dumps(ahead)).replace("NEVER", json.dumps(never))
    url = lab.page(before, f"<script>{start}</script>", speculation + lab.tag())
    with unwatched(url, profile):
        deadline = time.monotonic() + 90
        while len(rows := lab.rows(one_of("page_path", paths), 0)) < 6 and time.monotonic() < deadline:
            if was_refused(rows):
                break
            if len(rows) == 5:
                deadline = min(deadline, time.monotonic() + 10)
            time.sleep(0.3)
        return paths, rows


def test_a_prerendered_page_counts_when_it_is_shown_and_not_if_it_never_is(lab: Lab, tmp_path: Path) -> None:
    for number in range(3):
        (before, ahead, _), rows = visit_ahead(lab, tmp_path / f"profile{number}")
        if not was_refused(rows):
            break  # an event that is late or missing then is ours, and no reason to ask again
        warnings.warn("the browser made no page ahead", stacklevel=1)
    seen = {(row["page_path"], row["event"]): row for row in rows}
    # on a busy machine Chromium ends the page that was left before that has heard of it, soon after the other is shown:
    # its `$page_leave` then comes by its draft, with the next visit. This test is about the page that is shown
    assert set(seen) - {(before, "$page_leave")} == {
        (before, "$page"), (before, "Going"), (ahead, "$page"), (ahead, "Called"), (ahead, "Shown"),
    }, brief(rows)  # fmt: skip
    assert json.loads(seen[ahead, "Called"]["properties"]) == {"ahead": True}
    assert json.loads(seen[ahead, "Shown"]["properties"]) == {"asked": 0}
    going = seen[before, "Going"][
        "event_time"
    ]  # the page before may say that it was left a moment after the next is shown
    assert all(row["event_time"] >= going for (path, _), row in seen.items() if path == ahead)
    assert len({row["session_id"] for row in rows}) == 1


# ---- the stub -------------------------------------------------------------------------------------------------------


def snippet() -> str:
    """The inline stub as the package exports it."""
    source = (SOURCES / "browser" / "snippet.ts").read_text()
    return "".join(re.findall(r"^  '(.*)'[;+ ]*$", source.split("export const SNIPPET =")[1], re.M))


def test_calls_of_a_page_that_is_left_before_the_script_arrives(lab: Lab, chromium: Browser) -> None:
    stub = f"<script>{snippet()}</script>"
    assert len(snippet()) <= 400
    calls = (
        "<script>firsthand.track('Early', { n: 1 }); firsthand.consent.signal(); firsthand.track('Early', { n: 2 })"
        "</script>"
    )
    tag = lab.tag(autotrack="none")
    plain = lab.page("/stub", "<h1>Here</h1>", tag)
    early = lab.page("/stub-early", calls, stub + tag.replace("<script ", "<script async "))
    with person(chromium, excused=("ERR_FAILED",)) as (context, page):
        held: list[Route] = []

        def hold(route: Route) -> None:
            held.append(route)

        # who was never here: nothing may be kept, and nothing is
        context.route("**/sdk.js", hold)
        page.goto(early, wait_until="commit")
        until(page, "window.firsthand && firsthand.q.length === 3")
        page.goto("about:blank")
        context.unroute("**/sdk.js", hold)
        page.goto(plain)
        until(page, READY)
        assert page.evaluate("firsthand.stats().captured") == 0
        page.evaluate("firsthand.track('Here')")
        me = who(page)
        delivered(page)
        # the same again, by somebody whose device may be used
        context.route("**/sdk.js", hold)
        page.goto(early, wait_until="commit")
        until(page, "firsthand.q.length === 3")
        before = page.evaluate("new Date().toISOString()")
        page.goto("about:blank")
        context.unroute("**/sdk.js", hold)
        page.goto(plain)
        until(page, READY)
        page.evaluate("firsthand.track('After')")
        delivered(page)
        rows = lab.rows(f"anonymous_id = '{me}'", 4)
        assert page.evaluate("localStorage['fh.q']") == "[]"
        # and with the script there in the end: in order, on its own page, with its own times
        page.goto(early)
        until(page, READY)
        delivered(page)
        later = lab.rows(f"anonymous_id = '{me}'", 6)[4:]
    assert len(held) == 2
    assert [(row["event"], row["page_path"]) for row in rows] == [
        ("Here", "/stub"), ("Early", "/stub-early"), ("Early", "/stub-early"), ("After", "/stub"),
    ]  # fmt: skip
    assert [json.loads(row["properties"])["n"] for row in rows[1:3]] == [1, 2]
    assert all(row["event_time"][:19] <= before[:19] for row in rows[1:3])
    assert [(row["event"], row["page_path"]) for row in later] == [("Early", "/stub-early")] * 2


# ---- fragments, forms that are sent, repeated exposure --------------------------------------------------------------

MORE = """
<form id=order name=order action="/order?token=SECRET" onsubmit="event.preventDefault()">
  <input name=city> <input name=pin type=password> <button>Send</button></form>
<div style="height:2500px"></div>
<p id=again data-track-exposure=repeat data-track-slot=foot>Foot</p><p id=once data-track-exposure>Once</p>
"""


# Two frames on, whoever observes what is in view has been told
DRAWN = "() => new Promise((then) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(then, 100))))"


def test_routes_in_the_fragment_forms_that_are_sent_and_what_is_seen_again(lab: Lab, chromium: Browser) -> None:
    plugins = "pageview page_leave forms exposure"
    url = lab.page("/more", MORE, lab.tag(hash_routing="true", autotrack=plugins))
    with person(chromium) as (context, page):
        heard = Heard(context)
        page.goto(f"{url}#/start")
        me = who(page)
        page.fill("[name=city]", "SECRET")
        page.fill("[name=pin]", "SECRET")
        page.click("#order button")
        for route in ("#/cart?card=SECRET", "#/cart?card=SECRET", "#!/pay"):
            page.evaluate(f"location.hash = '{route}'")
            page.wait_for_timeout(100)
        page.go_back()
        for exposures in (2, 3):  # both at first, then only the one that may be seen again
            page.locator("#again").scroll_into_view_if_needed()
            heard.wait(page, "$exposure", exposures)
            page.evaluate("scrollTo(0, 0)")
            page.evaluate(DRAWN)
        page.goto("about:blank")
        rows = lab.rows(f"anonymous_id = '{me}'", 12)
    said = Counter(row["event"] for row in rows)
    assert said == {"$page": 4, "$page_leave": 4, "$submit": 1, "$exposure": 3}
    assert numbered(rows) == list(range(12))
    assert "SECRET" not in json.dumps(rows)
    views = [row["page_path"] for row in sorted(rows, key=lambda row: row["seq"]) if row["event"] == "$page"]
    assert views == ["/more/start", "/more/cart", "/more/pay", "/more/cart"]
    [form] = [json.loads(row["properties"]) for row in rows if row["event"] == "$submit"]
    wanted = {"outcome": "sent", "id": "order", "name": "order", "action": "/order", "lastField": "city"}
    assert form | wanted == form
    seen = [json.loads(row["properties"]) for row in rows if row["event"] == "$exposure"]
    assert Counter(each["id"] for each in seen) == {"again": 2, "once": 1}
    assert {each.get("slot") for each in seen if each["id"] == "again"} == {"foot"}


# ---- one request at a time for all tabs -----------------------------------------------------------------------------


class Line:
    """Batches of a context, held back until they are let go."""

    def __init__(self, context: BrowserContext) -> None:
        self.held: list[Route] = []
        self.came: list[list[str]] = []
        context.route("**/v1/batch", self._hold)

    def _hold(self, route: Route) -> None:
        self.held.append(route)
        batch = json.loads(route.request.post_data or "{}")["batch"]
        self.came.append([message["event"] for message in batch])

    def wait(self, page: Page, batch: list[str]) -> None:
        deadline = time.monotonic() + PATIENCE
        while batch not in self.came:
            assert time.monotonic() < deadline, f"{batch} has not come, but {self.came}"
            page.wait_for_timeout(50)

    def let_go(self) -> None:
        for route in self.held:
            with contextlib.suppress(Error):  # of a page that is gone
                route.continue_()
        self.held.clear()


def _two_tabs(context: BrowserContext, first: Page, url: str) -> tuple[Page, str]:
    """Both tabs have the SDK and nothing to send; the second one, and who it is."""
    first.goto(url)
    first.evaluate("firsthand.track('First')")
    me = who(first)
    second = context.new_page()
    second.goto(url)
    until(second, READY)
    for page in (first, second):
        delivered(page)
    return second, me


def _say(page: Page, event: str) -> None:
    page.evaluate(f"firsthand.track('{event}'); void firsthand.flush()")


def test_tabs_take_turns_and_a_closed_one_holds_nobody_up(lab: Lab, chromium: Browser) -> None:
    url = lab.page("/turns", "<h1>Tab</h1>", lab.tag(autotrack="none"))
    with person(chromium, excused=("ERR_FAILED", "Failed to load")) as (context, first):
        second, me = _two_tabs(context, first, url)
        line = Line(context)
        _say(first, "A")
        line.wait(first, ["A"])
        assert line.came == [["A"]]
        _say(second, "B")
        second.wait_for_timeout(1_000)
        assert line.came == [["A"]]  # B waits for its turn
        first.close()
        line.wait(second, ["B"])  # the turn of a tab that died is free
        line.let_go()
        context.unroute_all()
        third = context.new_page()
        third.goto(url)
        until(third, READY)
        for page in (second, third):
            delivered(page)
        third.evaluate("firsthand.track('End')")
        delivered(third)
        rows = lab.rows(f"anonymous_id = '{me}'", 4)
    assert Counter(row["event"] for row in rows) == {"First": 1, "A": 1, "B": 1, "End": 1}
    assert numbered(rows) == [0, 1, 2, 3]


@pytest.mark.slow
def test_a_frozen_tab_with_the_turn_holds_the_others_up_for_seconds_and_not_for_ever(
    lab: Lab, chromium: Browser
) -> None:
    url = lab.page("/frozen", "<h1>Tab</h1>", lab.tag(autotrack="none"))
    with person(chromium, excused=("ERR_FAILED", "Failed to load")) as (context, first):
        second, me = _two_tabs(context, first, url)
        line = Line(context)
        _say(first, "A")
        line.wait(first, ["A"])
        assert line.came == [["A"]]
        tools = context.new_cdp_session(first)
        tools.send("Page.setWebLifecycleState", {"state": "frozen"})
        line.held.clear()  # the answer never comes
        _say(second, "B")
        line.wait(second, ["B"])
        line.let_go()
        delivered(second)
        context.unroute_all()
        tools.send("Page.setWebLifecycleState", {"state": "active"})
        first.close()
        third = context.new_page()
        third.goto(url)
        until(third, READY)
        delivered(third)
        rows = lab.rows(f"anonymous_id = '{me}'", 3)
    assert Counter(row["event"] for row in rows) == {"First": 1, "A": 1, "B": 1}
