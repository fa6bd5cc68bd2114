"""The main work of every page with nothing but a keyboard: each stop is seen, pieces that renew themselves keep it.

`reach` goes on by Tab as a person has to, and looks at every stop on its way: it must have an outline and must not lie
under the bar at the top (WCAG 2.2, 2.4.7 and 2.4.11). Nothing here clicks.
"""

import json
from collections.abc import Callable, Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.browser import until
from tests.e2e.console import WRITE_KEY, Bureau, Person, bureau

pytestmark = [pytest.mark.browser, pytest.mark.slow]

STOP = """wanted => {
  const at = document.activeElement, drawn = at.matches('.switch input') ? at.nextElementSibling : at;
  const style = getComputedStyle(drawn), box = drawn.getBoundingClientRect();
  const y = Math.max(1, Math.min(innerHeight - 2, (Math.max(box.top, 0) + Math.min(box.bottom, innerHeight)) / 2));
  const x = Math.max(1, Math.min(innerWidth - 2, box.left + Math.min(box.width / 2, 12)));
  const top = document.elementFromPoint(x, y);
  return {
    there: at.matches(wanted),
    body: at === document.body,
    outlined: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1,
    uncovered: !!top && (drawn.contains(top) || top.contains(drawn)),
    box: [box.top, box.bottom, x, y], top: top && top.outerHTML.slice(0, 90),
    what: at.outerHTML.slice(0, 160),
  };
}"""


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bureau]:
    with bureau(tmp_path_factory.mktemp("keyboard") / "data", days=2) as made:
        yield made


@pytest.fixture
def someone(office: Bureau, chromium: Browser) -> Iterator[Callable[[str], Person]]:
    """People by role; none of their pages may complain."""
    inside: list[Person] = []

    def person(role: str) -> Person:
        inside.append(office.inside(chromium, f"{role}@shop.example"))
        return inside[-1]

    yield person
    for one in inside:
        assert one.witness.unexcused() == []
        one.close()


def reach(page: Page, wanted: str, most: int = 160) -> None:
    """Tab until `wanted` has the focus."""
    for _ in range(most):
        page.keyboard.press("Tab")
        stop = page.evaluate(STOP, wanted)
        assert stop["body"] or (stop["outlined"] and stop["uncovered"]), f"{stop}"
        if stop["there"]:
            return
    raise AssertionError(f"no way to {wanted} by {most} tabs")


def skip(page: Page) -> None:
    """Over the navigation to the page itself: the first stop of every page leads there."""
    page.wait_for_load_state()
    reach(page, ".skip", 1)
    page.keyboard.press("Enter")
    until(page, "document.activeElement.id === 'main'")
    assert page.evaluate("[...document.querySelectorAll('[tabindex]')].every(one => one.tabIndex <= 0)")


def enter(page: Page, url: str) -> None:
    """Press Enter, and be at the address that it leads to."""
    page.keyboard.press("Enter")
    page.wait_for_url(url)


def has_focus(page: Page, selector: str) -> bool:
    return bool(page.evaluate("wanted => document.activeElement.matches(wanted)", selector))


def test_overview_another_purpose_and_the_course_of_a_place(someone: Callable[[str], Person]) -> None:
    viewer = someone("viewer")
    viewer.open("s/default/overview")
    page = viewer.page
    skip(page)
    reach(page, "#purpose")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#trend h2")).to_contain_text("Personalisation")
    assert has_focus(page, "#purpose"), "the piece that was renewed is another one"
    reach(page, "table.rates td a")
    enter(page, "**place=**")
    expect(page.locator("#trend a")).to_have_text("Back to everywhere")


def test_policy_from_a_draft_to_its_publication(someone: Callable[[str], Person]) -> None:
    officer = someone("privacy_officer")
    officer.open("s/default/policy")
    page = officer.page
    skip(page)
    reach(page, "#comment")
    page.keyboard.type("Ask first in California")
    enter(page, "**/draft/*")
    skip(page)
    reach(page, "a[href*='key=us-ca']")
    enter(page, "**key=us-ca")
    skip(page)
    reach(page, "#default")
    page.keyboard.press("ArrowUp")
    reach(page, "form .actions button.main")
    enter(page, "**said=saved")
    skip(page)
    reach(page, "form[action$='/submit'] button")
    enter(page, "**said=submitted")
    draft = page.url.partition("?")[0]
    approver = someone("approver")
    approver.page.goto(draft)
    skip(approver.page)
    reach(approver.page, "form[action$='/publish'] button")
    enter(approver.page, "**/version/2?said=published")


