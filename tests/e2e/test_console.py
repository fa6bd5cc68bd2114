"""The console in Chromium: every page as every role, usable by everybody, strict, in two languages, without script."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, ViewportSize, expect

from collector.console.pages import PAGES as OPERATORS
from consent.console.page import Page as ConsolePage
from consent.console.pages import PAGES
from consent.console.roles import PERMISSIONS, ROLES
from tests.consent.console.visitors import PASSWORD
from tests.e2e.browser import Witness
from tests.e2e.console import SIZE, Bureau, Person, bureau, picture, serious

pytestmark = pytest.mark.browser

ALL: list[ConsolePage] = [*PAGES, *(build(None) for build in OPERATORS)]  # type: ignore[arg-type]
NAMES = [*(p.name for p in ALL), "source", "draft", "purpose", "receipt", "account"]
NARROW: ViewportSize = {"width": 390, "height": 844}
DOCS = ("overview", "overview-zh", "ledger", "pii", "pii-zh")
MAKES = (
    "overview",
    "pii",
    "draft",
    "simulator",
    "source",
    "audit",
)  # chart, map, form with a difference, answers, findings
SAME_IN_BOTH = ("source", "purpose")  # the heading is a name


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bureau]:
    with bureau(tmp_path_factory.mktemp("console") / "data") as made:
        yield made


@pytest.fixture(scope="module")
def officer(office: Bureau, chromium: Browser) -> Iterator[Person]:
    """Somebody with every role, for what is not about roles."""
    person = office.inside(chromium, "everything@shop.example")
    yield person
    person.close()


@pytest.fixture(scope="module")
def official(office: Bureau, chromium: Browser) -> Iterator[Person]:
    """The same in Chinese, with a telephone."""
    person = office.inside(chromium, "everything@shop.example", locale="zh-CN", viewport=NARROW)
    yield person
    person.close()


def address(page: ConsolePage) -> str:
    return f"s/default/{page.name}" if page.of_site else page.name


def paths() -> dict[str, str]:
    return {p.name: address(p) for p in ALL} | {"source": "sources/shop", "account": "account"}


def go(person: Person, name: str) -> None:
    """Open a page, or what one finds behind its links."""
    page = person.page
    person.open(paths().get(name, "s/default/policy"))
    if name in ("draft", "purpose"):
        page.locator("main form:has(#comment) button").click()
        if name == "purpose":
            page.click("a:has-text('marketing')")
    if name == "receipt":
        person.open("s/default/ledger")
        page.click("td a >> nth=0")
    page.wait_for_load_state("load")
    page.emulate_media(reduced_motion="reduce")


def test_each_page_opens_for_the_roles_that_may_and_for_no_other(office: Bureau) -> None:
    """By plain requests, every page as every role; and the navigation offers what opens and nothing else."""
    for role in ROLES:
        cookies = {"firsthand_console": office.token(f"{role}@shop.example")}
        with httpx.Client(base_url=office.base, cookies=cookies, headers={"accept-language": "en"}) as client:
            for page in ALL:
                answer = client.get(f"/console/{address(page)}")
                allowed = role in PERMISSIONS[page.permission]
                assert answer.status_code == (200 if allowed else 403), f"{role} {page.name}"
                assert ("Your role does not allow this" in answer.text) != allowed
                nav = answer.text.partition('<nav class="side"')[2].partition("</nav>")[0]
                offered = {href.rpartition("/")[2] for href in re.findall(r'href="([^"]+)"', nav)}
                assert offered == {p.name for p in ALL if role in PERMISSIONS[p.permission]}, f"{role} {page.name}"


@pytest.mark.slow
@pytest.mark.parametrize("role", ROLES)
def test_each_page_as_each_role_in_chromium(office: Bureau, chromium: Browser, role: str) -> None:
    person = office.inside(chromium, f"{role}@shop.example")
    person.witness.excused = ("403 (Forbidden)",)
    for page in ALL:
        allowed = role in PERMISSIONS[page.permission]
        assert person.open(address(page)) == (200 if allowed else 403), f"{role} {page.name}"
        heading = person.page.locator("h1").inner_text()
        assert (heading == "Your role does not allow this") != allowed
        picture(person.page, f"{role}-{page.name}" if allowed else f"{role}-{page.name}-refused")
    assert person.witness.unexcused() == []
    person.close()


@pytest.mark.parametrize("name", NAMES)
def test_no_page_keeps_anybody_out(officer: Person, official: Person, name: str) -> None:
    """In English on a desk; in Chinese on a telephone, where nothing sticks out. axe-core looks at one page of each
    make; at all of them, in any light, with make test-slow."""
    go(officer, name)
    if name in MAKES:
        assert serious(officer.page) == []
    picture(officer.page, name, docs=name in DOCS)
    go(official, name)
    assert official.page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"], "something sticks out"
    spoken, heading = (person.page.locator("h1").inner_text() for person in (officer, official))
    assert heading != spoken or name in SAME_IN_BOTH
    assert officer.witness.complaints == official.witness.complaints == []
    if os.environ.get("FIRSTHAND_DOCS_PICTURES") and f"{name}-zh" in DOCS:
        official.page.set_viewport_size(SIZE)
        picture(official.page, f"{name}-zh", docs=True)
        official.page.set_viewport_size(NARROW)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_no_page_keeps_anybody_out_in_any_light_width_and_language(
    officer: Person, official: Person, name: str
) -> None:
    for person, size in ((officer, SIZE), (official, NARROW)):
        go(person, name)
        page = person.page
        for light in ("dark", "light"):
            page.emulate_media(color_scheme=light, reduced_motion="reduce")  # type: ignore[arg-type]
            for other in (SIZE, NARROW):
                page.set_viewport_size(other)
                assert serious(page) == [], light
                assert page.evaluate("document.documentElement.scrollWidth") <= other["width"]
                language = page.locator("html").get_attribute("lang")
                picture(page, f"{name}-{language}-{light}-{other['width']}")
        page.set_viewport_size(size)


def test_who_may_not_is_told_so_and_finds_the_way_back(office: Bureau, chromium: Browser) -> None:
    viewer = office.inside(chromium, "viewer@shop.example")
    viewer.witness.excused = ("403 (Forbidden)",)
    assert viewer.open("s/default/ledger") == 403
    assert viewer.page.locator("h1").inner_text() == "Your role does not allow this"
    assert serious(viewer.page) == []
    picture(viewer.page, "refused")
    viewer.page.click("main a.button")
    viewer.page.wait_for_url("**/s/default/overview")
    viewer.page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    assert serious(viewer.page) == [], "dark"
    picture(viewer.page, "overview-dark")
    assert viewer.witness.unexcused() == []
    viewer.close()


def test_the_door_is_open_to_everybody_too(office: Bureau, chromium: Browser) -> None:
    context = chromium.new_context(viewport=SIZE, locale="zh-CN")
    witness = Witness().watch(context)
    page = context.new_page()
    page.goto(f"{office.base}/console")
    assert page.locator("h1").inner_text() == "登录"
    assert serious(page) == []
    picture(page, "login")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.focus("#login")
    page.keyboard.type("viewer@shop.example")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/s/default/overview")
    assert page.locator("h1").inner_text() == "概览"
    page.click(".menu.right summary")
    page.click(".menu.right button")
    page.wait_for_url("**/console/login")
    assert witness.complaints == []
    context.close()


def test_times_are_the_readers_and_language_and_light_are_kept(office: Bureau, chromium: Browser) -> None:
    here = office.inside(chromium, "auditor@shop.example", timezone_id="Asia/Shanghai", locale="en-US")
    there = office.inside(chromium, "auditor@shop.example", timezone_id="America/Los_Angeles", locale="en-US")
    times = []
    for person in (here, there):
        person.open("s/default/policy")
        person.page.wait_for_selector("time[data-local]")
        times.append(person.page.locator("time").first.inner_text())
    assert times[0] != times[1] and "UTC" not in "".join(times)
    page = here.page
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.click("button[name=theme]")
    page.wait_for_load_state()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != light
    page.click("button[name=language]")
    expect(page.locator("h1")).to_have_text("政策")
    page.reload()
    assert page.evaluate("document.documentElement.lang + document.documentElement.dataset.theme") == "zh-CNdark"
    assert here.witness.complaints == there.witness.complaints == []
    here.close()
    there.close()


def test_everything_an_officer_does_works_without_script(office: Bureau, chromium: Browser) -> None:
    person = office.inside(chromium, "everything@shop.example", java_script_enabled=False)
    page = person.page
    person.open("s/default/ledger")
    page.click("button:has-text('Verify the chain')")
    assert "Whole:" in page.inner_text("#report")
    assert re.search(r"\d\d:\d\d UTC", page.inner_text("main")), "without script times are in UTC and say so"
    person.open("s/default/simulator")
    page.check("input[name='choice.analytics'][value=no]")
    page.click("button:has-text('Simulate')")
    assert "It is" in page.inner_text("#answer")
    person.open("s/default/overview")
    page.select_option("#purpose", "marketing")
    page.click("button:has-text('Show')")
    assert "Marketing, day by day" in page.inner_text("main")
    person.close()


def test_parts_of_pages_renew_themselves_in_place(officer: Person) -> None:
    page = officer.page
    officer.open("s/default/ledger")
    page.evaluate("window.same = true")
    page.click("button:has-text('Verify the chain')")
    expect(page.locator("#report .said")).to_contain_text("Whole:")
    officer.open("s/default/overview")
    page.evaluate("window.same = true")
    assert page.locator("figure canvas").count() == 1
    page.select_option("#purpose", "marketing")
    expect(page.locator("#figures h2 >> nth=0")).to_contain_text("Marketing, day by day")
    assert page.evaluate("window.same"), "the page was not loaded again"
    expect(page.locator("figure canvas")).to_have_count(1)
    officer.open("s/default/simulator")
    page.check("input[name='choice.analytics'][value=yes]")
    page.click("button:has-text('Simulate')")
    expect(page.locator("#answer pre")).to_contain_text('"consent_purposes"')
    picture(page, "simulator", docs=True)
    assert officer.witness.complaints == []


def test_nothing_is_asked_of_anybody_else(officer: Person) -> None:
    assert officer.witness.hosts() <= {"127.0.0.1"}


def test_files_that_the_docs_show_are_there_and_small() -> None:
    docs = Path(__file__).resolve().parents[2] / "docs"
    shown = {n for page in docs.glob("console*.md") for n in re.findall(r"img/(console-[\w-]+\.png)", page.read_text())}
    assert len(shown) >= 6
    for name in shown:
        assert (docs / "img" / name).stat().st_size <= 60 * 1024, name
