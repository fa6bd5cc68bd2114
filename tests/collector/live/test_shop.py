"""The demo shop as a newcomer meets it: `firsthand up --demo`, a browser, and what must not be sent or stored."""

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.async_api import Browser, Page, Request

from tests.collector.live.browser import errors_of, until, visitor
from tests.collector.live.harness import Installed, installed
from warehouse.catalog import StoreConfig
from warehouse.query import Reader

pytestmark = pytest.mark.browser

TYPED = {
    "name": "Ada Lovelace", "email": "ada@lovelace.example", "phone": "13800138000", "address": "12 St James Square",
    "city": "Bathford", "postcode": "BA1 7QX",
}  # fmt: skip
EVENTS = "[...document.querySelectorAll('#rows td.event b')].map(b => b.innerText)"


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    with installed(tmp_path_factory.mktemp("up") / "data") as found:
        yield found


def watch(page: Page) -> list[Request]:
    """Requests to the collector's doors, as they are made, but for the settings: those say what is to be asked."""
    sent: list[Request] = []

    def note(request: Request) -> None:
        says_nothing = request.method == "GET" and request.post_data is None and "cookie" not in request.headers
        if "/v1/" in request.url and not (request.url.partition("?")[0].endswith("/settings") and says_nothing):
            sent.append(request)

    page.on("request", note)
    return sent


async def look_around(page: Page) -> None:
    """Home, search, a product into the cart, the lookbook: pages, clicks and history."""
    await page.fill("[name=q]", "tea" if await page.evaluate("document.documentElement.lang") == "en" else "茶")
    await page.press("[name=q]", "Enter")
    await page.wait_for_url("**/search?q=*")
    await page.click(".card >> nth=0")
    await page.wait_for_url("**/product/teapot")
    await page.click("[data-track=add-to-cart]")
    await page.click("nav a[href='/demo/lookbook']")
    await page.click("[data-track=lookbook-next]")
    await page.wait_for_url("**/lookbook/rain")
    await page.go_back()
    await page.wait_for_url("**/lookbook")


async def buy(page: Page) -> None:
    await page.click("[data-track=open-cart]")
    await page.click("[data-track=checkout]")
    for name, value in TYPED.items():
        await page.fill(f"[name={name}]", value)
    await page.click("[data-track=pay]")
    await page.wait_for_url("**/thanks")


async def stored(page: Page) -> list[str]:
    """Names of what the SDK keeps in this browser."""
    names: list[str] = await page.evaluate("[...Object.keys(localStorage), ...Object.keys(sessionStorage)]")
    cookies = [cookie.get("name", "") for cookie in await page.context.cookies()]
    return sorted(name for name in [*names, *cookies] if not name.startswith("fern."))


async def test_before_a_choice_nothing_is_sent_or_stored(browser: Browser, up: Installed) -> None:
    async with visitor(browser, "en") as page:
        sent = watch(page)
        await page.goto(up.demo)
        await page.wait_for_selector(".bar")
        await look_around(page)
        await page.wait_for_timeout(2500)
        assert [r.url for r in sent] == []
        assert await stored(page) == []
        sizes = "all => all.map(b => [b.offsetWidth, b.offsetHeight, b.className])"
        reject, accept = await page.locator(".bar .pair button").evaluate_all(sizes)
        assert accept == reject  # as easy to say no as to say yes
        assert errors_of(page) == []


async def test_after_a_no_the_shop_works_and_nothing_is_sent(browser: Browser, up: Installed) -> None:
    async with visitor(browser, "en") as page:
        sent = watch(page)
        await page.goto(up.demo)
        await page.click("[data-act=reject]")
        await look_around(page)
        await buy(page)
        await page.wait_for_timeout(2500)
        assert [r.url for r in sent] == []
        assert await page.locator(".bar").count() == 0
        kept = " ".join(str(await page.evaluate("JSON.stringify(localStorage)")).split())
        assert TYPED["email"] not in kept
        assert errors_of(page) == []
        await page.goto(up.live)
        await page.wait_for_timeout(800)
        assert await page.evaluate(EVENTS) == []


async def test_a_purchase_is_seen_live_and_is_in_the_table_without_what_was_typed(
    browser: Browser, up: Installed
) -> None:
    async with visitor(browser, "zh-CN") as page:
        live = await page.context.new_page()
        await live.goto(up.live)
        await page.goto(up.demo)
        await page.click("[data-act=accept]")
        await look_around(page)
        await buy(page)
        wanted = {"$page", "$click", "Products Searched", "Product Viewed", "Product Added", "Cart Viewed",
                  "Checkout Started", "$identify", "Order Completed", "Order Paid"}  # fmt: skip
        await until(live, EVENTS, lambda events: wanted <= set(events))
        assert errors_of(page) == []
        await page.evaluate("firsthand.flush()")
        check_rows(await stored_rows(up, wanted))
        await check_withdrawal(page)
    check_disk(up)


def numbers(rows: list[dict[str, Any]]) -> list[int]:
    return sorted({row["seq"] for row in rows if row["source_id"] == "shop"})


async def stored_rows(up: Installed, wanted: set[str]) -> list[dict[str, Any]]:
    """The rows once every wanted event is there, and no number below the last one is on its way."""
    deadline = time.monotonic() + 60
    while True:
        with Reader(StoreConfig(str(up.data))) as reader:
            rows = reader.query("select * from events order by event_time, seq").objects()
        there = numbers(rows)
        if wanted <= {row["event"] for row in rows} and there == list(range(len(there))):
            return rows
        assert time.monotonic() < deadline, [(row["event"], row["seq"]) for row in rows]
        await asyncio.sleep(0.3)


def check_rows(rows: list[dict[str, Any]]) -> None:
    assert len({row["anonymous_id"] for row in rows}) == 1  # the server's event joins the person
    paid, completed = (next(r for r in rows if r["event"] == e) for e in ("Order Paid", "Order Completed"))
    assert (paid["source_id"], completed["source_id"]) == ("orders", "shop")
    assert paid["user_id"] == completed["user_id"]
    assert '"order_id":"T-' in paid["properties"].replace(" ", "")
    identify = next(r for r in rows if r["event"] == "$identify")
    assert '"email":"p1.' in identify["traits"].replace(" ", "")
    paths = [r["page_path"] for r in rows if r["event"] == "$page"]
    assert "/demo/lookbook/rain" in paths
    assert any("q=" in (r["page_url"] or "") for r in rows if r["event"] == "$page")
    assert len(numbers(rows)) > 15


async def check_withdrawal(page: Page) -> None:
    sent = watch(page)
    await page.click("[data-act=withdraw]")
    await look_around(page)
    await page.evaluate("firsthand.flush()")  # what might still be sent would be sent now
    await page.wait_for_timeout(300)
    late = [r for r in sent if "/demo/search" in (r.post_data or "") or "$click" in (r.post_data or "")]
    assert late == []


def check_disk(up: Installed) -> None:
    """Nothing that was typed lies anywhere below the data directory or in what the processes said."""
    secrets = [value.encode() for name, value in TYPED.items() if name != "city"]
    files = [path for path in up.data.rglob("*") if path.is_file()]
    assert len(files) > 5
    for path in [*files, up.log]:
        content = path.read_bytes()
        assert not [s for s in secrets if s in content], path
