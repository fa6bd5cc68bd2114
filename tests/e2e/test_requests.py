"""The page Requests in Chromium over a whole installation: a person asks, officers press, the loader does."""

import json
import zipfile
from collections.abc import Iterator
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Browser, expect

from consent.console import users
from tests.consent.console.visitors import HASH
from tests.e2e.console import Bureau, Person
from tests.e2e.stack import Installation
from tests.stores import local_store

pytestmark = [pytest.mark.browser, pytest.mark.slow]
WAIT_MS = 90_000


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    made = Installation(
        local_store(tmp_path_factory.mktemp("requests") / "data"), {"FIRSTHAND_ERASE_GRACE_SECONDS": "0"}
    )
    made.source("shop", "--mode", "opt_out")
    made.begin()
    try:
        yield made
    finally:
        made.end()


def take_in(person: Person, kind: str, user: str) -> str:
    """A request, taken in and verified; its number."""
    page = person.page
    person.open("s/default/requests")
    page.select_option("#kind", kind)
    page.fill("#user_id", user)
    page.get_by_role("button", name="Take in").click()
    expect(page.get_by_text("Taken in; its clock runs.")).to_be_visible()
    page.locator("tr", has_text="identity not verified").locator("a").first.click()
    page.fill("#why-verify", "in person")
    page.get_by_role("button", name="Identity was verified").click()
    expect(page.get_by_text("Recorded.")).to_be_visible()
    return page.url.rpartition("/")[2]


def test_exported_and_erased_from_the_page(chromium: Browser, installation: Installation) -> None:
    events = [{"type": "track", "event": "Seen", "anonymousId": f"a-{u}", "userId": u} for u in ("u-ada", "u-bob")]
    body = json.dumps({"batch": events, "writeKey": installation.keys["shop"]}).encode()
    with urlopen(Request(f"{installation.base}/v1/batch", body, {"content-type": "text/plain"})) as answer:
        assert answer.status == 200
    installation.wait_rows("select * from events", 2)
    office = Bureau(installation.base, installation.store.data)
    with office.house.store.write() as connection:
        for role in ("privacy_officer", "approver"):
            users.create(connection, f"{role}@shop.example", [role], ["*"], 0, HASH)
    officer, approver = (office.inside(chromium, f"{r}@shop.example") for r in ("privacy_officer", "approver"))

    take_in(officer, "access", "u-ada")
    officer.page.click("#ask")
    expect(officer.page.locator("#download")).to_be_visible(timeout=WAIT_MS)
    with officer.page.expect_download() as got:
        officer.page.click("#download")
    with zipfile.ZipFile(got.value.path()) as file:
        assert [row["user_id"] for row in json.loads(file.read("events.json"))] == ["u-ada"]

    id = take_in(officer, "erase", "u-ada")
    expect(officer.page.get_by_text("You verified the identity")).to_be_visible()
    approver.open(f"s/default/requests/{id}")
    approver.page.click("#erase-now")
    expect(approver.page.get_by_text("Certificate in the ledger")).to_be_visible(timeout=WAIT_MS)
    assert [row["user_id"] for row in installation.rows("select user_id from events")] == ["u-bob"]
    assert json.loads(installation.run("dsr", "show", id, "--json"))["state"] == "done"
    assert list((installation.store.data / "exports").iterdir()) == [], "the file named her"
    assert officer.witness.complaints == approver.witness.complaints == []
    for person in (officer, approver):
        person.close()
    office.console.close()
