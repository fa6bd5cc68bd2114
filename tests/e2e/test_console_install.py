"""The install verifier in Chromium: each fault is real, on a page that a browser visits, and the answer mends it.

The collector is one more origin, as in production; the site stands beside it and is served by the test.
"""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext

from consent.admin import policies
from consent.presets import preset
from tests.e2e.browser import FLAGS, Site, Witness, html, until
from tests.e2e.console import Bureau, Person, bureau, picture, serious

pytestmark = [pytest.mark.browser, pytest.mark.slow]

READY = "window.firsthand && firsthand.version"


class Boutique:
    """A source of its own with a policy of its own, and a page that has its snippet."""

    def __init__(self, office: Bureau, site: Site, admin: Person) -> None:
        self.office, self.site, self.admin = office, site, admin
        self.key = admin.page.inner_text("dl.facts dd code")

    def put(self, path: str, key: str = "", policy: str = "", banner: bool = False) -> str:
        """A page with the snippet under this key and with this content security policy; its address."""
        head = f'<script async src="{self.office.base}/sdk.js" data-write-key="{key or self.key}"></script>'
        if banner:
            head += f'<script async src="{self.office.base}/banner.js"></script>'
        self.site.pages[path] = html("<h1>Boutique</h1>", head)
        self.site.headers[path] = {"Content-Security-Policy": policy} if policy else {}
        return self.site.base + path

    def findings(self, address: str) -> dict[str, str]:
        """What the verifier says of a page: texts, with their outcome."""
        page = self.admin.page
        page.fill("#address", address)
        page.evaluate("document.getElementById('findings').dataset.old = '1'")
        page.click("form[action$='/verify'] button")
        page.wait_for_selector("#findings:not([data-old]) li")
        found = page.locator("#findings li")
        return {item.inner_text().strip(): item.get_attribute("class") or "" for item in found.all()}

    def wait_for(self, address: str, enough: Callable[[dict[str, str]], bool]) -> dict[str, str]:
        """Look until it says so: counts are seconds behind."""
        deadline = time.monotonic() + 60
        while not enough(found := self.findings(address)):
            assert time.monotonic() < deadline, found
        return found


@pytest.fixture(scope="module")
def boutique(tmp_path_factory: pytest.TempPathFactory, chromium: Browser) -> Iterator[Boutique]:
    site = Site({})
    with bureau(tmp_path_factory.mktemp("install") / "data", days=1) as office:
        with office.house.store.write() as connection:
            author, other = (office.house.admin(name, time.time()) for name in ("author", "other"))
            draft = policies.save_draft(connection, author, "boutique", preset(), "The shipped policy")
            policies.submit(connection, author, "boutique", draft.id)
            policies.publish(connection, other, "boutique", draft.id)
        admin = office.inside(chromium, "admin@shop.example")
        admin.witness.excused = ("404 (Not Found)",)  # the page asks with a key that the workers read a second later
        admin.open("sources")
        for name, value in (("id", "boutique"), ("site", "boutique"), ("origins", site.base)):
            admin.page.fill(f"#{name}", value)
        admin.page.select_option("#mode", "opt_in")
        admin.page.click("button:has-text('Add a source')")
        admin.page.wait_for_url("**/sources/boutique?said=saved")
        yield Boutique(office, site, admin)
        assert admin.witness.unexcused() == []
        admin.close()
    site.close()


def visited(chromium: Browser, address: str) -> tuple[BrowserContext, Witness]:
    """Somebody opens the page; its scripts have loaded, or were kept from it."""
    context = chromium.new_context()
    witness = Witness().watch(context)
    context.new_page().goto(address)
    return context, witness


def test_a_content_security_policy_that_blocks_and_what_to_add(chromium: Browser, boutique: Boutique) -> None:
    address = boutique.put("/csp", policy="default-src 'self'", banner=True)
    context, witness = visited(chromium, address)
    assert not context.pages[0].evaluate(READY)
    assert any("Content Security Policy" in said for said in witness.complaints)
    context.close()
    found = boutique.findings(address)
    wrong = [text for text, outcome in found.items() if outcome == "bad"]
    assert [text.partition("\n")[0] for text in wrong] == [
        "The page's content security policy blocks the script.",
        "The page's content security policy blocks sending.",
    ]
    assert serious(boutique.admin.page) == []
    picture(boutique.admin.page, "install-csp")
    add = "; ".join(text.partition("Add to it: ")[2] for text in wrong)
    assert boutique.office.base in add
    mended = boutique.put("/csp", policy=f"default-src 'self'; {add}; style-src 'unsafe-inline'", banner=True)
    context, witness = visited(chromium, mended)
    until(context.pages[0], READY)
    assert [said for said in witness.complaints if "script" in said or "connect" in said] == []
    context.close()
    assert "The page's content security policy lets the SDK load and send." in boutique.findings(mended)


