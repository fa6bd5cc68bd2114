"""Segment's browser client (npm, bundled as a site would) in Chromium, on a site of another origin.

All a site has to change is where the client asks for its settings: `cdnURL`. The settings that we answer there say
where to send, and that nothing goes to anybody else. Pasting the same settings into the page works too.
"""

import json
import subprocess
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.e2e.browser import JS, Site, Witness, html
from tests.e2e.stack import Installation, Row, of_source, one_of

ROOT = Path(__file__).parents[2]
SOURCE = "segment-browser"
MAIL = "mei.lin@example.test"
PERSON = "customer-17"
TELEMETRY_MS = 60_000  # the client reports about itself every 30 s, if it is not told to leave it

pytestmark = pytest.mark.browser

# Each call resolves to a context that knows the message; `names` keeps what we call it
CALLS = """async ({ options, person, mail, ticks }) => {
  const analytics = AnalyticsBrowser.load(...options);
  const choice = (given) => ({ context: { consent: { categoryPreferences: { analytics: given } } } });
  const sent = {};
  const keep = async (name, call) => { sent[name] = (await call).event.messageId; };
  await keep('anonymous', analytics.track('Looked', { shelf: 3 }));
  await keep('page', analytics.page('Docs', 'Install', { topic: 'pots' }));
  await keep('identify', analytics.identify(person, { email: mail, plan: 'pro' }));
  await keep('track', analytics.track('Order Completed', { total: 42.5, items: [{ sku: 'cup' }] }));
  await keep('screen', analytics.screen('Main', 'Cart', { items: 2 }));
  await keep('group', analytics.group('company-3', { seats: 12 }));
  await keep('alias', analytics.alias(person, 'anonymous-9'));
  await keep('granted', analytics.track('Agreed', {}, choice(true)));
  await keep('denied', analytics.track('Refused', {}, choice(false)));
  for (let n = 0; n < ticks; n++) await keep(`tick ${n}`, analytics.track('Ticked', { n }));
  return { sent, anonymousId: (await analytics.user()).anonymousId() };
}"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A page that holds the client, and nothing else."""
    bundle = tmp_path_factory.mktemp("bundle") / "segment.js"
    entry = ROOT / "tests" / "integration" / "clients" / "segment_browser.js"
    subprocess.run(
        [ROOT / "node_modules" / ".bin" / "esbuild", entry, "--bundle", "--format=iife", "--log-level=error",
         '--define:process.env.NODE_ENV="production"', f"--outfile={bundle}"],
        check=True, cwd=ROOT,
    )  # fmt: skip
    made = Site({
        "/kettles": html("<h1>Kettles</h1>", '<script src="/segment.js"></script>', "Kettles of the week"),
        "/segment.js": (JS, bundle.read_bytes()),
    })  # fmt: skip
    try:
        yield made
    finally:
        made.close()


@dataclass
class Sent:
    """What the page sent, its rows, and what else the page did."""

    ids: dict[str, str]
    anonymous_id: str
    rows: dict[str, Row]
    bad: list[Row]
    witness: Witness
    page: str

    def row(self, name: str) -> Row:
        return self.rows[self.ids[name]]


def load_by_url(stack: Installation, write_key: str) -> list[Any]:
    return [{"writeKey": write_key, "cdnURL": stack.base}]


def load_with_pasted_settings(stack: Installation, write_key: str) -> list[Any]:
    with urllib.request.urlopen(f"{stack.base}/v1/projects/{write_key}/settings", timeout=60) as answer:
        settings = json.load(answer)
    batching = {"integrations": {"Segment.io": {"deliveryStrategy": {"strategy": "batching"}}}}
    return [{"writeKey": write_key, "cdnSettings": settings}, batching]


