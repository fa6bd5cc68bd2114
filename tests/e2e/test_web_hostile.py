"""The web SDK on pages that are strict, hostile or broken: the page works on, the SDK says why, memory is bounded."""

from collections import Counter

import pytest
from playwright.sync_api import Browser, CDPSession

from tests.e2e.browser import delivered, until
from tests.e2e.lab import READY, Lab, person, who

pytestmark = pytest.mark.browser


def test_strict_policy_trusted_types_and_a_frame(lab: Lab, chromium: Browser) -> None:
    base = lab.stack.base
    policy = (
        f"default-src 'self'; script-src {base}; connect-src {base}; img-src data:; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )
    inner = lab.page("/strict", "<button id=b>Buy</button>", Content_Security_Policy=policy)
    outer = lab.page("/frame", f'<iframe src="{inner}" sandbox="allow-scripts"></iframe>', "<meta name=x>")
    with person(chromium) as (_, page):
        page.goto(inner)
        me = who(page)
        page.click("#b")
        delivered(page)
        rows = lab.rows(f"anonymous_id = '{me}'", 2)
        page.goto(outer)
        frame = page.frames[1]
        until(frame, READY)
        frame.click("#b")
        assert frame.evaluate("firsthand.flush(5000)") | {"pending": 0} == {"sent": 2, "pending": 0, "dropped": 0}
    assert [row["event"] for row in rows[:2]] == ["$page", "$click"]


HOSTILE = """<script>
  Array.prototype.surprise = 1; Object.prototype.surprise = 2;
  Object.defineProperty(document, 'cookie', { get() { throw new Error('no') }, set() { throw new Error('no') } });
  Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError') };
  for (const one of [console, history.state, Array.prototype, Object.prototype, JSON, Math, Promise, window.history])
    Object.freeze(one);
</script>"""


def heap(tools: CDPSession) -> int:
    """Bytes that the page's scripts hold on to."""
    tools.send("HeapProfiler.collectGarbage")
    return int(tools.send("Runtime.getHeapUsage")["usedSize"])


def test_a_hostile_page_loses_no_event_and_is_not_broken(lab: Lab, chromium: Browser) -> None:
    url = lab.page("/hostile", "<button id=b>Buy</button>", HOSTILE + lab.tag())
    with person(chromium) as (context, page):
        page.goto(url)
        me = who(page)
        problems = page.evaluate("""() => {
          const problems = [];
          firsthand.onError(({ reason }) => problems.push(reason));
          const cycle = {}; cycle.self = cycle;
          firsthand.track('Cycle', cycle);
          firsthand.track('Big', { blob: 'x'.repeat(10_000_000) });
          firsthand.track('Getter', { get boom() { throw new Error('boom') } });
          firsthand.track('BigInt', { n: 10n });
          firsthand.track(undefined); firsthand.consent.set(null); firsthand.identify({}); firsthand.use(null);
          firsthand.track('Fine', { n: 1 });
          return problems;
        }""")
        assert {"invalid", "too_large"} <= set(problems)
        delivered(page)
        rows = lab.rows(f"anonymous_id = '{me}' and event = 'Fine'", 1)
        tools = context.new_cdp_session(page)
        before = heap(tools)
        spent = page.evaluate("""() => {
          const began = performance.now();
          for (let i = 0; i < 10_000; i++) document.querySelector('#b').click();
          return performance.now() - began;
        }""")
        stats = page.evaluate("firsthand.stats()")
        grown = heap(tools) - before
        print(f"10,000 clicks in {spent:.0f} ms: {grown / 1e6:.1f} MB more on the heap")
    assert rows[0]["seq"] is not None
    assert stats["captured"] == stats["sent"] + stats["pending"] + stats["dropped"]
    assert stats["queued"] <= 1_000
    assert stats["droppedBy"]["overflow"] > 5_000
    assert grown < 16 * 1024 * 1024, f"10,000 clicks at once left {grown / 1e6:.1f} MB on the heap"


BROKEN = {
    "JSON": "JSON.stringify = no",
    "random": "Object.defineProperty(crypto, 'getRandomValues', { value: no })",
    "map": "Array.prototype.map = no",
    "Promise": "window.Promise = class { constructor() { no() } static all() { no() } static resolve() { no() } }",
    "then": "Promise.prototype.then = no",
}


def test_a_page_that_broke_the_language_before_is_told_so_and_works_on(lab: Lab, chromium: Browser) -> None:
    """Then nothing is recorded, and no error of ours is an error of the page, neither by the script's own `init` nor by
    one that the page calls."""
    with person(chromium, excused=("is gone",)) as (_, page):
        errors: list[str] = []
        said: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda line: said.append(line.text))
        later = f"firsthand.init({{ writeKey: '{lab.key}', endpoint: '{lab.stack.base}', consentMode: 'opt_out' }})"
        for name, breaks in BROKEN.items():
            for own in (True, False):
                said.clear()
                script = f"<script>const no = () => {{ throw new Error('{name} is gone') }}; {breaks}</script>"
                button = "<button id=b onclick='this.textContent += 1'>B</button>"
                tag = lab.tag() if own else f"<script src='{lab.stack.base}/sdk.js'></script><script>{later}</script>"
                page.goto(lab.page(f"/broke-{name}-{own}", button, script + tag))
                page.click("#b")
                assert page.inner_text("#b") == "B1"
                assert any(f"{name} is gone" in line for line in said), (name, own, said)
    assert errors == []


