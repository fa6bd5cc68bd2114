"""`make bench-web`: what the web SDK weighs and what it costs a page, beside its peers, in one run.

Weight: each client as npm has it, bundled and minified by the same esbuild command, gzip -9 and Brotli. Cost: Chromium
with its CPU slowed four times; the tracing API says how long the main thread was busy: with a click's event (what the
person waits for), with all scripts a click (also what was put off, and the sending), with all scripts a page view, and
with scripts while the page started. Chromium slows a thread by stopping it after each fifth of a millisecond of work;
what is shorter is hit or missed by chance: the click's event is also measured without. The floor is a page without any
SDK, whose scripts (the driver's) are taken off the others'; beside it a page does nothing but write one line to
localStorage at each click, and each client's click, not slowed, is divided by that one's. Peers are fetched from npm
into a temporary folder.

`--only banner` measures how long the consent banner keeps a person waiting (`banner.py`), `--only calls` what single
calls cost (`cold.py`), `--only clients` the above.
"""

import argparse
import gzip
import json
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median
from typing import Any, ClassVar

from playwright.sync_api import Browser, sync_playwright
from rich.console import Console
from rich.table import Table

from tests.bench import banner, cold
from tests.bench.report import Report
from tests.e2e.browser import CHROMIUM, FLAGS, ICON

ROOT = Path(__file__).parents[2]
RESULTS = Path("bench-results")
PARTS = ("clients", "banner", "calls")
CLICKS = 60
VIEWS = 20
SLOWER = 4
PEERS = {
    "posthog-js": "1.449.2",
    "@segment/analytics-next": "1.84.1",
    "@snowplow/browser-tracker": "4.10.1",
    "@plausible-analytics/tracker": "0.4.6",
    "sa-sdk-javascript": "1.27.11",
}
# How each is started on a page with everything on that it has for clicks; SINK answers everything with 200
STARTS = {
    "@firsthand/web": "firsthand.init({ writeKey: 'wk', endpoint: location.origin, consentMode: 'opt_out' })",
    "posthog-js": "M.default.init('k', { api_host: location.origin, autocapture: true, disable_session_recording: true,"
    " advanced_disable_flags: true, disable_external_dependency_loading: true, capture_pageview: 'history_change' })",
    "@segment/analytics-next": "window.a = M.AnalyticsBrowser.load({ writeKey: 'k', cdnSettings: { integrations: {"
    " 'Segment.io': { apiKey: 'k', apiHost: location.host, protocol: 'http' } }, metrics: { sampleRate: 0 } } });"
    " a.page(); document.addEventListener('click', (e) => a.track('Click', { id: e.target.id }));"
    " const push = history.pushState; history.pushState = function (...args) { push.apply(this, args); a.page() }",
    "one write": "document.addEventListener('click', () => localStorage.setItem('k', String(performance.now())), true)",
}


@dataclass
class Figures:
    name: str
    gzip: int = 0
    brotli: int = 0
    click_ms: float | None = None
    unslowed_ms: float | None = None
    ratio: float | None = None
    scripts_a_click_ms: float | None = None
    scripts_a_view_ms: float | None = None
    start_ms: float | None = None
    longest_start_task_ms: float | None = None


def bundle(folder: Path, name: str, code: str) -> bytes:
    (folder / "entry.js").write_text(code)
    out = folder / f"{name.replace('/', '_')}.js"
    subprocess.run(
        [ROOT / "node_modules" / ".bin" / "esbuild", folder / "entry.js", "--bundle", "--minify", "--format=iife",
         "--log-level=error", '--define:process.env.NODE_ENV="production"', f"--outfile={out}"],
        check=True, cwd=folder,
    )  # fmt: skip
    return out.read_bytes()


def weigh(name: str, script: bytes) -> Figures:
    packing = "process.stdout.write(String(require('zlib').brotliCompressSync(require('fs').readFileSync(0)).length))"
    packed = subprocess.run(["node", "-e", packing], input=script, capture_output=True, check=True)
    return Figures(name, len(gzip.compress(script, 9)), int(packed.stdout))


class _Sink(BaseHTTPRequestHandler):
    pages: ClassVar[dict[str, bytes]] = {}

    def do_GET(self) -> None:
        body = self.pages.get(self.path.split("?")[0], b"{}")
        self._say(body, "text/html" if self.path.startswith("/page/") else "text/javascript")

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._say(b'{"success":true,"rejected":[]}', "application/json")

    def _say(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""


@contextmanager
def sink(scripts: dict[str, bytes]) -> Iterator[str]:
    for n, (name, script) in enumerate(scripts.items()):
        _Sink.pages[f"/{n}.js"] = script
        start = STARTS.get(name, "")
        tag = f"<script src=/{n}.js></script>" if script else ""
        buttons = "".join(f"<button id=b{i}>Button {i}</button>" for i in range(20))
        run = "" if "M." in start else f"<script>{start}</script>"
        page = f"<!doctype html><title>{n}</title>{ICON}{tag}{run}<div>{buttons}</div>"
        _Sink.pages[f"/page/{n}"] = page.encode()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Sink)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def cpu(event: dict[str, Any]) -> float:
    """Microseconds of the thread's own time, where the system says it: others on the machine do not count."""
    return float(event.get("tdur", event["dur"]))