@pytest.fixture(scope="module", params=[load_by_url, load_with_pasted_settings], ids=["cdnURL", "pasted, batching"])
def sent(request: pytest.FixtureRequest, installation: Installation, site: Site, chromium: Browser) -> Sent:
    """All calls, once for all tests, in a browser without a history."""
    options = request.param(installation, installation.keys[SOURCE])
    address = f"{site.base}/kettles?utm_source=mail&utm_campaign=autumn&token=abcdef"
    with chromium.new_context(locale="de-DE", timezone_id="Europe/Berlin") as context:
        witness = Witness().watch(context)
        page = context.new_page()
        page.clock.install()
        page.goto(address, referer="https://search.example/find?q=private")
        done = page.evaluate(CALLS, {"options": options, "person": PERSON, "mail": MAIL, "ticks": 20})
        ids = list(done["sent"].values())
        # the page stays open while its client delivers in the background
        bad = installation.wait_rows(of_source("bad_events", SOURCE, one_of("message_id", ids)), 1)
        rows = installation.wait_rows(of_source("events_raw", SOURCE, one_of("event_id", ids)), len(ids) - 1)
        page.clock.fast_forward(TELEMETRY_MS)
        page.wait_for_timeout(100)
    by_id = {row["event_id"]: row for row in rows}
    assert len(by_id) == len(rows) == len(ids) - 1
    return Sent(done["sent"], done["anonymousId"], by_id, bad, witness, site.base)


NAMES = {
    "anonymous": ("track", "Looked"), "page": ("page", "$page"), "identify": ("identify", "$identify"),
    "track": ("track", "Order Completed"), "screen": ("screen", "$page"), "group": ("group", "$group"),
    "alias": ("alias", "$alias"), "granted": ("track", "Agreed"),
}  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_every_call_is_one_row_with_its_surroundings(sent: Sent, name: str) -> None:
    row = sent.row(name)
    assert (row["type"], row["event"]) == NAMES[name]
    assert row["anonymous_id"] == sent.anonymous_id
    assert row["user_id"] == (None if name in ("anonymous", "page") else PERSON)
    assert row["lib_name"] == "analytics.js"
    assert row["page_url"] == f"{sent.page}/kettles?utm_source=mail&utm_campaign=autumn"
    assert (row["page_path"], row["page_title"]) == ("/kettles", "Kettles of the week")
    assert (row["utm_source"], row["utm_campaign"]) == ("mail", "autumn")
    assert (row["browser"], row["os"], row["device_type"], row["is_bot"]) == ("Chrome", "Windows", "desktop", False)
    assert (row["locale"], row["timezone"], row["platform"]) == ("de-DE", "Europe/Berlin", "web")
    assert row["ip_truncated"] == "127.0.0.0"


def test_what_was_said_is_kept(sent: Sent) -> None:
    assert json.loads(sent.row("track")["properties"]) == {"total": 42.5, "items": [{"sku": "cup"}]}
    assert json.loads(sent.row("group")["properties"]) == {"groupId": "company-3"}
    assert json.loads(sent.row("group")["traits"]) == {"seats": 12}
    page = json.loads(sent.row("page")["properties"])
    assert (page["name"], page["category"], page["topic"]) == ("Install", "Docs", "pots")


def test_ticks_arrive_once_and_in_order(sent: Sent) -> None:
    ticks = [json.loads(row["properties"])["n"] for row in sent.rows.values() if row["event"] == "Ticked"]
    assert ticks == list(range(20))


def test_no_address_and_no_secret_of_the_page_is_kept(sent: Sent) -> None:
    identify = sent.row("identify")
    assert json.loads(identify["traits"])["email"].startswith(f"p1.{identify['pii_kid']}.")
    kept = json.dumps([*sent.rows.values(), *sent.bad], default=str)
    for secret in (MAIL, "abcdef", "q=private"):
        assert secret not in kept


def test_a_stated_choice_counts(sent: Sent) -> None:
    assert sent.row("granted")["consent_purposes"] == ["analytics"]
    assert [(row["message_id"], row["reason"]) for row in sent.bad] == [(sent.ids["denied"], "no_consent")]


def test_the_page_talks_to_itself_and_us_alone(sent: Sent, installation: Installation) -> None:
    assert sent.witness.hosts() == {"127.0.0.1"}
    origins = {request.url.split("/", 3)[2] for request in sent.witness.requests}
    assert origins == {part.split("/")[2] for part in (installation.base, sent.page)}
    assert sent.witness.complaints == []
