"""What single calls cost a page's thread that has done something else meanwhile, beside the same calls in a loop.

A person clicks now and then. By then the processor's caches hold other things, and a call that takes a microsecond in a
loop takes ten or more: a click's cost is the number of such calls, and hardly what they do. Each call is timed in sixty
tasks of its own, eight milliseconds apart, in a page that is isolated from others and may have a clock of five
microseconds.
"""

from playwright.sync_api import sync_playwright

from tests.bench.report import Figure, Report
from tests.e2e.browser import CHROMIUM, FLAGS, Site, html

GROUP = "calls"
CALLS = {
    "where the page is": "location.href",
    "its title": "document.title",
    "a timer": "setTimeout(() => {})",
    "reading a line of storage": "localStorage.getItem('k')",
    "writing one": "localStorage.setItem('k', i + text)",
    "ten random bytes": "crypto.getRandomValues(new Uint8Array(10))",
    "does an element match": "button.matches('a,button,[role=button]')",
}
MEASURE = """async (call) => {
  const button = document.querySelector('button');
  const text = 'x'.repeat(900);
  const run = new Function('i', 'button', 'text', call);
  const took = [];
  for (let i = 0; i < 60; i++) {
    await new Promise((then) => setTimeout(then, 8));
    const begun = performance.now();
    run(i, button, text);
    took.push(performance.now() - begun);
  }
  const begun = performance.now();
  for (let i = 0; i < 2000; i++) run(i, button, text);
  return [took.sort((a, b) => a - b)[30] * 1000, (performance.now() - begun) / 2];
}"""


def run(report: Report) -> None:
    """Adds for each call the median after a pause, in microseconds, with the mean in a loop as detail."""
    site = Site({"/": html("<button>B</button>", "", title="Calls")})
    site.headers["/"] = {
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Embedder-Policy": "require-corp",
    }
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
            page = browser.new_page()
            page.goto(site.base + "/")
            for what, call in CALLS.items():
                cold, warm = page.evaluate(MEASURE, call)
                report.add(Figure(GROUP, f"{what}, after a pause", cold, "µs", detail={"call": call}))
                report.add(Figure(GROUP, f"{what}, in a loop", warm, "µs", detail={"call": call}))
            browser.close()
    finally:
        site.close()
