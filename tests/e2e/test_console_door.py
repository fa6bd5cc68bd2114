"""The console's door in Chromium: the first user, a session that was planted, a provider of logins, and guessing.

A collector that nobody has entered yet, with an OpenID provider beside it: real redirects between two sites, with the
cookies that a browser keeps or withholds.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.collector.live.harness import free_port, served
from tests.consent.console.provider import CLIENT, SECRET, Provider
from tests.consent.console.visitors import PASSWORD
from tests.e2e.browser import Witness
from tests.e2e.console import SIZE, picture, serious

pytestmark = [pytest.mark.browser, pytest.mark.slow]

EMPTY = ("s/default/policy", "s/default/map", "s/default/ledger", "s/default/requests", "s/default/simulator",
         "s/default/pii", "live", "sources", "health", "tokens", "s/default/audit", "s/default/overview")  # fmt: skip


@contextmanager
def settings(**given: str) -> Iterator[None]:
    names = {f"FIRSTHAND_{name.upper()}": value for name, value in given.items()}
    os.environ.update(names)
    try:
        yield
    finally:
        for name in names:
            del os.environ[name]


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory, provider: Provider) -> Iterator[tuple[str, Path]]:
    """A collector's address and data; nobody may enter yet."""
    data, port = tmp_path_factory.mktemp("door") / "data", str(free_port())
    base = f"http://127.0.0.1:{port}"
    oidc = {"oidc_issuer": provider.issuer, "oidc_client_id": CLIENT, "oidc_client_secret": SECRET}
    with settings(public_url=base, **oidc), served(data, port):
        yield base, data


def leave(page: Page) -> None:
    page.click(".menu.right summary")
    page.click(".menu.right button")
    page.wait_for_url("**/console/login")


def test_the_first_user_a_planted_session_a_provider_and_guessing(
    chromium: Browser, fresh: tuple[str, Path], provider: Provider
) -> None:
    base, data = fresh
    context = chromium.new_context(viewport=SIZE, locale="en-GB")
    witness = Witness(excused=("401 (Unauthorized)", "403 (Forbidden)", "429")).watch(context)
    page = context.new_page()

    # Nobody yet: the page says where the link is; the link makes one administrator, once
    page.goto(f"{base}/console")
    expect(page.locator("main")).to_contain_text("console-setup-token")
    assert serious(page) == []
    picture(page, "first")
    link = f"{base}/console/setup?token={(data / 'keys' / 'console-setup-token').read_text().strip()}"
    context.add_cookies([{"name": "firsthand_console", "value": "planted-by-an-attacker", "url": base}])
    page.goto(link)
    assert serious(page) == []
    picture(page, "setup")
    for name, value in (("login", "anna@shop.example"), ("password", PASSWORD), ("again", PASSWORD)):
        page.fill(f"#{name}", value)
    page.click("button:has-text('Create')")
    expect(page.locator("h1")).to_have_text("Overview")
    for path in EMPTY:
        page.goto(f"{base}/console/{path}")
        texts = page.locator(".empty p").all_inner_texts()
        assert len(texts) >= 2 and all(texts), f"{path}: what is missing here, and what to do"
        picture(page, f"empty-{path.rpartition('/')[2]}")
    session = next(one for one in context.cookies() if one.get("name") == "firsthand_console")
    assert session.get("value") != "planted-by-an-attacker", "session fixation: always a new one"
    assert (session.get("httpOnly"), session.get("sameSite")) == (True, "Strict")
    other = chromium.new_context()
    late = other.new_page()
    late.goto(link)
    expect(late.locator("h1")).not_to_have_text("Overview")
    assert late.locator("#password").count() == 0, "the link works once"
    other.close()

    # Through the provider, there and back between two origins, to where one wanted to go
    leave(page)
    page.goto(f"{base}/console/users")
    page.click("a:has-text('Log in with your organisation')")
    page.wait_for_url("**/console/users")
    expect(page.locator("main tbody").first).to_contain_text("anna@shop.example")
    leave(page)
    provider.who = {"sub": "666", "email": "stranger@shop.example", "email_verified": True}
    page.click("a:has-text('Log in with your organisation')")
    expect(page.locator("main")).to_contain_text("Nobody here has this mail address")
    picture(page, "oidc-unknown")

    # Guessing: after some tries the page says how long to wait, to a person who can read
    page.goto(f"{base}/console/login")
    for _ in range(6):
        page.fill("#login", "anna@shop.example")
        page.fill("#password", "a wrong sentence")
        with page.expect_navigation():
            page.click("button:has-text('Log in')")
    expect(page.locator("[role=alert]")).to_have_text(re.compile(r"Too many tries\. Wait \d+ seconds\."))
    assert serious(page) == []
    picture(page, "login-wait")
    assert witness.unexcused() == []
    context.close()
