"""The web SDK in Chromium, from a page of another origin to rows in Iceberg: plugins, hostile pages, pages that die."""

import contextlib
import json
import os
import time
from collections import Counter
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page

from tests.e2e.browser import delivered, until
from tests.e2e.lab import READY, Heard, Lab, documented, person, who

pytestmark = pytest.mark.browser

FEW, MANY = 4, 200


# ---- what is tracked by itself --------------------------------------------------------------------------------------

BODY = """
<a id=out href="http://localhost:9/away?id=7" onclick="event.preventDefault()">Away</a>
<a id=file href="/report.pdf" onclick="event.preventDefault()">Report</a>
<button id=dead>Nothing</button> <button id=buy data-track=buy data-track-sku=cup>Buy</button>
<my-card></my-card>
<form id=order name=order action=/order>
  <input name=city> <input name=card autocomplete=cc-number> <input name=pin type=password>
</form>
<div data-firsthand-ignore><button id=private>Private</button></div>
<div style="height:3000px"></div><p id=seen data-track-exposure data-track-slot=foot>Foot</p>
<script>
  document.querySelector('my-card').attachShadow({ mode: 'open' }).innerHTML = '<button>Inside</button>';
  document.querySelector('#buy').onclick = (e) => { e.target.append('!'); };
</script>
"""


def test_each_plugin_says_what_happened_and_nothing_else(lab: Lab, chromium: Browser) -> None:
    url = lab.page("/plugins", BODY)
    with person(chromium) as (context, page):
        heard, begun = Heard(context), time.monotonic()
        page.goto(url + "?q=green+tea&token=SECRET1#SECRET2")
        me = who(page)
        page.click("#dead")
        heard.wait(page, "$dead_click")
        page.click("#buy", click_count=3, delay=20)
        page.click("my-card button")
        page.click("#private")
        page.click("#out")
        page.click("#file")
        for field in ("city", "card", "pin"):
            page.fill(f"[name={field}]", "SECRET3")
        page.locator("#seen").scroll_into_view_if_needed()
        heard.wait(page, "$exposure")
        page.evaluate("history.pushState({}, '', '/plugins/next?x=SECRET4')")
        page.wait_for_timeout(100)
        page.goto("about:blank")
        took = (time.monotonic() - begun) * 1000
        rows = lab.rows(f"anonymous_id = '{me}'", 22)
    said = Counter(row["event"] for row in rows)
    assert said.pop("$scroll") in (2, 3, 4)
    assert said == {
        "$page": 2, "$page_leave": 2, "$click": 7, "$dead_click": 1, "$rage_click": 1, "$search": 1, "$outbound": 1,
        "$download": 1, "$submit": 1, "$exposure": 1,
    }  # fmt: skip
    assert [row["seq"] for row in sorted(rows, key=lambda row: row["seq"])] == list(range(len(rows)))
    assert "SECRET" not in json.dumps(rows)
    props: dict[str, dict[str, Any]] = {row["event"]: json.loads(row["properties"] or "{}") for row in rows}
    listed = documented()
    assert set(props) == set(listed) - {"$error", "$web_vitals", "$lost"}
    for event, told in props.items():
        of_elements = event in ("$click", "$rage_click", "$dead_click", "$exposure")  # which say what there is to say
        assert set(told) == listed[event] or of_elements, event
        assert set(told) <= listed[event] | {"sku", "slot"}, event  # data-track-*
    assert props["$search"] == {"param": "q", "term": "green tea"}
    assert (props["$outbound"]["host"], props["$download"]["extension"]) == ("localhost:9", "pdf")
    assert props["$submit"] | {"outcome": "abandoned", "id": "order", "lastField": "city"} == props["$submit"]
    assert props["$exposure"]["slot"] == "foot"
    clicks = [json.loads(row["properties"]) for row in rows if row["event"] == "$click"]
    assert [click["id"] for click in clicks if click.get("name") == "buy"] == ["buy"] * 3
    inside = next(click for click in clicks if click.get("text") == "Inside")
    assert (inside["selector"], inside["stability"]) == ('role=button[name="Inside"]', "name")
    first = next(row for row in rows if row["event"] == "$page_leave")
    left = json.loads(first["properties"])
    assert first["page_path"] == "/plugins"
    assert 3_000 < left["engagedMs"] < took
    assert left["maxScroll"] > 90


BOOM = "<h1>Extras</h1><script>function boom() { throw new TypeError('boom \"Ada\"') }</script>"


def test_errors_and_vitals_only_when_asked_for(lab: Lab, chromium: Browser) -> None:
    url = lab.page("/extras", BOOM, lab.tag(extras="errors,vitals"))
    with person(chromium, excused=("boom",)) as (context, page):
        heard = Heard(context)
        page.goto(url)
        me = who(page)
        parts = "performance.getEntriesByType('resource').filter(({ name }) => /errors|vitals/.test(name))"
        until(page, f"{parts}.length === 2")
        heard.wait(page, "$error", again="setTimeout(boom)")
        heard.wait(page, "$web_vitals")
        page.click("h1")
        page.goto("about:blank")
        rows = lab.rows(f"anonymous_id = '{me}' and event in ('$error', '$web_vitals')", 4)
    props = [json.loads(row["properties"]) for row in rows]
    [error] = [p for p, row in zip(props, rows, strict=True) if row["event"] == "$error"]
    assert (error["type"], "Ada" in error["message"]) == ("TypeError", False)
    assert "/extras:1:" in error["frame"]
    assert {"TTFB", "FCP"} <= {p.get("name") for p in props}
    vital = next(p for p in props if p.get("name"))
    listed = documented()
    assert (set(error), set(vital)) == (listed["$error"], listed["$web_vitals"])


