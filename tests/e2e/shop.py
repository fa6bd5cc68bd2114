"""People in the demo shop: what they do there, said once, in the words of the tests."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.e2e.browser import Witness, delivered, until
from tests.e2e.proxy import VisitorProxy
from tests.e2e.stack import Installation, Row
from tests.stores import local_store

SHOP = Path(__file__).parents[2] / "examples" / "shop"
SETTINGS = {"FIRSTHAND_TRUSTED_PROXIES": "127.0.0.1"}
SOMEWHERE = "180.101.50.242"


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """The shop on a running local installation, for tests that do not depend on the store."""
    stack = Installation(local_store(tmp_path_factory.mktemp("shop") / "data"), SETTINGS)
    stack.begin("--demo", str(SHOP))
    try:
        yield stack
    finally:
        stack.end()


@dataclass
class Buyer:
    """What a person types at the checkout."""

    name: str = "Quxi Zhenghaoran"
    email: str = "quxi.zhenghaoran@post.example.test"
    phone: str = "+86 139 1234 5678"
    address: str = "17 Plumblossom Lane"
    city: str = "Kilnbury"
    postcode: str = "QK7 3ZZ"


@dataclass
class Visitor:
    """One person with a browser of her own, behind a proxy that says where she calls from."""

    shop: Installation
    context: BrowserContext
    proxy: VisitorProxy
    witness: Witness
    page: Page

    def go(self, path: str = "/demo/") -> None:
        """Type an address of the shop and wait until it and the SDK are there."""
        self.page.goto(f"{self.shop.base}{path}")
        self.settled()

    def settled(self, page: Page | None = None) -> None:
        """The page is drawn and the SDK has taken over from its stub."""
        page = page or self.page
        page.wait_for_selector("footer")
        until(page, "window.firsthand && window.firsthand.version")

    def agree(self) -> None:
        self.page.click("[data-act=accept]")

    def refuse(self) -> None:
        self.page.click("[data-act=reject]")

    def withdraw(self) -> None:
        """On any page, one click, as giving was."""
        self.page.click("[data-act=withdraw]")

    def search(self, words: str) -> None:
        self.page.fill("input[name=q]", words)
        self.page.click("[data-track=search]")
        self.page.wait_for_url("**/demo/search?**")
        self.settled()

    def follow(self, selector: str, url: str) -> None:
        """Click a link and wait for where it leads."""
        self.page.click(selector)
        self.page.wait_for_url(url)
        self.settled()

    def pay(self, buyer: Buyer) -> None:
        for name, value in vars(buyer).items():
            self.page.fill(f"input[name={name}]", value)
        self.follow("[data-track=pay]", "**/demo/thanks")

    def sdk(self, expression: str) -> Any:
        """The value of an expression about the SDK, `firsthand`."""
        return self.page.evaluate(expression)

    @property
    def anonymous_id(self) -> str:
        found = self.sdk("firsthand.getAnonymousId()")
        assert isinstance(found, str)
        return found

    def delivered(self, page: Page | None = None) -> None:
        """Everything that was captured has been confirmed by the collector."""
        delivered(page or self.page)

    def on_the_device(self) -> list[str]:
        """Names of all that the SDK keeps on the device: storage and cookies."""
        state = self.context.storage_state(indexed_db=True)
        names = [cookie["name"] for cookie in state.get("cookies", [])]
        for origin in state.get("origins", []):
            names += [item["name"] for item in origin["localStorage"]]
            names += [f"indexedDB {base['name']}" for base in origin.get("indexedDB", [])]
        for page in self.context.pages:
            names += page.evaluate("Object.keys(sessionStorage)")
        return sorted(name for name in names if not name.startswith("fern."))  # the shop's own cart and language

    def rows(self, anonymous_id: str, count: int) -> list[Row]:
        """This person's rows as they were written, once there are so many, by number in the session."""
        sql = f"select * from events_raw where source_id = 'shop' and anonymous_id = '{anonymous_id}' order by seq"
        return self.shop.wait_rows(sql, count)


@contextmanager
def visitor(browser: Browser, shop: Installation, calls_from: str = SOMEWHERE, **context: Any) -> Iterator[Visitor]:
    """A person who has never been here. Fails if her pages complain or ask for anything elsewhere."""
    options: dict[str, Any] = {"locale": "en-GB", "timezone_id": "Europe/London", **context}
    with VisitorProxy(calls_from) as proxy:
        opened = browser.new_context(proxy={"server": proxy.address}, **options)
        try:
            witness = Witness().watch(opened)
            yield Visitor(shop, opened, proxy, witness, opened.new_page())
        finally:
            opened.close()
    assert witness.unexcused() == []
    assert proxy.refused == []
    assert witness.hosts() <= {"127.0.0.1"}
