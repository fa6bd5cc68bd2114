"""The console in Chromium: every page as every role, usable by everybody, strict, in two languages, without script."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from playwright.sync_api import Browser, Page, Response, ViewportSize, expect

from consent.console.roles import PERMISSIONS, ROLES
from consent.presets import preset
from tests.consent.console.visitors import PASSWORD
from tests.e2e.browser import Witness
from tests.e2e.console import SIZE, Bureau, Person, bureau, picture, places, serious

pytestmark = pytest.mark.browser

NARROW: ViewportSize = {"width": 390, "height": 844}
DOCS = ("overview", "overview-zh", "ledger", "pii", "pii-zh")
# chart, map, form with a difference, answers, findings, a clock
MAKES = ("overview", "pii", "draft", "simulator", "source", "audit", "request")
NAMES = (
    "overview", "policy", "map", "ledger", "people", "requests", "keys", "audit", "users", "tokens", "simulator", "pii",
    "live", "sources", "health", "version", "draft", "purpose", "notice", "jurisdiction", "general", "preview",
    "receipt", "request", "source", "account",
)  # fmt: skip
# A page's own script and style, handlers, and addresses that are script
INLINE = re.compile(r"<style|\sstyle=|\son[a-z]+=|javascript:|<script(?![^>]*\ssrc=)", re.I)
SHELL = """() => [document.querySelector('h1').innerText,
    [...document.querySelectorAll('nav.side a')].map(link => link.pathname.split('/').pop())]"""
WORD, HAN = re.compile("[A-Za-z]{2,}"), re.compile("[\u4e00-\u9fff]")
# What people called so stays so: ids and texts of the policy, what is in the map, who did what
LEAVES = re.compile(r'"((?:[^"\\]|\\.)*)"')
DATA = set(LEAVES.findall(msgspec.json.encode(preset()).decode())) | {
    "Firsthand", "GPC", "Enter", "Esc", "shop", "default", "officer", "second", "a test", "openid", "unionid",
    "Newsletter Opened", "Order Completed", "Product Viewed", "The shipped policy", "Two more words in the notice",
}  # fmt: skip
SHAPES = re.compile(
    r"[A-Z]{2}(-[A-Z]{2})?|[\w.]+@shop\.example|https://shop\.example/?|[0-9a-f-]{36}|\$\w+|properties\.\w+"
)


def is_data(text: str) -> bool:
    whole = text.removeprefix("← ").removesuffix(" …")
    return whole in DATA or all(part in DATA or SHAPES.fullmatch(part) for part in re.split(r" · |, | |、", whole))


def said_by(page: Page) -> list[str]:
    """Texts that people see on a page, but for code, what stands for times, and what they typed."""
    found: list[str] = page.evaluate("""() => {
      const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = [];
      for (let at = walk.nextNode(); at; at = walk.nextNode()) {
        const text = at.data.trim(), inside = at.parentElement;
        if (text && !inside.closest('code, pre, time, textarea, script, noscript, [lang]:not(html)')) found.push(text);
      }
      for (const one of document.querySelectorAll('main [placeholder], main [title], main [aria-label]'))
        found.push(...['placeholder', 'title', 'aria-label'].map(name => one.getAttribute(name)).filter(Boolean));
      return found;
    }""")
    return found


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


@pytest.fixture(scope="module")
def english() -> dict[str, list[str]]:
    """What each page says in English, once it was opened."""
    return {}


def go(person: Person, name: str) -> Response:
    """Open a page, and let it come to rest."""
    answer = person.ask(places(person.bureau)[name].path)
    person.page.emulate_media(reduced_motion="reduce")
    return answer


def test_the_pages_are_all_pages(office: Bureau) -> None:
    assert tuple(places(office)) == NAMES


# Who sees most, who decides, and who sees least; what every role is told is also asked without a browser
IN_A_BROWSER = ("admin", "privacy_officer", "viewer")


@pytest.mark.parametrize("role", [pytest.param(r, marks=[] if r in IN_A_BROWSER else pytest.mark.slow) for r in ROLES])
def test_each_page_as_each_role(office: Bureau, chromium: Browser, english: dict[str, list[str]], role: str) -> None:
    """All of them, allowed and refused: nothing else opens, nothing else is offered, and each is as strict as it says.

    The first who sees a page has it looked at: axe-core looks at one page of each make; with make test-slow at all.
    """
    person, every = office.inside(chromium, f"{role}@shop.example"), places(office)
    person.witness.excused = ("403 (Forbidden)",)
    offers = {n for n in NAMES[:15] if role in PERMISSIONS[every[n].permission]}
    for name, place in every.items():
        allowed = not place.permission or role in PERMISSIONS[place.permission]
        answer = go(person, name)
        assert answer.status == (200 if allowed else 403), name
        assert "unsafe" not in answer.headers["content-security-policy"]
        assert not INLINE.search(answer.text()), f"{name}: script or style in the page"
        heading, offered = person.page.evaluate(SHELL)
        assert (heading == "Your role does not allow this") != allowed, name
        assert set(offered) == offers, name
        if not allowed or name in english:
            continue
        english[name] = said_by(person.page)
        picture(person.page, name, docs=name in DOCS)
        if name in MAKES:
            assert serious(person.page) == [], name
    assert person.witness.unexcused() == []
    person.close()


@pytest.mark.slow
@pytest.mark.parametrize("role", ROLES)
def test_pictures_of_each_page_as_each_role(office: Bureau, chromium: Browser, role: str) -> None:
    """Kept as artefacts of the run; and no page keeps anybody out, whatever their role sees of it."""
    person = office.inside(chromium, f"{role}@shop.example")
    for name in NAMES:
        allowed = go(person, name).status == 200
        picture(person.page, f"{role}-{name}" if allowed else f"{role}-{name}-refused")
        assert serious(person.page) == [], name
    person.close()


@pytest.mark.parametrize("name", NAMES)
def test_in_chinese_on_a_telephone(officer: Person, official: Person, english: dict[str, list[str]], name: str) -> None:
    """Nothing sticks out, and nothing is said in English but what people called so."""
    if name not in english:
        go(officer, name)
        english[name] = said_by(officer.page)
    go(official, name)
    assert official.page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"], "something sticks out"
    spoken = said_by(official.page)
    left = {text for text in spoken if WORD.search(text) and not HAN.search(text) and not is_data(text)}
    assert left == set(), "not translated"
    assert [text for text in english[name] if HAN.search(text) and not is_data(text)] == []
    assert official.witness.complaints == []
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
    page.focus("button:has-text('Verify the chain')")
    page.keyboard.press("Enter")
    expect(page.locator("#report .said")).to_contain_text("Whole:")
    assert page.evaluate("document.activeElement.innerText.trim()") == "Verify the chain", "the focus stays"
    officer.open("s/default/overview")
    page.evaluate("window.same = true")
    assert page.locator("figure canvas").count() == 1
    page.focus("#purpose")
    page.keyboard.type("Mark")
    expect(page.locator("#figures h2 >> nth=0")).to_contain_text("Marketing, day by day")
    assert page.evaluate("window.same && document.activeElement.id") == "purpose", "the page was not loaded again"
    expect(page.locator("figure canvas")).to_have_count(1)
    page.wait_for_url("**purpose=marketing**")
    page.click("button[name=language]")
    expect(page.locator("#trend h2")).to_have_text("营销推广 每日趋势")
    page.click("button[name=language]")
    page.click("table.rates td a >> nth=0")
    page.wait_for_url("**purpose=analytics**")
    page.go_back()
    expect(page.locator("#figures h2 >> nth=0")).to_contain_text("Marketing, day by day")
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
