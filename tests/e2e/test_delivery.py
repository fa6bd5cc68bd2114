"""Events get through real browsers and bad lines: once each, with their own times, whatever the page does."""

import json
import random
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser

from tests.e2e.browser import Site, html, until
from tests.e2e.proxy import Fault
from tests.e2e.shop import Visitor, visitor
from tests.e2e.stack import Installation, Row

pytestmark = pytest.mark.browser

NO_LINE = "Failed to load resource"  # what the browser writes on the console by itself when a request fails
ADD = "[data-track=add-to-cart]"  # one click here is two events: the click, and what the shop says it means


def arrive(person: Visitor, path: str = "/demo/product/cup") -> str:
    """A person who has agreed, and of whom nothing is on the way; her anonymous id."""
    person.go(path)
    person.agree()
    person.delivered()
    return person.anonymous_id


def sent_ids(person: Visitor) -> list[str]:
    """The ids of all events in all requests that came by, repeats included."""
    batches = [json.loads(one.body)["batch"] for one in person.proxy.events()]
    return [message["messageId"] for batch in batches for message in batch]


def assert_whole(rows: list[Row], count: int) -> None:
    """So many different events, numbered from 0 without gap or repeat."""
    assert [row["seq"] for row in rows] == list(range(count))
    assert len({row["event_id"] for row in rows}) == count


def test_the_click_that_leaves_the_site_is_there(chromium: Browser, shop: Installation) -> None:
    site = Site({"/": html("<h1>Elsewhere</h1>")})
    try:
        with visitor(chromium, shop) as person:
            me = arrive(person)
            person.page.evaluate(
                "to => document.querySelector('main').insertAdjacentHTML('afterbegin', `<a id=away href=${to}>Go</a>`)",
                f"{site.base}/",
            )
            person.page.click("#away")
            person.page.wait_for_url(f"{site.base}/")
            rows = person.rows(me, 5)
    finally:
        site.close()
    seen = [row["event"] for row in rows]
    assert sorted(seen[:2]) == ["$page", "Product Viewed"]  # a view waits for its title, the shop does not
    assert seen[2:] == ["$click", "$outbound", "$page_leave"]
    assert_whole(rows, 5)


def test_without_a_network_events_wait_and_then_go_once(chromium: Browser, shop: Installation) -> None:
    with visitor(chromium, shop) as person:
        me = arrive(person)
        sent = len(person.proxy.events())
        person.context.set_offline(True)
        for _ in range(2):  # a third one might be a rage click, or not, by how quick this machine is
            person.page.click(ADD)
        person.page.wait_for_timeout(2_500)
        back = datetime.now(UTC)
        assert len(person.proxy.events()) == sent
        assert person.sdk("firsthand.stats().pending") == 4
        person.context.set_offline(False)
        person.delivered()
        rows = person.rows(me, 6)
        assert len(sent_ids(person)) == 6
    assert_whole(rows, 6)
    assert all(datetime.fromisoformat(row["event_time"]) < back for row in rows)
    assert all(datetime.fromisoformat(row["sent_at"]) > back for row in rows[2:])


WAIT = (("Retry-After", "1"),)
PORTAL = b"<!doctype html><title>Please log in</title>"
# What a collector, or who stands before it, may do to a batch; with `arrives` it was taken all the same
FAULTS = (
    Fault(0), Fault(0, arrives=True), Fault(500), Fault(500, arrives=True), Fault(503, WAIT), Fault(429, WAIT),
    Fault(502, body=PORTAL, arrives=True), Fault(200, body=PORTAL), Fault(200, body=b"", arrives=True),
    Fault(200, body=b'{"success":tr', arrives=True), Fault(408),
)  # fmt: skip


