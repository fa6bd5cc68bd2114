"""The live view in a real browser, over the real collector's stream."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.async_api import Browser, Page

from collector.live.access import live_token
from tests.collector.live.browser import errors_of, until, visitor
from tests.collector.live.harness import served
from tests.collector.live.rows import event, refused, write, writer

pytestmark = pytest.mark.browser

COUNT = "document.querySelectorAll('#rows tr').length"
CELLS = "[...document.querySelectorAll('#rows tr')].map(tr => [...tr.cells].map(td => td.innerText.trim()))"
HOSTILE = '<img src=x onerror="window.hurt=1"><script>window.hurt=1</script>'


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("page")


@pytest.fixture(scope="module")
def base(data: Path) -> Iterator[str]:
    with served(data) as address:
        yield address


async def connected(page: Page, base: str, data: Path) -> None:
    """Open the view with its token; nothing needs to be there yet."""
    await page.goto(f"{base}/live?token={live_token(data)}")
    await until(page, "document.getElementById('state').dataset.state", lambda s: s == "live")


async def open_live(page: Page, base: str, data: Path) -> None:
    """Open the view with its token, wait until what is there now is on the screen, and wipe it away."""
    spool = writer(data / "spool")
    last = uuid4().hex
    await write(spool, event(0, event=last, event_id=last))
    await spool.close()
    await connected(page, base, data)
    await until(page, "document.getElementById('rows').innerText", lambda shown: last in shown)
    await page.click("#clear")


async def test_without_the_token_it_says_where_to_find_it_and_takes_it(browser: Browser, base: str, data: Path) -> None:
    async with visitor(browser, "en") as page:
        await page.goto(f"{base}/live")
        assert "keys/live-token" in await page.inner_text("body")
        await page.fill("#token", "wrong")
        await page.press("#token", "Enter")
        await page.wait_for_selector("#token")
        await page.fill("#token", live_token(data))
        await page.press("#token", "Enter")
        await until(page, "document.getElementById('state')?.dataset.state", lambda s: s == "live")
        await page.set_viewport_size({"width": 360, "height": 740})  # a narrow phone: nothing lies outside
        assert await page.evaluate("document.documentElement.scrollWidth") == 360
        assert await page.evaluate("document.getElementById('scroll').scrollWidth") == 360
        assert "token" not in page.url


@pytest.mark.parametrize(
    ("locale", "accepted", "pause", "why"),
    [
        ("en-GB", "Accepted", "Pause", "The person did not allow this purpose"),
        ("zh-CN", "已接收", "暂停", "用户没有同意该用途"),
    ],
)
async def test_rows_appear_with_verdict_enrichment_and_reason(
    browser: Browser, base: str, data: Path, locale: str, accepted: str, pause: str, why: str
) -> None:
    spool = writer(data / "spool")
    async with visitor(browser, locale) as page:
        await open_live(page, base, data)
        await write(spool, event(1, event_id=f"{locale}-1"))
        await write(spool, refused(2))
        await until(page, COUNT, lambda n: n == 2)
        newest, oldest = await page.evaluate(CELLS)
        assert newest[1:4] == ["no_consent", "Spied", "ask first"]
        assert oldest[1:3] == [accepted, "$click"]
        assert "Add to cart" in oldest[3]
        assert oldest[4].replace("\n", " ").startswith("Chrome 141")
        assert oldest[5] == "CN · 浙江省 · 杭州市"
        assert (oldest[6], oldest[8]) == ("00a1b2", "shop")
        assert await page.inner_text("#pause") == pause
        assert await page.inner_text("#accepted") == "1"
        assert await page.inner_text("#rejected") == "1"
        assert "no_consent" in await page.inner_text("#reasons")
        await page.click("#rows tr.rejected")
        assert why in await page.inner_text("#detail")
        assert errors_of(page) == []
    await spool.close()


async def test_the_language_and_the_theme_can_be_switched(browser: Browser, base: str, data: Path) -> None:
    async with visitor(browser, "en", color_scheme="light") as page:
        await open_live(page, base, data)
        background = "getComputedStyle(document.body).backgroundColor"
        light = await page.evaluate(background)
        await page.click("#language")
        assert await page.evaluate("document.documentElement.lang") == "zh-CN"
        assert await page.inner_text("#pause") == "暂停"
        await page.click("#theme")
        assert await page.evaluate(background) != light
        await page.reload()
        assert await page.inner_text("#pause") == "暂停"
        assert await page.evaluate(background) != light
        assert errors_of(page) == []


async def test_the_keyboard_opens_moves_and_closes(browser: Browser, base: str, data: Path) -> None:
    spool = writer(data / "spool")
    async with visitor(browser, "en") as page:
        await open_live(page, base, data)
        for number in range(3):
            await write(spool, event(number, event=f"Key {number}", event_id=f"key-{number}"))
        await until(page, COUNT, lambda n: n == 3)
        for key in ("ArrowDown", "Enter"):
            await page.keyboard.press(key)
        assert await page.inner_text("#drawerTitle") == "Accepted Key 2"
        await page.keyboard.press("Escape")
        assert await page.is_hidden("#drawer")
        for key in ("ArrowDown", "ArrowDown", "ArrowUp", "Enter"):
            await page.keyboard.press(key)
        assert await page.inner_text("#drawerTitle") == "Accepted Key 1"
        assert "event_id" in await page.inner_text("#detail")
        await page.keyboard.press("Escape")
        await page.keyboard.press("/")
        await page.keyboard.type("key-0")
        await until(page, COUNT, lambda n: n == 1)
        assert errors_of(page) == []
    await spool.close()


async def test_pausing_holds_rows_back_and_counts_them(browser: Browser, base: str, data: Path) -> None:
    spool = writer(data / "spool")
    async with visitor(browser, "en") as page:
        await open_live(page, base, data)
        await page.click("#pause")
        await write(spool, *[event(n, event_id=f"pause-{n}") for n in range(4)])
        await until(page, "document.getElementById('pause').innerText", lambda text: "4 waiting" in text)
        assert await page.evaluate(COUNT) == 0
        assert await page.inner_text("#accepted") == "4"
        await page.click("#pause")
        await until(page, COUNT, lambda n: n == 4)
    await spool.close()


async def test_filters_by_verdict_event_and_reason(browser: Browser, base: str, data: Path) -> None:
    spool = writer(data / "spool")
    async with visitor(browser, "en") as page:
        await open_live(page, base, data)
        await write(spool, event(1, event="Bought", event_id="f-1"), refused(2), refused(3, "invalid"))
        await until(page, COUNT, lambda n: n == 3)
        await page.check("input[name=verdict][value=accepted]", force=True)
        await until(page, COUNT, lambda n: n == 1)
        await page.check("input[name=verdict][value='']", force=True)
        await page.click("[data-reason=invalid]")
        assert [c[1] for c in await page.evaluate(CELLS)] == ["invalid"]
        await page.click("[data-reason=invalid]")
        await page.select_option("#event", "Bought")
        assert [c[2] for c in await page.evaluate(CELLS)] == ["Bought"]
        await write(spool, refused(4), event(5, event="Bought", event_id="f-5"))
        await until(page, COUNT, lambda n: n == 2)
    await spool.close()


async def test_a_message_sent_again_is_one_row(browser: Browser, base: str, data: Path) -> None:
    spool = writer(data / "spool")
    async with visitor(browser, "en") as page:
        await open_live(page, base, data)
        for _ in range(3):
            await write(spool, event(1, event_id="again"))
        await until(page, "document.querySelector('.times')?.innerText", lambda text: text == "×3")
        assert await page.evaluate(COUNT) == 1
        await until(page, "document.getElementById('accepted').innerText", lambda n: n == "3")  # told after the rows
        await until(page, "document.getElementById('repeats').innerText", lambda text: "2 of them" in text)
    await spool.close()


async def test_what_people_typed_stays_text(browser: Browser, base: str, data: Path) -> None:
    spool = writer(data / "spool")
    async with visitor(browser, "en") as page:
        await open_live(page, base, data)
        row = event(1, event_id="hostile", event=HOSTILE, page_path=HOSTILE, geo_city=HOSTILE, browser=HOSTILE,
                    session_id=HOSTILE, source_id=HOSTILE, consent_purposes=[HOSTILE], bot_name=HOSTILE, is_bot=True,
                    properties={HOSTILE: HOSTILE, "text": HOSTILE}, traits={"a": [HOSTILE]})  # fmt: skip
        await write(spool, row, refused(2, HOSTILE, detail=HOSTILE, source_id=HOSTILE, payload={HOSTILE: HOSTILE}))
        await until(page, COUNT, lambda n: n == 2)
        for verdict in ("accepted", "rejected"):
            await page.click(f"#rows tr.{verdict}")
            assert HOSTILE in await page.inner_text("#drawerTitle")
        assert (
            await page.evaluate("document.querySelectorAll('#rows img, #rows script, #drawer img, select img').length")
            == 0
        )
        assert await page.evaluate("window.hurt") is None
        assert errors_of(page) == []
    await spool.close()


async def test_after_a_restart_it_connects_again_and_repeats_nothing(browser: Browser, tmp_path: Path) -> None:
    spool = writer(tmp_path / "spool")
    async with visitor(browser, "en") as page:
        with served(tmp_path) as base:
            await connected(page, base, tmp_path)
            await write(spool, event(1, event_id="before"))
            await until(page, COUNT, lambda n: n == 1)
        await until(page, "document.getElementById('state').dataset.state", lambda s: s == "lost")
        await write(spool, event(2, event_id="between"))
        with served(tmp_path, port=base.rsplit(":", 1)[1]):
            await until(page, "document.getElementById('state').dataset.state", lambda s: s == "live")
            await until(page, COUNT, lambda n: n == 2)
            await page.wait_for_timeout(500)
            assert await page.evaluate(COUNT) == 2
            assert await page.inner_text("#repeats") == ""
    await spool.close()