def test_events_and_purposes_a_rule(someone: Callable[[str], Person]) -> None:
    officer = someone("privacy_officer")
    officer.open("s/default/map")
    page = officer.page
    skip(page)
    reach(page, "tr:nth-child(3) input[name=match]")
    page.keyboard.type("Wishlist *")
    reach(page, "tr:nth-child(3) select")
    page.keyboard.type("mark")
    reach(page, "form button.main")
    enter(page, "**said=**")
    expect(page.locator("tr:nth-child(3) select[name=purpose]")).to_have_value("marketing")


def test_ledger_verified_and_a_receipt_read(someone: Callable[[str], Person]) -> None:
    auditor = someone("auditor")
    auditor.open("s/default/ledger")
    page = auditor.page
    skip(page)
    reach(page, "form[action$='/verify'] button")
    page.keyboard.press("Enter")
    expect(page.locator("#report")).to_contain_text("Whole:")
    assert has_focus(page, "form[action$='/verify'] button")
    reach(page, "td a")
    enter(page, "**/receipt/*")
    skip(page)
    reach(page, "summary")
    page.keyboard.press("Enter")
    expect(page.locator("details pre").first).to_be_visible()


def test_people_looked_up_and_withdrawn_for(someone: Callable[[str], Person]) -> None:
    officer = someone("privacy_officer")
    officer.open("s/default/people")
    page = officer.page
    skip(page)
    reach(page, "#anonymous")
    page.keyboard.type("FR-1-1")
    page.keyboard.press("Enter")
    expect(page.locator("main td").first).to_be_visible()
    skip(page)
    reach(page, "main summary")
    page.keyboard.press("Enter")
    reach(page, "form[action$='/withdraw'] button")
    enter(page, "**/withdraw")
    expect(page.locator(".said")).to_be_visible()


def test_requests_taken_in_and_verified(someone: Callable[[str], Person]) -> None:
    officer = someone("privacy_officer")
    officer.open("s/default/requests")
    page = officer.page
    skip(page)
    reach(page, "#user_id")
    page.keyboard.type("u-keyboard")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Taken in; its clock runs.")).to_be_visible()
    skip(page)
    reach(page, "tbody a")
    enter(page, "**/requests/*-*")
    skip(page)
    reach(page, "#why-verify")
    page.keyboard.type("in person")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Recorded.")).to_be_visible()


def test_keys_rotated_and_the_audit_log_verified(someone: Callable[[str], Person]) -> None:
    admin = someone("admin")
    admin.open("keys")
    page = admin.page
    skip(page)
    reach(page, "form[action$='/keys/token'] button")
    enter(page, "**said=**")
    admin.open("s/default/audit")
    skip(page)
    reach(page, "form[action$='/verify'] button")
    page.keyboard.press("Enter")
    expect(page.locator("#report")).to_contain_text("Whole:")
    assert has_focus(page, "form[action$='/verify'] button")
    reach(page, "td summary")
    page.keyboard.press("Enter")
    expect(page.locator("td pre").first).to_be_visible()


def test_users_and_tokens_made(someone: Callable[[str], Person]) -> None:
    admin = someone("admin")
    page = admin.page
    for path, name, made in (("users", "#login", "#link"), ("tokens", "#name", "main pre")):
        admin.open(path)
        skip(page)
        reach(page, name)
        page.keyboard.type("keyboard-user")
        reach(page, f"form:has({name}) input[name=role]")
        page.keyboard.press("Space")
        reach(page, f"form:has({name}) > button.main")
        page.keyboard.press("Enter")
        expect(page.locator(made)).to_be_visible()