def test_the_panel_shows_what_became_of_each_event(lab: Lab, chromium: Browser) -> None:
    url = lab.page("/panel", "<button id=b>Buy</button>")
    with person(chromium) as (_, page):
        page.goto(f"{url}?firsthand_debug")
        panel = page.get_by_role("log")
        panel.wait_for()
        page.click("#b")
        page.evaluate("firsthand.track('$mine'); firsthand.track('Long', { text: 'x'.repeat(9000) })")
        delivered(page)
        said = panel.inner_text()
    for line in ("allow $click", "! reserved_name track $mine", "↑ 200 done", "accepted $click", "accepted Long"):
        assert line in said
    assert max(len(line) for line in said.splitlines()) < 400


# ---- tabs -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tabs", [2, 5])
def test_tabs_that_speak_at_the_same_time_share_numbers_without_gap_or_repeat(
    lab: Lab, chromium: Browser, tabs: int
) -> None:
    url = lab.page("/tabs", "<h1>Tab</h1>", lab.tag(autotrack="none"))
    with person(chromium, excused=("Failed to load", "ERR_")) as (context, first):
        first.goto(url)
        first.evaluate("firsthand.track('First')")
        who(first)
        pages = [first, *(context.new_page() for _ in range(tabs - 1))]
        for page in pages[1:]:
            page.goto(url)
            until(page, READY)
        start = time.time() * 1000 + 400
        # all of them in the same milliseconds, ten times
        burst = f"""() => {{ for (let i = 0; i < 10; i++)
            setTimeout(() => {{ firsthand.track('Burst', {{ i }}); window.done = i }},
              {start} - Date.now() + i * 20) }}"""
        for page in pages:
            page.evaluate(burst)
        for page in pages:
            until(page, "window.done === 9")
        for page in pages:
            delivered(page)
        where = f"anonymous_id = '{who(first)}' and event"
        rows = lab.rows(f"{where} in ('First', 'Burst')", 10 * tabs + 1)
        # what a tab could not send before it was closed is sent by one that lives on, and by none that was opened since
        context.set_offline(True)
        pages[-1].evaluate("firsthand.track('Left')")
        pages[-1].close()
        heard = Heard(context)
        context.set_offline(False)
        heard.wait(first, "Left", again="firsthand.track('Living')")
        lab.rows(f"{where} = 'Left'", 1)
    assert len({row["event_id"] for row in rows}) == 10 * tabs + 1
    assert len({row["session_id"] for row in rows}) == 1
    assert sorted(row["seq"] for row in rows) == list(range(10 * tabs + 1))


# ---- pages that die -------------------------------------------------------------------------------------------------


def _close(context: BrowserContext, page: Page) -> None:
    page.close()


def _crash(context: BrowserContext, page: Page) -> None:
    with contextlib.suppress(Error):  # who crashes gives no answer
        page.goto("chrome://crash", timeout=3_000)
    page.close()


def _navigate(context: BrowserContext, page: Page) -> None:
    page.goto("about:blank")
    page.close()


def _offline(context: BrowserContext, page: Page) -> None:
    page.close()
    context.set_offline(False)


DEATHS = {"close": _close, "crash": _crash, "navigate": _navigate, "offline": _offline}


FILL = """n => {
  for (let i = 0; i < 2; i++) firsthand.track('Kill', { n: 3 * n + i });
  b.dataset.trackN = 3 * n + 2;
  b.click();
}"""


def _rounds(lab: Lab, chromium: Browser, rounds: int) -> tuple[int, int]:
    """Track two events, click, and kill the page, so many times; how many events were lost and how many came twice."""
    url = lab.page("/kill", "<button id=b>Kill</button>", lab.tag(autotrack="clicks"))
    with person(chromium, excused=("Failed to load", "ERR_")) as (context, page):
        page.goto(url)
        page.evaluate("firsthand.track('Kill', { n: -1 })")
        me = who(page)
        page.close()
        for n in range(rounds):
            page = context.new_page()
            page.goto(url)
            until(page, READY)
            death = list(DEATHS)[n % len(DEATHS)]
            if death == "offline":
                context.set_offline(True)
            page.evaluate(FILL, n)
            DEATHS[death](context, page)
        page = context.new_page()
        page.wait_for_timeout(1_000)  # the browser gives back a moment later what a dead page held
        page.goto(url)
        until(page, READY)
        delivered(page)
        page.evaluate("firsthand.track('Kill', { n: -2 })")  # comes after all repeats: then they were loaded as well
        delivered(page)
        where = f"anonymous_id = '{me}' and event in ('Kill', '$click')"
        lab.rows(f"{where} and properties like '%-2%'", 1)
        rows = lab.rows(where, 3 * rounds + 2)
    seen = Counter(int(json.loads(row["properties"])["n"]) for row in rows)
    wanted = set(range(-2, 3 * rounds))
    assert set(seen) <= wanted
    return len(wanted - set(seen)), sum(seen.values()) - len(seen)


def test_a_page_that_is_killed_loses_nothing_and_doubles_nothing(lab: Lab, chromium: Browser) -> None:
    assert _rounds(lab, chromium, FEW) == (0, 0)


@pytest.mark.slow
@pytest.mark.timeout(1_200)
def test_two_hundred_pages_that_are_killed(lab: Lab, chromium: Browser) -> None:
    rounds = int(os.environ.get("KILL_ROUNDS", MANY))
    lost, doubled = _rounds(lab, chromium, rounds)
    print(f"{rounds} rounds, {3 * rounds + 2} events: {lost} lost, {doubled} doubled")
    assert (lost, doubled) == (0, 0)
