"""What a person's choice does in a real browser: above all, what must not happen.

The proxy sees every request, so "nothing was sent" means nothing, not even while a page was being closed.
"""

import time
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser

from tests.e2e.browser import until
from tests.e2e.shop import Visitor, visitor
from tests.e2e.stack import Installation

pytestmark = pytest.mark.browser

LONGER_THAN_THE_SDK_WAITS = 3_500  # ms; it collects events for three seconds before it sends them


def wander(person: Visitor) -> None:
    """Look at things, search, click, put something in the cart: everything that is tracked with consent."""
    person.go("/demo/?utm_source=mail")
    person.search("tea")
    person.follow("[data-track-sku=teapot]", "**/demo/product/teapot")
    person.page.click("[data-track=add-to-cart]")
    person.page.click("h1")
    person.page.wait_for_timeout(LONGER_THAN_THE_SDK_WAITS)


def remembered_choice(person: Visitor) -> list[str]:
    """The one thing that may be on a device without consent."""
    key = person.page.get_attribute("#sdk", "data-write-key")
    return [f"fh.{key}.consent"]


def test_before_a_choice_nothing_is_sent_and_nothing_is_kept(chromium: Browser, shop: Installation) -> None:
    with visitor(chromium, shop) as person:
        wander(person)
        assert person.page.is_visible("[data-act=accept]")
        assert person.sdk("firsthand.getAnonymousId()") is None
        assert person.sdk("firsthand.getSessionId()") is None
        assert person.sdk("firsthand.stats().held") > 0  # it does wait, in memory
        assert person.on_the_device() == []
        person.page.close()
    assert person.proxy.events() == []


def test_after_a_no_nothing_is_sent_and_only_the_no_is_kept(chromium: Browser, shop: Installation) -> None:
    with visitor(chromium, shop) as person:
        person.go()
        person.refuse()
        wander(person)
        assert not person.page.is_visible("[data-act=accept]")
        assert person.sdk("firsthand.stats().pending") == 0
        assert person.on_the_device() == remembered_choice(person)
        person.page.close()
    assert person.proxy.events() == []


def test_a_yes_sends_what_this_page_has_seen_and_nothing_of_earlier_ones(chromium: Browser, shop: Installation) -> None:
    with visitor(chromium, shop) as person:
        person.go("/demo/product/cup")
        person.follow("[data-track=open-cart]", "**/demo/cart")
        person.page.wait_for_timeout(300)
        asked = datetime.now(UTC)
        person.agree()
        person.page.click("h1")
        person.delivered()
        rows = person.rows(person.anonymous_id, 3)
    assert [row["event"] for row in rows] == ["$page", "Cart Viewed", "$click"]
    assert {row["page_path"] for row in rows} == {"/demo/cart"}
    seen = [datetime.fromisoformat(row["event_time"]) for row in rows]
    assert seen[0] < asked < seen[2]  # the times at which it happened, not at which it was allowed
    assert [row["seq"] for row in rows] == [0, 1, 2]


def test_a_yes_is_remembered(chromium: Browser, shop: Installation) -> None:
    with visitor(chromium, shop) as person:
        person.go()
        person.agree()
        person.page.reload()
        person.settled()
        assert not person.page.is_visible("[data-act=accept]")
        person.delivered()
        rows = person.rows(person.anonymous_id, 3)
        [cookie] = person.context.cookies()
    assert [row["event"] for row in rows] == ["$page", "$page_leave", "$page"]
    assert cookie["value"] == rows[0]["anonymous_id"]
    months = (cookie["expires"] - time.time()) / 86_400 / 30.4
    assert 12 < months <= 13.1


def test_withdrawing_stops_at_once_and_leaves_no_trace(chromium: Browser, shop: Installation) -> None:
    with visitor(chromium, shop) as person:
        person.go("/demo/product/cup")
        person.agree()
        person.delivered()
        before = person.anonymous_id
        sent = len(person.proxy.events())
        person.page.click("[data-track=add-to-cart]")  # waits for company, and is never sent
        person.withdraw()
        assert person.sdk("firsthand.getAnonymousId()") is None
        assert person.sdk("firsthand.stats().pending") == 0
        assert person.on_the_device() == remembered_choice(person)
        wander(person)
        assert person.on_the_device() == remembered_choice(person)
        person.page.close()
        assert len(person.proxy.events()) == sent
        rows = person.rows(before, 2)
    assert sorted(row["event"] for row in rows) == ["$page", "Product Viewed"]


def test_withdrawing_calls_back_what_is_on_its_way(chromium: Browser, shop: Installation) -> None:
    with visitor(chromium, shop) as person:
        person.go("/demo/product/cup")
        person.agree()
        person.delivered()
        before = person.anonymous_id
        person.proxy.slow = True
        with person.page.expect_request("**/v1/batch"):
            person.page.click("[data-track=add-to-cart]")
            person.sdk("void firsthand.flush()")
        person.withdraw()
        for _ in range(600):
            if person.witness.failures:
                break
            person.page.wait_for_timeout(100)
        person.proxy.slow = False
        person.page.wait_for_timeout(LONGER_THAN_THE_SDK_WAITS)
        assert [failed.failure for failed in person.witness.failures] == ["net::ERR_ABORTED"]
        *sent, called_back = (one.status for one in person.proxy.events())
        assert (set(sent), called_back) == ({200}, 0)  # what was agreed to may have gone in two batches
        rows = person.rows(before, 2)
    assert sorted(row["event"] for row in rows) == ["$page", "Product Viewed"]


def test_who_agrees_again_is_somebody_new(chromium: Browser, shop: Installation) -> None:
    with visitor(chromium, shop) as person:
        person.go("/demo/product/cup")
        person.agree()
        person.delivered()
        before, session = person.anonymous_id, person.sdk("firsthand.getSessionId()")
        person.withdraw()
        person.page.click("h1")  # happens under a no
        person.page.click("#privacy")
        person.agree()
        person.page.click("[data-track=add-to-cart]")
        person.delivered()
        assert person.anonymous_id != before
        # whoever clicks for a person may have to scroll, and that is an event too
        theirs = f"anonymous_id = '{person.anonymous_id}' and event <> '$scroll'"
        rows = shop.wait_rows(f"select * from events_raw where {theirs} order by seq", 2)
    assert [row["event"] for row in rows] == ["$click", "Product Added"]
    assert {row["session_id"] for row in rows}.isdisjoint({session})


def test_a_choice_in_one_tab_counts_in_the_other(chromium: Browser, shop: Installation) -> None:
    with visitor(chromium, shop) as person:
        person.go()
        person.agree()
        person.delivered()
        other = person.context.new_page()
        other.goto(f"{shop.base}/demo/product/cup")
        person.settled(other)
        other.evaluate("firsthand.flush()")
        person.withdraw()
        until(other, "firsthand.getAnonymousId() === null")
        sent = len(person.proxy.events())
        other.click("[data-track=add-to-cart]")
        other.wait_for_timeout(LONGER_THAN_THE_SDK_WAITS)
        assert person.on_the_device() == remembered_choice(person)
        assert len(person.proxy.events()) == sent
