"""What the web SDK watches by itself, clause by clause in Chromium: what it says, never says, and when it is silent."""

import json
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request

from tests.e2e.browser import delivered, until
from tests.e2e.lab import READY, Heard, Lab, documented, person, who

pytestmark = pytest.mark.browser

# Each thing that is clicked, and what its one event has to say of it; None: nothing is said at all
CLICKED: dict[str, dict[str, Any] | None] = {
    "<a id=link href='/next?token=SECRET&utm_source=mail#SECRET'><b id=bold>Next</b></a>": {
        "tag": "a", "href": "/next?utm_source=mail", "text": "Next", "selector": "#link", "stability": "id",
    },
    "<a id=mail href='mailto:SECRET@example.com'>Write</a>": {"href": "mailto:", "text": "Write"},
    "<button id=plan data-track=plan data-track-tier=pro data-track-list-price=9>Pro</button>": {
        "name": "plan", "tier": "pro", "listPrice": "9", "selector": '[data-track="plan"]', "stability": "mark",
    },
    "<button data-testid=card-7>Card</button>": {"selector": '[data-testid="card-7"]', "stability": "mark"},
    "<button id=ember4711>Send it</button>": {
        "id": None, "selector": 'role=button[name="Send it"]', "stability": "name",
    },
    "<button>SECRET@example.com</button>": {"text": None, "stability": "path"},
    f"<button>{'SECRET ' * 20}</button>": {"text": None},
    "<p id=words>SECRET words of a text</p>": {"tag": "p", "text": None},
    "<label id=label>City <input id=city value=SECRET></label>": {"tag": "label", "text": None},
    "<textarea id=area>SECRET</textarea>": {"tag": "textarea", "text": None},
    "<div role=button id=mixed>Buy <span data-firsthand-ignore>SECRET</span></div>": {"text": "Buy"},
    "<input id=card autocomplete='section-a cc-number' value=SECRET>": None,
    "<input id=number autocomplete=cc-number value=SECRET>": None,
    "<input id=code autocomplete='one-time-code' value=SECRET>": None,
    "<input id=pin type=password value=SECRET>": None,
    "<div data-firsthand-ignore><button id=private>SECRET</button></div>": None,
    # what is in a closed shadow root is nobody's business: the click is one on its host
    "<closed-card id=shut></closed-card>": {"tag": "closed-card", "selector": "#shut", "text": None},
}  # fmt: skip
QUIET = """<script>
  document.addEventListener('click', (event) => event.target.closest('a') && event.preventDefault());
  document.addEventListener('submit', (event) => event.preventDefault());
  customElements.define('closed-card', class extends HTMLElement {
    connectedCallback() { this.attachShadow({ mode: 'closed' }).innerHTML = '<button>SECRET</button>'; }
  });
</script>"""
ROUTE = """() => new Promise((then) => {
  history.pushState({}, '', '/autotrack/route');
  setTimeout(() => { document.title = 'Rendered late'; then() }, 30);
})"""


def test_each_click_is_one_event_that_says_what_it_may(lab: Lab, chromium: Browser) -> None:
    body = "".join(f"<section>{piece}</section>" for piece in CLICKED)
    url = lab.page("/autotrack", QUIET + body, lab.tag(autotrack="clicks pageview"))
    with person(chromium) as (_, page):
        page.goto(url)
        me = who(page)
        for n in range(len(CLICKED)):
            page.locator("section > *").nth(n).click(position={"x": 4, "y": 4})
        page.evaluate(ROUTE)
        page.wait_for_timeout(200)
        delivered(page)
        wanted = [said for said in CLICKED.values() if said is not None]
        rows = lab.rows(f"anonymous_id = '{me}'", len(wanted) + 2)
    assert "SECRET" not in json.dumps(rows)
    assert [row["seq"] for row in rows] == list(range(len(wanted) + 2))
    views = [row for row in rows if row["event"] == "$page"]
    assert [(row["page_path"], row["page_title"]) for row in views] == [
        ("/autotrack", "Lab /autotrack"), ("/autotrack/route", "Rendered late"),
    ]  # fmt: skip
    clicks = [json.loads(row["properties"]) for row in rows if row["event"] == "$click"]
    for said, want in zip(clicks, wanted, strict=True):
        assert {name: said.get(name) for name in want} == want
        assert said["x"] > 0
        assert said["y"] > 0
        assert said["selector"]
    assert set().union(*clicks) == documented()["$click"] | {"tier", "listPrice"}, "all that is documented was seen"