def test_a_wrong_key_and_another_sources(chromium: Browser, boutique: Boutique) -> None:
    address = boutique.put("/key", key="fh_" + "z" * 24)
    context, _ = visited(chromium, address)
    page = context.pages[0]
    until(page, READY)
    with page.expect_response(lambda answer: "/v1/batch" in answer.url and answer.request.method == "POST") as refused:
        page.evaluate("firsthand.consent.set({ analytics: true }); firsthand.track('Seen'); firsthand.flush()")
    assert refused.value.status in (401, 403, 404), "nothing of it is taken"
    context.close()
    found = boutique.findings(address)
    bad = [text.partition("\n")[0] for text, outcome in found.items() if outcome == "bad"]
    # what the visits of other tests were shown counts for the source all day
    assert [text for text in bad if not text.startswith("Blocked by consent")] == [
        "The write key is unknown here.",
        "No consent banner in the page.",
    ]
    other = boutique.findings(boutique.put("/other", key="fh_" + "k" * 24))
    assert any(text.startswith("The write key is that of the source shop.") for text in other)
    assert "The write key is this source's." in boutique.findings(boutique.put("/right"))


def test_blocked_by_consent(chromium: Browser, boutique: Boutique) -> None:
    """An SDK that waits sends nothing that could be refused; what was shown and not agreed to tells."""
    address = boutique.put("/silent")
    context, witness = visited(chromium, address)
    until(context.pages[0], f"{READY} && firsthand.consent.get().policy.site === 'boutique'")
    assert witness.to("/v1/batch") == [], "nobody asks, so nothing leaves the browser"
    context.close()
    found = boutique.findings(address)
    assert [outcome for text, outcome in found.items() if text.startswith("No consent banner")] == ["bad"]
    context, witness = visited(chromium, boutique.put("/asks", banner=True))
    page = context.pages[0]
    page.locator("[data-act=accept]").wait_for()
    assert page.evaluate("firsthand.consent.get().preferences") is None, "nobody has chosen"
    assert witness.to("/v1/batch") == [], "nothing leaves the browser"
    found = boutique.wait_for(address, lambda said: any(text.startswith("Blocked by consent") for text in said))
    assert [outcome for text, outcome in found.items() if text.startswith("Blocked by consent")] == ["bad"]
    picture(boutique.admin.page, "install-consent")
    page.click("[data-act=accept]")
    page.evaluate("firsthand.flush()")
    agreed = boutique.wait_for(address, lambda said: "Events that arrived today: 0" not in said)
    assert not any(text.startswith("Blocked by consent") for text in agreed)
    context.close()


BLOCKER = {
    "manifest.json": {
        "name": "A blocker", "version": "1", "manifest_version": 3, "permissions": ["declarativeNetRequest"],
        "declarative_net_request": {"rule_resources": [{"id": "list", "enabled": True, "path": "list.json"}]},
    },
    "list.json": [
        {"id": number, "action": {"type": "block"}, "condition": {"urlFilter": one}}
        for number, one in enumerate(("/sdk.js", "/v1/batch"), 1)
    ],
}  # fmt: skip


def test_an_ad_blocker_that_is_really_there(chromium: Browser, boutique: Boutique, tmp_path: Path) -> None:
    """An extension of this browser blocks by a list, as ad blockers do; without it the same page has nothing to say."""
    for name, content in BLOCKER.items():
        (tmp_path / name).write_text(json.dumps(content))
    admin = boutique.admin
    admin.open("sources/boutique")
    here = admin.page.locator("#here li")
    here.wait_for()
    assert (here.get_attribute("class"), "no ad blocker" in here.inner_text()) == ("good", True)
    context = chromium.browser_type.launch_persistent_context(
        str(tmp_path / "profile"), executable_path="/usr/bin/chromium", ignore_default_args=["--disable-extensions"],
        args=[*FLAGS, f"--load-extension={tmp_path}", f"--disable-extensions-except={tmp_path}",
              "--disable-features=DisableLoadExtensionCommandLineSwitch"],
    )  # fmt: skip
    try:
        cookie = {"name": "firsthand_console", "value": boutique.office.token("admin@shop.example"),
                  "url": boutique.office.base}  # fmt: skip
        context.add_cookies([cookie])  # type: ignore[list-item]
        page = context.new_page()
        page.goto(f"{boutique.office.base}/console/sources/boutique")
        found = page.locator("#here li")
        found.wait_for()
        assert found.get_attribute("class") == "bad"
        assert "most likely an ad blocker" in found.inner_text()
        assert "Blocked: /sdk.js /v1/batch" in found.inner_text()
        picture(page, "install-blocker")
        witness = Witness().watch(context)
        page.goto(boutique.put("/blocked"))
        assert not page.evaluate(READY)
        assert any("ERR_BLOCKED_BY_CLIENT" in said for said in witness.complaints)
    finally:
        context.close()
