"""How long the consent banner keeps a person waiting, in Chromium at full speed and with its CPU slowed down.

Clicks come through the DevTools protocol, as a mouse would make them. Two figures of each: the interaction to next
paint (Event Timing API: from the input to the frame that shows the answer, in steps of 8 ms; the web vital INP is the
worst of them), and the time of the main thread's own processor that it took, which other processes on the machine
do not change. Beside them, in the same run, a button of the page that changes one word: less is not possible.
"""

import statistics
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from tests.bench.report import Figure, Report
from tests.e2e.browser import CHROMIUM, FLAGS
from tests.e2e.front import Front, page

GROUP = "banner"
RATES = (1, 4)
TARGET_MS = 50
BARE = "<button id=bare onclick='this.textContent += 1'>Bare</button>"
TEXT = f"<main><h1>Page</h1>{BARE}" + "<p>Something to read.</p>" * 200 + "</main>"
ALL = "analytics personalization marketing third_party cross_border"
SCRIPTS = (
    '<script async src="/sdk.js" data-write-key="k" data-consent-mode="opt_in"></script>'
    f'<script async src="/banner.js" data-purposes="{ALL}"></script>'
)
# A first yes, its withdrawal, single choices, and a no: every button there is
WAYS = (("accept", "withdraw"), ("open", "switch", "save", "open", "close"), ("open", "reject"), ("reject",))
WATCH = """() => {
  window.seen = [];
  new PerformanceObserver(list => {
    for (const { interactionId, duration } of list.getEntries()) if (interactionId) window.seen.push(duration);
  }).observe({ type: 'event', durationThreshold: 16 });
}"""


@dataclass
class Seen:
    """Of clicks, each in ms: to the next paint (16 where the browser reports none, as it was shorter), and of CPU."""

    paints: list[float] = field(default_factory=list)
    costs: list[float] = field(default_factory=list)


def run(report: Report, quick: bool) -> None:
    """Adds worst and median interaction and processor time, for the banner and for a bare button."""
    front = Front({"/": page(TEXT, SCRIPTS)})
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
            for rate in RATES:
                _measure(report, browser, front, rate, 1 if quick else 4)
            browser.close()
    finally:
        front.close()


def _measure(report: Report, browser: Browser, front: Front, rate: int, rounds: int) -> None:
    banner, bare = Seen(), Seen()
    for _ in range(rounds):
        for way in WAYS:
            _walk(browser, front, way, rate, banner, bare)
    slowly = "" if rate == 1 else f", CPU {rate} times slower"
    for name, seen in (("banner", banner), ("a bare button", bare)):
        detail = {"clicks": len(seen.costs), "cpu_slowdown": rate}
        aim = f"< {TARGET_MS} ms" if seen is banner and rate == 1 else ""
        for kind, of in (("worst", max), ("median", statistics.median)):
            value = float(of(seen.paints))
            met = value < TARGET_MS if aim else None
            what = f"{name}: to the next paint, {kind}{slowly}"
            report.add(Figure(GROUP, what, value, "ms", aim, met, detail))
        report.add(Figure(GROUP, f"{name}: CPU, median{slowly}", statistics.median(seen.costs), "ms", detail=detail))


def _walk(browser: Browser, front: Front, way: tuple[str, ...], rate: int, banner: Seen, bare: Seen) -> None:
    context = browser.new_context()
    opened = context.new_page()
    opened.goto(front.base)
    opened.wait_for_selector(".bar")
    opened.wait_for_timeout(500)
    tools = context.new_cdp_session(opened)
    tools.send("Performance.enable", {"timeDomain": "threadTicks"})
    tools.send("Emulation.setCPUThrottlingRate", {"rate": rate})
    opened.evaluate(WATCH)
    _click(opened, tools, "#bare", bare)
    for act in way:
        _click(opened, tools, "[data-purpose=analytics]" if act == "switch" else f"[data-act={act}]", banner)
    context.close()


def _click(opened: Page, tools: CDPSession, selector: str, seen: Seen) -> None:
    box = opened.locator(selector).bounding_box()
    assert box is not None
    opened.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    opened.wait_for_timeout(100)
    before = _busy(tools)
    opened.mouse.down()
    opened.mouse.up()
    opened.wait_for_timeout(250)
    seen.costs.append(_busy(tools) - before)
    paints: list[Any] = opened.evaluate("window.seen.splice(0)")
    seen.paints.append(max(paints, default=16.0))


def _busy(tools: CDPSession) -> float:
    """Processor time of the page's main thread so far, in ms."""
    metrics = tools.send("Performance.getMetrics")["metrics"]
    return float(next(one["value"] for one in metrics if one["name"] == "TaskDuration")) * 1000