def _through(chromium: Browser, shop: Installation, faults: Sequence[Fault]) -> tuple[int, int, int]:
    """A click for each fault, sent until it is through; events, how many were lost and how many came twice."""
    with visitor(chromium, shop) as person:
        person.witness.excused = (NO_LINE, "ERR_")
        me = arrive(person)
        for n, fault in enumerate(faults):
            person.proxy.faults.append(fault)
            person.sdk(f"firsthand.track('Tried', {{ n: {n} }})")
            person.sdk("firsthand.flush(20)")
            until(person.page, "firsthand.stats().pending === 0", 60)
            assert person.proxy.faults == []
        repeated = sent_ids(person)
        assert len(repeated) - len(set(repeated)) == len(faults)  # each was sent again, and under its own id
        person.sdk("firsthand.track('End')")  # comes after all repeats: then they have been loaded as well
        person.delivered()
        rows = person.rows(me, len(faults) + 3)
    rows = [row for row in rows if row["event"] == "Tried"]
    tried = [json.loads(row["properties"])["n"] for row in rows]
    return len(faults), len(faults) - len(set(tried)), len(tried) - len(set(tried))


def test_whatever_the_collector_answers_nothing_is_lost_and_nothing_doubled(
    chromium: Browser, shop: Installation
) -> None:
    assert _through(chromium, shop, FAULTS) == (len(FAULTS), 0, 0)


@pytest.mark.slow
@pytest.mark.timeout(1_200)
def test_a_hundred_bad_answers_and_some_that_never_come(chromium: Browser, shop: Installation) -> None:
    chance = random.Random(4)
    faults = [chance.choice(FAULTS) for _ in range(100)] + [Fault(-1), Fault(-1, arrives=True)]
    events, lost, doubled = _through(chromium, shop, faults)
    print(f"{events} bad answers: {lost} events lost, {doubled} doubled")
    assert (lost, doubled) == (0, 0)


def test_what_a_closed_tab_could_not_send_the_next_one_does(chromium: Browser, shop: Installation) -> None:
    with visitor(chromium, shop) as person:
        person.witness.excused = (NO_LINE,)
        me = arrive(person)
        person.proxy.down = True
        person.page.click(ADD)
        person.page.close()
        person.proxy.down = False
        person.page = person.context.new_page()
        person.go("/demo/cart")
        person.delivered()
        rows = person.rows(me, 7)
    assert [row["page_path"] for row in rows] == ["/demo/product/cup"] * 5 + ["/demo/cart"] * 2
    assert rows[4]["event"] == "$page_leave"
    assert_whole(rows, 7)


def test_two_tabs_are_one_session_without_repeats(chromium: Browser, shop: Installation) -> None:
    with visitor(chromium, shop) as person:
        me = arrive(person)
        other = person.context.new_page()
        other.goto(f"{shop.base}/demo/product/bowl")
        person.settled(other)
        for _ in range(2):
            for page in (person.page, other):
                page.click(ADD)
        for page in (person.page, other):
            person.delivered(page)
        rows = person.rows(me, 12)
    assert len({row["event_id"] for row in rows}) == 12
    assert len({row["session_id"] for row in rows}) == 1
    assert {row["seq"] for row in rows} == set(range(12))
    by_page = [row["page_path"] for row in rows]
    assert by_page.count("/demo/product/cup") == by_page.count("/demo/product/bowl") == 6


def test_each_time_a_page_is_shown_is_one_view(chromium: Browser, shop: Installation) -> None:
    with visitor(chromium, shop) as person:
        me = arrive(person, "/demo/")
        person.follow("nav a[href='/demo/lookbook']", "**/demo/lookbook")
        person.follow("[data-track=lookbook-next]", "**/demo/lookbook/rain")
        person.follow("[data-track=lookbook-next]", "**/demo/lookbook/evening")
        captured = person.sdk("firsthand.stats().captured")
        person.page.go_back()
        until(person.page, f"firsthand.stats().captured > {captured + 1}")  # one left, another shown
        person.page.reload()
        person.settled()
        person.page.go_back()
        person.settled()
        person.page.evaluate("location.hash = 'below'")  # the same page
        person.page.wait_for_timeout(150)
        person.delivered()
        rows = [row for row in person.rows(me, 16) if row["event"] == "$page"]
    assert [row["page_path"].removeprefix("/demo/") for row in rows] == [
        "", "lookbook", "lookbook/rain", "lookbook/evening", "lookbook/rain", "lookbook/rain", "lookbook",
    ]  # fmt: skip