def test_time_counts_while_somebody_is_there_and_not_after_thirty_idle_seconds(lab: Lab, chromium: Browser) -> None:
    url = lab.page("/idle", "<h1>Idle</h1>", lab.tag(autotrack="page_leave"))
    with person(chromium) as (context, page):
        heard = Heard(context)
        page.clock.install()
        page.goto(url)
        until(page, READY)
        page.evaluate("firsthand.track('Here')")
        me = who(page)
        page.clock.run_for(100_000)
        page.mouse.move(10, 10)
        page.mouse.move(20, 20)
        page.clock.run_for(5_000)
        page.evaluate("history.pushState({}, '', '/idle/next')")
        page.clock.run_for(5_000)
        heard.wait(page, "$page_leave")
        [left] = lab.rows(f"anonymous_id = '{me}' and event = '$page_leave' and page_path = '/idle'", 1)
    # 30 s after the page was opened, and 5 s after the pointer moved; the clock also runs by itself in between
    assert 35_000 <= json.loads(left["properties"])["engagedMs"] < 60_000


BUSY = """
<button id=b>B</button> <a id=out href="http://localhost:9/x.pdf">Out</a>
<form id=f><input name=city></form>
<div style="height:3000px"></div><p data-track-exposure>Foot</p><button id=dead>D</button>
"""
# Every listener of the page, so that what is left over can be named
LISTENERS = """
  window.open_ = new Map();
  for (const [verb, by] of [['addEventListener', 1], ['removeEventListener', -1]]) {
    const own = EventTarget.prototype[verb];
    EventTarget.prototype[verb] = function (type, run, options) {
      if (new Error().stack.includes('/sdk')) open_.set(type, (open_.get(type) || 0) + by);
      return own.call(this, type, run, options);
    };
  }
"""


def _use(page: Page) -> None:
    """Something for every plugin."""
    page.evaluate("history.replaceState({}, '', '?q=tea')")
    page.click("#b", click_count=3, delay=20)
    page.evaluate("document.querySelector('#out').click()")
    page.fill("[name=city]", "x")
    page.evaluate("document.querySelector('#f').requestSubmit()")
    page.evaluate("scrollTo(0, 9999)")
    page.wait_for_timeout(300)  # a scroll is no dead click's
    page.click("#dead")
    page.wait_for_timeout(2_800)  # an exposure takes a second, and a click is dead after two and a half
    page.evaluate("scrollTo(0, 0)")


def batches(context: BrowserContext) -> list[Request]:
    asked: list[Request] = []
    context.on("request", lambda request: asked.append(request) if "/v1/batch" in request.url else None)
    return asked


def test_nothing_is_sent_or_kept_while_held_or_denied_and_nothing_is_left_after_close(
    lab: Lab, chromium: Browser
) -> None:
    url = lab.page("/silent", QUIET + BUSY, lab.tag(consent_mode="opt_in"))
    with person(chromium) as (context, page):
        asked = batches(context)
        page.add_init_script(LISTENERS)
        native = "history.pushState.toString().includes('native code')"
        page.goto(url)
        until(page, READY)
        _use(page)
        held = page.evaluate("firsthand.stats()")
        assert (held["held"], held["sent"]) == (held["captured"], 0)
        assert page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]
        page.evaluate("firsthand.consent.set({ analytics: false })")
        _use(page)
        denied = page.evaluate("firsthand.stats()")
        assert denied["captured"] > held["captured"]
        assert denied["droppedBy"] == {"no_consent": denied["captured"]}
        assert page.evaluate("Object.keys(localStorage)") == [f"fh.{lab.key}.consent"]
        page.evaluate("firsthand.close()")
        closed = page.evaluate("firsthand.stats()")  # the page was left, which is denied as well
        assert page.evaluate("[...open_].filter(([, count]) => count)") == []
        assert page.evaluate(native)
        _use(page)
        assert page.evaluate("firsthand.stats()") == closed
    assert asked == []
