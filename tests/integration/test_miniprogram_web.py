"""From the mini-program into a page of its web-view, in Chromium: the token goes, the id comes, once, after consent."""

import http.client
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.browser import JS, Site, html, until
from tests.e2e.lab import person
from tests.e2e.stack import Installation, of_source
from tests.integration.stack import wait_for
from tests.tree.files import ROOT

pytestmark = pytest.mark.browser

SOURCE = "web-view"
ID = "0198c0de-0000-7000-8000-00000000cafe"
SCRIPT = """
import { firsthand } from '/dist/index.js';
import { handoff } from '/dist/plugins/handoff.js';
const given = { endpoint: '%s', writeKey: '%s' };
window.firsthand = firsthand;
window.handed = 'waiting';
handoff(firsthand, given).then((taken) => { window.handed = taken; });
firsthand.init({ ...given, consentMode: 'opt_in', flushAt: 1, queryParams: ['sku'] });
"""
WITHOUT = "/h5/story?sku=T-101#end"


class WebView:
    """A site whose page takes tokens, and tokens for it."""

    def __init__(self, stack: Installation, key: str, site: Site) -> None:
        self.stack, self.key, self.site = stack, key, site

    def token(self) -> str:
        """As the mini-program gets one (`firsthand.webViewUrl`)."""
        consent = {"categoryPreferences": {"analytics": True}}
        connection = http.client.HTTPConnection("127.0.0.1", self.stack.port, timeout=60)
        body = {"writeKey": self.key, "anonymousId": ID, "consent": consent}
        connection.request("POST", "/v1/wechat/handoff", json.dumps(body))
        token: str = json.loads(connection.getresponse().read())["token"]
        connection.close()
        return token

    def open(self, page: Page, token: str) -> None:
        """The page, once the SDK is there; the token has left the address by then, whatever the person says."""
        page.goto(f"{self.site.base}/h5/story?sku=T-101&fh_handoff={token}#end")
        until(page, "window.firsthand && firsthand.stats()")
        assert page.evaluate("location.pathname + location.search + location.hash") == WITHOUT


@pytest.fixture(scope="module")
def web_view(installation: Installation) -> Iterator[WebView]:
    key = installation.source(SOURCE, "--kind", "web", "--query-param", "sku")
    wait_for(lambda: installation.get(f"/v1/sources/{key}/settings")[0] == 200, "the new source")
    dist = ROOT / "sdk-js" / "dist"
    pages = {f"/dist/{path.relative_to(dist).as_posix()}": (JS, path.read_bytes()) for path in modules(dist)}
    pages["/h5/story"] = html("", f"<script type=module>{SCRIPT % (installation.base, key)}</script>")
    site = Site(pages)
    yield WebView(installation, key, site)
    site.close()


def modules(dist: Path) -> list[Path]:
    return [path for path in dist.rglob("*.js") if "types" not in path.parts]


def test_the_page_goes_on_as_the_same_visitor_and_the_token_is_nowhere(web_view: WebView, chromium: Browser) -> None:
    token = web_view.token()
    with person(chromium) as (context, page):
        asked: list[str] = []
        context.on("request", lambda request: asked.append(request.url))
        web_view.open(page, token)
        assert [url for url in asked if "/v1/wechat" in url] == []  # not before consent
        assert page.evaluate("[firsthand.getAnonymousId(), handed]") == [None, "waiting"]
        page.evaluate("firsthand.consent.set({ analytics: true })")
        until(page, "handed === true")
        page.evaluate("firsthand.track('Story Read')")
        assert page.evaluate("firsthand.flush(10000)")["pending"] == 0
        assert page.evaluate("firsthand.getAnonymousId()") == ID
    rows = web_view.stack.wait_rows(of_source("events", SOURCE, "event = 'Story Read'"), 1)
    assert [(row["anonymous_id"], row["page_path"]) for row in rows] == [(ID, "/h5/story")]
    assert token not in json.dumps(web_view.stack.rows(of_source("events", SOURCE)), default=str)

    # the same address again, by somebody it was sent to
    with person(chromium, excused=("410",)) as (_, page):
        web_view.open(page, token)
        page.evaluate("firsthand.consent.set({ analytics: true })")
        until(page, "handed === false")
        assert page.evaluate("firsthand.getAnonymousId()") not in (None, ID)


def test_who_declines_is_nobody_and_nothing_is_asked(web_view: WebView, chromium: Browser) -> None:
    with person(chromium) as (context, page):
        asked: list[str] = []
        context.on("request", lambda request: asked.append(request.url))
        web_view.open(page, web_view.token())
        page.evaluate("firsthand.consent.set({ analytics: false })")
        page.evaluate("firsthand.track('Never')")
        page.evaluate("firsthand.flush(1000)")
        assert page.evaluate("[firsthand.getAnonymousId(), handed]") == [None, "waiting"]
        assert [url for url in asked if "/v1/wechat" in url] == []
    assert web_view.stack.rows(of_source("events", SOURCE, "event = 'Never'")) == []


def test_a_token_that_somebody_made_up_is_worth_nothing(web_view: WebView, chromium: Browser) -> None:
    kind, nonce, expiry, signature = web_view.token().split(".")
    with person(chromium, excused=("410",)) as (_, page):
        web_view.open(page, ".".join((kind, nonce, str(int(expiry) + 60), signature)))
        page.evaluate("firsthand.consent.set({ analytics: true })")
        until(page, "handed === false")
        assert page.evaluate("firsthand.getAnonymousId()") not in (None, ID)