# What a page may do to promises while the SDK is at work
PROMISES = {
    "throws": "Promise.prototype.then = () => { throw new Error('gone') }",
    "silent": "Promise.prototype.then = () => {}",
    "none": "window.Promise = undefined",
    "odd": "Promise.prototype.then = () => 7; Promise.prototype.finally = Promise.prototype.catch = () => { throw 7 }",
}


def test_a_page_that_breaks_promises_while_we_are_at_work_is_not_harmed_and_loses_nothing(
    lab: Lab, chromium: Browser
) -> None:
    button = "<button id=b onclick='this.textContent += 1'>B</button>"
    url = lab.page("/promises", button, lab.tag(flush_at="1", autotrack="clicks"))
    breaks = """async (how) => {
      const { then, catch: caught, finally: last } = Promise.prototype;
      const own = Promise;
      (0, eval)(how);
      firsthand.track('Broken', { how });
      firsthand.flush(100);
      firsthand.consent.set({ analytics: true });
      document.querySelector('#b').click();
      await new own((resolve) => setTimeout(resolve, 500));
      window.Promise = own;
      Object.assign(Promise.prototype, { then, catch: caught, finally: last });
    }"""
    with person(chromium) as (context, page):
        errors: list[str] = []
        context.on("weberror", lambda error: errors.append(str(error.error)))
        page.goto(url)
        page.evaluate("firsthand.track('Before')")
        me = who(page)
        for how in PROMISES.values():
            page.evaluate(breaks, how)
            assert page.inner_text("#b") == "B1"
            page.close()
            page = context.new_page()
            page.goto(url)
            until(page, READY)
        delivered(page)
        rows = lab.rows(f"anonymous_id = '{me}'", 2 * len(PROMISES) + 1)
    assert errors == []
    assert Counter(row["event"] for row in rows) == {"Before": 1, "Broken": len(PROMISES), "$click": len(PROMISES)}


def test_what_waits_for_a_choice_is_bounded_by_bytes(lab: Lab, chromium: Browser) -> None:
    url = lab.page("/waits", "<h1>Waits</h1>", lab.tag(consent_mode="opt_in"))
    with person(chromium) as (context, page):
        page.goto(url)
        until(page, READY)
        tools = context.new_cdp_session(page)
        before = heap(tools)
        page.evaluate("for (let i = 0; i < 1000; i++) firsthand.track('Held', { text: String(i).repeat(30000 / 3) })")
        stats = page.evaluate("firsthand.stats()")
        grown = heap(tools) - before
    print(f"1,000 held events of 30 kB: {grown / 1e6:.1f} MB more on the heap, {stats['held']} wait")
    assert stats["captured"] == stats["held"] + stats["droppedBy"]["overflow"]
    assert stats["held"] < 12
    assert grown < 3_000_000


def test_a_page_that_breaks_json_is_told_so_and_works_on(lab: Lab, chromium: Browser) -> None:
    url = lab.page("/broken", "<button id=b onclick='this.textContent += 1'>B</button>")
    with person(chromium) as (_, page):
        page.goto(url)
        me = who(page)
        problems = page.evaluate("""() => {
          const problems = [];
          firsthand.onError(({ reason }) => problems.push(reason));
          const { stringify } = JSON;
          JSON.stringify = () => { throw new Error('mine now') };
          firsthand.track('Unspoken');
          document.querySelector('#b').click();
          JSON.stringify = stringify;
          return problems;
        }""")
        assert problems  # it says why
        assert page.inner_text("#b") == "B1"
        page.evaluate("firsthand.track('Spoken')")
        delivered(page)
        rows = lab.rows(f"anonymous_id = '{me}' and event = 'Spoken'", 1)
        stats = page.evaluate("firsthand.stats()")
    assert len(rows) == 1
    assert stats["captured"] == stats["sent"] + stats["pending"] + stats["dropped"]
    assert sum(stats["droppedBy"].values()) == stats["dropped"] >= 1
