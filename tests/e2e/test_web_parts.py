"""Parts of the web SDK that are off by default, in Chromium, from the page to rows in Iceberg."""

import gzip
import json
import time
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Request

from tests.e2e.browser import Site, delivered, until
from tests.e2e.lab import Lab, person, who

pytestmark = pytest.mark.browser

OTHER = "other"


def bodies(requests: list[Request]) -> list[Any]:
    """What batches said, however they travelled."""
    sent = [request for request in requests if urlsplit(request.url).path == "/v1/batch"]
    raw = [(request.post_data_buffer or b"", request.url) for request in sent]
    return [json.loads(gzip.decompress(body) if "encoding=gzip" in url else body) for body, url in raw]


def test_batches_travel_compressed_and_a_leaving_page_sends_plain(lab: Lab, chromium: Browser) -> None:
    url = lab.page("/gzip", "<h1>Gzip</h1>", lab.tag(extras="compress", autotrack="none"))
    with person(chromium) as (context, page):
        asked: list[Request] = []
        context.on("request", lambda request: asked.append(request))
        page.goto(url)
        until(page, "performance.getEntriesByType('resource').some(({ name }) => name.endsWith('compress.js'))")
        page.evaluate("firsthand.track('First')")
        me = who(page)
        page.wait_for_timeout(100)
        delivered(page)
        page.evaluate("for (let i = 0; i < 15; i++) firsthand.track('Packed', { text: '绿茶 and so on '.repeat(20) })")
        delivered(page)
        page.evaluate("firsthand.track('Last', { text: 'x'.repeat(900) })")
        page.goto("about:blank")
        rows = lab.rows(f"anonymous_id = '{me}'", 17)
        sent = [request for request in asked if "/v1/batch" in request.url]
        packed = [request for request in sent if "encoding=gzip" in request.url]
        assert all("content-encoding" not in request.headers for request in packed)
        assert not [request for request in asked if request.method == "OPTIONS"]
    assert sum(len(body["batch"]) for body in bodies(packed) if body["batch"][0]["event"] == "Packed") == 15
    assert max(len(request.post_data_buffer or b"") for request in packed) < 3_000
    assert all(message["event"] != "Last" for body in bodies(packed) for message in body["batch"])
    assert sorted(row["seq"] for row in rows) == list(range(17))