def test_simulator_asked(someone: Callable[[str], Person]) -> None:
    analyst = someone("analyst")
    analyst.open("s/default/simulator")
    page = analyst.page
    skip(page)
    reach(page, "input[name='choice.analytics']")
    page.keyboard.press("ArrowRight")
    reach(page, "form > button.main")
    page.keyboard.press("Enter")
    expect(page.locator("#answer pre")).to_contain_text('"event_id"')
    assert has_focus(page, "form > button.main")
    assert page.locator("#answer").get_attribute("role") == "status"


def test_pii_a_cell_of_the_map(someone: Callable[[str], Person]) -> None:
    analyst = someone("analyst")
    analyst.open("s/default/pii")
    page = analyst.page
    skip(page)
    reach(page, "#source")
    page.keyboard.type("shop")
    expect(page.locator("#found")).to_contain_text("What becomes of a value of each class in shop")
    assert has_focus(page, "#source")
    reach(page, "table.heat td a")
    enter(page, "**#cell")
    expect(page.locator("#cell h2")).to_be_visible()


def test_live_a_row_opened_and_closed(office: Bureau, someone: Callable[[str], Person]) -> None:
    analyst = someone("analyst")
    analyst.open("live")
    page = analyst.page
    page.wait_for_selector("#state[data-state=live]")
    message = {"type": "track", "event": "Seen Live", "anonymousId": "a-1",
               "context": {"consent": {"categoryPreferences": {"analytics": True}}}}  # fmt: skip
    httpx.post(f"{office.base}/v1/batch", content=json.dumps({"writeKey": WRITE_KEY, "batch": [message]}))
    expect(page.locator("#rows tr").first).to_contain_text("Seen Live")
    skip(page)
    reach(page, "#text")
    page.keyboard.type("seen")
    reach(page, "input[name=verdict]")
    page.keyboard.press("ArrowRight")
    reach(page, "#scroll")
    reach(page, "#rows tr", 1)
    page.keyboard.press("Enter")
    until(page, "document.getElementById('drawer').contains(document.activeElement)")
    page.keyboard.press("Escape")
    until(page, "document.activeElement.matches('#rows tr')")
    assert page.locator("#drawer").is_hidden()


def test_sources_added_and_looked_at(someone: Callable[[str], Person]) -> None:
    admin = someone("admin")
    admin.witness.excused = ("404 (Not Found)",)  # the page asks with a key that the workers read a second later
    admin.open("sources")
    page = admin.page
    skip(page)
    reach(page, "#id")
    page.keyboard.type("blog")
    reach(page, "#origins")
    page.keyboard.type("http://127.0.0.1:9")
    reach(page, "form > button.main")
    enter(page, "**/sources/blog?said=saved")
    skip(page)
    reach(page, "form[action$='/verify'] button")
    page.keyboard.press("Enter")
    expect(page.locator("#findings li").first).to_contain_text("cannot reach this page")
    assert has_focus(page, "form[action$='/verify'] button")
    reach(page, "summary")
    page.keyboard.press("Enter")
    reach(page, "form[action$='/rotate'] button")
    enter(page, "**said=saved")


def test_health_keeps_the_focus_while_it_renews_itself(someone: Callable[[str], Person]) -> None:
    viewer = someone("viewer")
    viewer.open("health")
    page = viewer.page
    page.evaluate("document.addEventListener('htmx:after:swap', () => { window.renewed = true; })")
    skip(page)
    reach(page, ".scroll")
    until(page, "window.renewed")
    assert has_focus(page, ".scroll")


def test_the_shell_language_light_and_ones_account(someone: Callable[[str], Person]) -> None:
    viewer = someone("viewer")
    viewer.open("account")
    page = viewer.page
    reach(page, ".menu.right summary")
    page.keyboard.press("Enter")
    reach(page, ".sheet a", 1)
    page.keyboard.press("Escape")
    assert has_focus(page, ".menu.right summary"), "not lost with the menu that closed"
    assert page.locator(".sheet").is_hidden()
    for name, done in (("theme", "dataset.theme === 'dark'"), ("language", "lang === 'zh-CN'")):
        viewer.open("account")
        reach(page, f"button[name={name}]")
        page.keyboard.press("Enter")
        until(page, f"document.documentElement.{done}")
    expect(page.locator("h1")).to_have_text("您的账号")