def trace(browser: Browser, name: str, url: str, slower: int = SLOWER) -> Figures:
    """What a page costs its main thread, in ms of a CPU that is slowed: medians for clicks, means for all scripts."""
    context = browser.new_context()
    page = context.new_page()
    context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slower})
    browser.start_tracing(page=page, categories=["devtools.timeline", "toplevel", "blink.user_timing"])
    page.goto(url)
    page.wait_for_timeout(1_500)
    page.evaluate("performance.mark('clicks')")
    for i in range(CLICKS):
        page.click(f"#b{i % 20}")
    page.wait_for_timeout(500)
    page.evaluate("performance.mark('views')")
    for i in range(VIEWS):
        page.evaluate(f"history.pushState(null, '', location.pathname + '?p={i}')")
        page.wait_for_timeout(100)
    page.wait_for_timeout(500)
    events = json.loads(browser.stop_tracing())["traceEvents"]
    context.close()
    clicks = [e for e in events if e["name"] == "EventDispatch" and e["args"]["data"]["type"] == "click"]
    [thread] = {(e["pid"], e["tid"]) for e in clicks}
    marks = {e["name"]: e["ts"] for e in events if e["name"] in ("clicks", "views")}
    ours = [e for e in events if (e["pid"], e["tid"]) == thread and "dur" in e]
    scripts = [e for e in ours if e["name"] in ("EvaluateScript", "FunctionCall", "RunMicrotasks")]
    outer = outermost(scripts)
    before = sum(cpu(e) for e in outer if e["ts"] < marks["clicks"])
    during = sum(cpu(e) for e in outer if marks["clicks"] <= e["ts"] < marks["views"])
    after = sum(cpu(e) for e in outer if e["ts"] >= marks["views"])
    tasks = [cpu(e) for e in ours if e["name"].endswith("RunTask") and e["ts"] < marks["clicks"]]
    return Figures(
        name,
        click_ms=median(cpu(e) for e in clicks) / 1e3,
        scripts_a_click_ms=during / 1e3 / CLICKS,
        scripts_a_view_ms=after / 1e3 / VIEWS,
        start_ms=before / 1e3,
        longest_start_task_ms=max(tasks, default=0) / 1e3,
    )


def outermost(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those that lie in no other, so that nothing is counted twice."""
    found: list[dict[str, Any]] = []
    end = 0.0
    for event in sorted(events, key=lambda e: (e["ts"], -e["dur"])):
        if event["ts"] >= end:
            found.append(event)
            end = event["ts"] + event["dur"]
    return found


def compare(costs: list[Figures]) -> None:
    """Takes the floor off, and divides each click by that of the page which only writes."""
    floor, one_write = costs[0], costs[1]
    clicks, views = floor.scripts_a_click_ms or 0, floor.scripts_a_view_ms or 0
    for one in costs:
        one.ratio = (one.unslowed_ms or 0) / (one_write.unslowed_ms or 1)
        one.scripts_a_click_ms = (one.scripts_a_click_ms or 0) - clicks
        one.scripts_a_view_ms = (one.scripts_a_view_ms or 0) - views


def main() -> None:
    parser = argparse.ArgumentParser(description="The web SDK beside its peers, and its banner: see this file's head.")
    parser.add_argument("--only", default=",".join(PARTS), help=f"comma-separated parts of: {', '.join(PARTS)}")
    parser.add_argument("--quick", action="store_true", help="the banner in one round instead of four")
    chosen = parser.parse_args()
    if "clients" in chosen.only.split(","):
        clients()
    report = Report(RESULTS)
    if "banner" in chosen.only.split(","):
        banner.run(report, chosen.quick)
    if "calls" in chosen.only.split(","):
        cold.run(report)
    if report.figures:
        report.show()


def clients() -> None:
    console = Console()
    figures: list[Figures] = []
    scripts: dict[str, bytes] = {"no SDK": b"", "one write": b"//"}
    with tempfile.TemporaryDirectory() as temporary, console.status("Fetching and bundling peers"):
        folder = Path(temporary)
        (folder / "package.json").write_text('{"private":true}')
        wanted = [f"{name}@{version}" for name, version in PEERS.items()]
        subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--silent", *wanted], check=True, cwd=folder)
        for file in ("firsthand.core.js", "firsthand.js"):
            figures.append(weigh(file, (ROOT / "sdk-js" / "dist" / file).read_bytes()))
        scripts["@firsthand/web"] = (ROOT / "sdk-js" / "dist" / "firsthand.js").read_bytes()
        for name, version in PEERS.items():
            figures.append(
                weigh(f"{name} {version}", bundle(folder, name, f"import * as M from '{name}'; window.M = M;"))
            )
            if name in STARTS:
                scripts[name] = bundle(folder, name, f"import * as M from '{name}'; {STARTS[name]};")
    with sync_playwright() as playwright, sink(scripts) as base, console.status("Tracing"):
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS])
        costs = [trace(browser, f"{name} (cost)", f"{base}/page/{n}") for n, name in enumerate(scripts)]
        for n, one in enumerate(costs):
            one.unslowed_ms = trace(browser, one.name, f"{base}/page/{n}", slower=1).click_ms
        browser.close()
    compare(costs)
    figures += costs
    titles = ("click", "not slowed", "× one write", "scripts a click", "a view", "at start", "longest task then")
    table = Table("client", "gzip", "brotli", *titles, caption="in ms")
    for one in figures:
        name, *values = asdict(one).values()
        cells = [f"{v:.2f}" if isinstance(v, float) else str(v or "") for v in values]
        table.add_row(name, *cells)
    console.print(table)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "web.json").write_text(json.dumps([asdict(one) for one in figures], indent=2) + "\n")


if __name__ == "__main__":
    main()