def test_a_session_ends_at_the_visitors_midnight_and_with_another_campaign(lab: Lab, chromium: Browser) -> None:
    tag = lab.tag(needs="sessions", new_session="midnight campaign", autotrack="pageview")
    url = lab.page("/renew", "<h1>Renew</h1>", tag)
    kept = lab.page("/renewed", "<h1>Renew</h1>", lab.tag(autotrack="pageview"))
    zone = ZoneInfo("Asia/Tokyo")
    midnight = datetime.now(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    with person(chromium, timezone_id=zone.key) as (_, page):
        page.clock.set_system_time(midnight - timedelta(seconds=5))
        page.goto(f"{url}?utm_source=news")
        me = who(page)
        page.evaluate("firsthand.track('Before')")
        page.clock.set_system_time(midnight + timedelta(seconds=1))
        page.evaluate("firsthand.track('After')")
        delivered(page)
        page.goto(url)  # no campaign: goes on
        until(page, "firsthand.stats()?.captured > 0")
        delivered(page)
        page.goto(f"{url}?utm_source=ads")
        until(page, "firsthand.stats()?.captured > 0")
        delivered(page)
        rows = lab.rows(f"anonymous_id = '{me}'", 5)
    with person(chromium, timezone_id=zone.key) as (_, page):
        page.clock.set_system_time(midnight - timedelta(seconds=5))
        page.goto(kept)
        other = who(page)
        page.clock.set_system_time(midnight + timedelta(seconds=1))
        page.evaluate("firsthand.track('After')")
        delivered(page)
        same = lab.rows(f"anonymous_id = '{other}'", 2)
    rows.sort(key=lambda row: row["original_timestamp"])
    sessions = [row["session_id"] for row in rows]
    assert [sessions.index(one) for one in sessions] == [0, 0, 2, 2, 4]
    assert [row["seq"] for row in rows] == [0, 1, 0, 1, 0]
    assert len({row["session_id"] for row in same}) == 1


PIXEL = {
    "userAgent": "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Mobile "
    "Safari/537.36",
    "userAgentMetadata": {
        "platform": "Android", "platformVersion": "16.0.0", "architecture": "arm", "model": "Pixel 9", "mobile": True,
        "bitness": "64", "brands": [{"brand": "Chromium", "version": "143"}], "fullVersion": "143.0.0.0",
    },
}  # fmt: skip


def test_client_hints_reach_the_row_after_a_yes_and_not_before(lab: Lab, chromium: Browser) -> None:
    tag = lab.tag(extras="client_hints", write_key=lab.stack.keys[OTHER], consent_mode="opt_in", autotrack="none")
    url = lab.page("/hints", "<h1>Hints</h1>", tag)
    spy = """
      const real = NavigatorUAData.prototype.getHighEntropyValues;
      window.reads = 0;
      NavigatorUAData.prototype.getHighEntropyValues = function (hints) { reads++; return real.call(this, hints) };
    """
    with person(chromium) as (context, page):
        context.new_cdp_session(page).send("Emulation.setUserAgentOverride", PIXEL)
        page.add_init_script(spy)
        page.goto(url)
        until(page, "performance.getEntriesByType('resource').some(({ name }) => name.endsWith('client_hints.js'))")
        page.evaluate("firsthand.track('Held')")
        page.wait_for_timeout(200)
        assert page.evaluate("reads") == 0
        page.evaluate("firsthand.consent.set({ analytics: true })")
        until(page, "reads === 1")
        page.wait_for_timeout(100)
        page.evaluate("firsthand.track('Told')")
        me = who(page)
        delivered(page)
        rows = {
            row["event"]: row
            for row in lab.stack.wait_rows(
                f"select * from events_raw where source_id = '{OTHER}' and anonymous_id = '{me}'", 2
            )
        }
    told, held = rows["Told"], rows["Held"]
    assert (held["os_version"], held["device_model"], held["context"]) == ("10", None, None)
    assert (told["os"], told["os_version"], told["device_model"]) == ("Android", "16.0.0", "Pixel 9")
    assert json.loads(told["context"])["userAgentData"] == {"architecture": "arm", "bitness": "64"}


@pytest.mark.parametrize(("here", "there"), [(True, True), (False, True), (True, False)])
def test_a_link_to_another_domain_goes_on_with_the_id_if_both_sides_may(
    lab: Lab, chromium: Browser, here: bool, there: bool
) -> None:
    far = Site({})
    options = {"extras": "linker", "link_domains": "127.0.0.1", "consent_mode": "opt_in", "autotrack": "pageview"}
    try:
        landing = Lab(lab.stack, far).page("/in", "<h1>In</h1>", lab.tag(write_key=lab.stack.keys[OTHER], **options))
        url = lab.page("/out", f"<a id=go href='{landing}?x=1#top'>Go</a>", lab.tag(**options))
        with person(chromium) as (context, page):
            asked: list[str] = []
            context.on("request", lambda request: asked.append(urlsplit(request.url).path))
            page.goto(url)
            until(page, "performance.getEntriesByType('resource').some(({ name }) => name.endsWith('linker.js'))")
            page.evaluate(f"firsthand.consent.set({{ analytics: {json.dumps(here)} }})")
            me = page.evaluate("firsthand.getAnonymousId()")
            page.wait_for_timeout(100)
            with page.expect_response("**/v1/wechat/handoff") if here else page.expect_event("requestfinished") as _:
                page.hover("#go")
                if not here:
                    page.evaluate("fetch('/out').then((r) => r.text())")
            page.wait_for_timeout(100)
            page.click("#go")
            page.wait_for_url("**/in**")
            until(page, "performance.getEntriesByType('resource').some(({ name }) => name.endsWith('linker.js'))")
            until(page, "!location.search.includes('fh_handoff')")
            assert page.url == f"{landing}?x=1#top"
            page.evaluate(f"firsthand.consent.set({{ analytics: {json.dumps(there)} }})")
            if here and there:
                until(page, f"firsthand.getAnonymousId() === {json.dumps(me)}")
                page.evaluate("firsthand.track('Arrived')")
                delivered(page)
                rows = lab.stack.wait_rows(
                    f"select * from events_raw where source_id = '{OTHER}' and event = 'Arrived'", 1
                )
                assert [row["anonymous_id"] for row in rows] == [me]
                assert "fh_handoff" not in json.dumps(rows)
            else:
                page.wait_for_timeout(500)
                assert me is None or page.evaluate("firsthand.getAnonymousId()") != me
        assert ("/v1/wechat/handoff" in asked) == here
        assert ("/v1/wechat/redeem" in asked) == (here and there)
    finally:
        far.close()


def test_what_is_scrubbed_on_the_device_never_travels(lab: Lab, chromium: Browser) -> None:
    tag = lab.tag(needs="scrub")
    body = "<button id=b data-track-note='call +86 138 0013 8000'>Call me: ada@example.com</button>"
    url = lab.page("/scrub", body, tag)
    with person(chromium) as (context, page):
        asked: list[Request] = []
        context.on("request", lambda request: asked.append(request))
        page.goto(url)
        me = who(page)
        page.evaluate("document.title = 'Order of ada@example.com, 4111 1111 1111 1111'")
        page.click("#b")
        page.evaluate("""() => {
          const customer = { name: 'Ada', n: 1 };
          firsthand.track('To ada@example.com');
          firsthand.track('A', { note: 'id 11010519491231002X', email: 'ada@example.com', customer });
          firsthand.identify('u-1', { phone: '13800138000', plan: 'pro' });
        }""")
        delivered(page)
        rows = lab.rows(f"anonymous_id = '{me}'", 5)
        said = json.dumps(bodies(asked), ensure_ascii=False)
    for secret in ("ada@", "1380013", "138 0013", "110105", "4111", '"Ada"'):
        assert secret not in said
    track = next(json.loads(row["properties"]) for row in rows if row["event"] == "A")
    assert track == {"note": "id :redacted", "customer": {"n": 1}}
    assert next(json.loads(row["traits"]) for row in rows if row["type"] == "identify") == {"plan": "pro"}


def test_without_a_part_that_it_needs_a_page_records_nothing(lab: Lab, chromium: Browser) -> None:
    url = lab.page("/needs", "<button id=b>B</button>", lab.tag(needs="scrub"))
    with person(chromium, excused=("scrub.js", "ERR_FAILED")) as (context, page):
        asked: list[str] = []
        context.on("request", lambda request: asked.append(urlsplit(request.url).path))
        context.route("**/scrub.js", lambda route: route.abort())
        page.goto(url)
        until(page, "window.firsthand && firsthand.version")
        page.click("#b")
        page.wait_for_timeout(500)
        assert page.evaluate("[localStorage.length, document.cookie]") == [0, ""]
    assert not [path for path in asked if path.startswith("/v1/")]


def test_the_id_cookie_comes_by_header_where_no_script_may_write_it(lab: Lab, chromium: Browser) -> None:
    tag = lab.tag(extras="id_cookie", autotrack="none")
    frozen = "<script>Object.defineProperty(document, 'cookie', { get: () => '', set() {} })</script>"
    url = lab.page("/id-cookie", "<h1>Id</h1>", frozen + tag)
    with person(chromium) as (context, page):
        page.goto(url)
        until(page, "performance.getEntriesByType('resource').some(({ name }) => name.endsWith('id_cookie.js'))")
        page.evaluate("firsthand.track('Seen')")
        me = who(page)
        assert context.cookies() == []  # allowed by the source's mode, and not agreed to
        page.evaluate("firsthand.consent.set({ analytics: true })")
        until(page, "performance.getEntriesByType('resource').some(({ name }) => name.endsWith('/v1/id'))")
        [cookie] = context.cookies()
    assert cookie["name"] == f"fh.{lab.key}.id"
    assert cookie["value"] == me
    assert not cookie["httpOnly"]  # the SDK reads it, and takes it away
    assert 12 < (cookie["expires"] - time.time()) / 86_400 / 30.4 <= 13.1
