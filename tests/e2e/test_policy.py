"""A published policy, visitors from Germany and China in the demo shop, two workers, rows in Iceberg, and only those.

What is asserted is what must be there and what must not: the proxy sees every request, the tables every row.
"""

import http.client
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.e2e.browser import until
from tests.e2e.shop import SETTINGS, SHOP, Visitor, visitor
from tests.e2e.stack import Installation, Row
from tests.stores import local_store

pytestmark = pytest.mark.browser

GERMANY, CHINA, AMERICA = "5.9.0.1", "114.114.114.114", "8.8.8.8"
SECONDS = 60.0  # in which every worker must have heard; at rest it takes one, the time between two looks


@pytest.fixture(scope="module")
def ruled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """The shop with two workers, under the shipped policy."""
    stack = Installation(local_store(tmp_path_factory.mktemp("ruled") / "data"), {**SETTINGS, "FIRSTHAND_WORKERS": "2"})
    stack.run("consent", "publish")
    stack.begin("--demo", str(SHOP))
    sources = json.loads((stack.data / "sources.json").read_text())
    stack.keys |= {source["id"]: source["write_key"] for source in sources}
    try:
        yield stack
    finally:
        stack.end()


def receipts(person: Visitor) -> list[Any]:
    return [json.loads(p.body) for p in person.proxy.passed if p.path == "/v1/consent/receipts"]


def recorded(person: Visitor, count: int = 1) -> None:
    """The collector has confirmed so many choices of this person."""
    deadline = time.monotonic() + SECONDS
    while len([p for p in person.proxy.passed if p.path == "/v1/consent/receipts" and p.status == 201]) < count:
        assert time.monotonic() < deadline, person.proxy.passed
        person.page.wait_for_timeout(50)


def policy_is_there(person: Visitor) -> None:
    until(person.page, "!!firsthand.consent.get().policy.policyVersion")


def rows_of(stack: Installation, anonymous_id: str, count: int) -> list[Row]:
    return stack.wait_rows(f"select * from events where anonymous_id = '{anonymous_id}' order by seq", count)


def send(stack: Installation, sample: Any, calls_from: str = GERMANY, **changes: Any) -> str:
    """An event as `sample`, a message that a page sent, over a connection of its own: one worker or the other."""
    message = sample | {"messageId": f"again-{time.monotonic_ns()}", "originalTimestamp": None} | changes
    message["timestamp"] = datetime.now(UTC).isoformat()
    body = json.dumps({"batch": [{k: v for k, v in message.items() if v is not None}], "writeKey": stack.keys["shop"]})
    connection = http.client.HTTPConnection("127.0.0.1", stack.port, timeout=60)
    try:
        connection.request("POST", "/v1/batch", body, {"X-Forwarded-For": calls_from, "Connection": "close"})
        answer = json.loads(connection.getresponse().read())
    finally:
        connection.close()
    return "accepted" if answer["accepted"] else str(answer["rejected"][0]["reason"])


def heard_by_all(stack: Installation, sample: Any, reason: str, **changes: Any) -> None:
    """Wait until thirty connections in a row, so both workers, answer `reason`."""
    begun, row = time.monotonic(), 0
    while row < 30:
        row = row + 1 if send(stack, sample, **changes) == reason else 0
        assert time.monotonic() - begun < SECONDS or row, f"not everybody says {reason} after {SECONDS} s"
        if not row:
            time.sleep(0.1)


def messages(person: Visitor) -> list[Any]:
    batches = [json.loads(p.body)["batch"] for p in person.proxy.passed if p.path == "/v1/batch"]
    return [message for batch in batches for message in batch]


@pytest.mark.parametrize(("calls_from", "jurisdiction", "locale"), [(GERMANY, "eu", "de-DE"), (CHINA, "cn", "zh-CN")])
def test_a_visitor_from_abroad(
    chromium: Browser, ruled: Installation, calls_from: str, jurisdiction: str, locale: str
) -> None:
    with visitor(chromium, ruled, calls_from, locale=locale) as person:
        person.go("/demo/product/cup")
        policy_is_there(person)
        assert person.sdk("firsthand.consent.get().policy.jurisdiction") == jurisdiction
        person.page.click("h1")
        person.page.wait_for_timeout(3_300)
        assert messages(person) == [], "nothing before a choice"
        assert person.on_the_device() == []
        person.agree()
        recorded(person)
        person.page.click("h1")
        person.delivered()
        who = person.anonymous_id
        [said] = receipts(person)
    kept = {row["event"] for row in rows_of(ruled, who, 3)}
    assert said["action"] in ("accept_all", "set")
    assert {"$page", "Product Viewed"} <= kept
    rows = rows_of(ruled, who, 3)
    assert {row["jurisdiction"] for row in rows} == {jurisdiction}
    assert all("analytics" in row["consent_purposes"] for row in rows)
    [subject] = {row["consent_subject"] for row in rows}
    ledger = ruled.wait_rows(f"select * from consent_receipts where subject = '{subject}'", 1)
    assert (ledger[0]["jurisdiction"], ledger[0]["kind"]) == (jurisdiction, "receipt")
    assert "third_party" not in ledger[0]["granted"] or said["action"] == "set", "separate ones are not in accept all"
    # Asked last: the page that was left has sent its time by now
    assert {row["event_id"] for row in rows} <= {message["messageId"] for message in messages(person)}


@pytest.mark.parametrize(
    ("calls_from", "locale"), [(GERMANY, "de-DE"), pytest.param(CHINA, "zh-CN", marks=pytest.mark.slow)]
)
def test_no_purpose_by_purpose_and_withdrawn(
    chromium: Browser, ruled: Installation, calls_from: str, locale: str
) -> None:
    with visitor(chromium, ruled, calls_from, locale=locale) as person:
        person.go("/demo/product/cup")
        policy_is_there(person)
        person.refuse()
        recorded(person)
        person.page.click("h1")
        person.page.wait_for_timeout(3_300)
        assert messages(person) == [], "nothing after a no"
        person.page.evaluate("firsthand.consent.set({ analytics: true, marketing: false })")
        recorded(person, 2)
        person.page.evaluate("firsthand.track('Wanted', {}, { purpose: 'marketing' })")
        person.page.evaluate("firsthand.track('Counted')")
        person.delivered()
        who, sample = person.anonymous_id, messages(person)[-1]
        assert send(ruled, sample, calls_from) == "accepted"
        wanted = sample["context"] | {"purpose": "marketing"}
        assert send(ruled, sample, calls_from, event="Wanted", context=wanted) == "no_consent"
        person.page.evaluate("firsthand.consent.withdraw()")
        recorded(person, 3)
        heard_by_all(ruled, sample, "withdrawn", calls_from=calls_from)
        person.page.click("h1")
        person.page.close()
    rows = rows_of(ruled, who, 2)
    assert "Wanted" not in {row["event"] for row in rows}
    ours = {m["messageId"] for m in messages(person)}
    assert {row["event_id"] for row in rows if not row["event_id"].startswith("again-")} <= ours, "and only those"
    assert ruled.query(f"select count(*) as n from events_for_analytics where anonymous_id = '{who}'") == [{"n": 0}]


def test_the_signal(chromium: Browser, ruled: Installation) -> None:
    signal = "Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', { get: () => true })"
    with visitor(chromium, ruled, AMERICA, extra_http_headers={"Sec-GPC": "1"}) as person:
        person.context.add_init_script(signal)
        person.go("/demo/product/cup")
        policy_is_there(person)
        assert person.sdk("firsthand.consent.get().policy.gpc") == {"seen": True, "honoured": True}
        person.page.evaluate("firsthand.track('Wanted', {}, { purpose: 'marketing' })")
        person.page.evaluate("firsthand.track('Counted')")
        person.delivered()
        who, sent = person.anonymous_id, messages(person)
    assert "Wanted" not in {m.get("event") for m in sent}
    rows = rows_of(ruled, who, 1)
    assert {row["purpose"] for row in rows} == {"analytics"}
    assert {row["gpc"] for row in rows} == {True}
    wider = sent[-1] | {"event": "Wanted"}
    wider["context"] = wider["context"] | {
        "purpose": "marketing",
        "consent": {"categoryPreferences": {"marketing": True}},
    }
    assert send(ruled, wider, AMERICA) == "no_consent", "whatever a client claims"


@pytest.mark.slow  # from the console, in all workers, it is in tests/e2e/test_console_work.py
def test_the_map_is_obeyed_by_the_next_event_in_all_workers(
    chromium: Browser, ruled: Installation, tmp_path: Path
) -> None:
    with visitor(chromium, ruled, GERMANY) as person:
        person.go("/demo/product/cup")
        policy_is_there(person)
        person.page.evaluate("firsthand.consent.set({ analytics: true, marketing: false })")
        recorded(person)
        person.page.evaluate("firsthand.track('Ad Clicked')")
        person.delivered()
        sample = messages(person)[-1]
    assert send(ruled, sample, event="Ad Clicked") == "accepted"
    file = tmp_path / "map.json"
    file.write_text('[{"match": "Ad *", "purpose": "marketing"}]')
    ruled.run("consent", "map", "--file", str(file))
    heard_by_all(ruled, sample, "no_consent", event="Ad Clicked")
    assert send(ruled, sample, event="Other") == "accepted"
    file.write_text("[]")
    ruled.run("consent", "map", "--file", str(file))
    heard_by_all(ruled, sample, "accepted", event="Ad Clicked")


def test_published_while_the_page_is_open(chromium: Browser, ruled: Installation, tmp_path: Path) -> None:
    with visitor(chromium, ruled, GERMANY) as person:
        person.go("/demo/product/cup")
        policy_is_there(person)
        person.agree()
        recorded(person)
        person.delivered()
        who, sample = person.anonymous_id, messages(person)[-1]
        before = len(rows_of(ruled, who, 1))
        document = json.loads(ruled.run("consent", "policy"))
        next(p for p in document["purposes"] if p["id"] == "analytics")["method"] = "sold to whoever pays"
        file = tmp_path / "policy.json"
        file.write_text(json.dumps(document))
        ruled.run("consent", "publish", "--file", str(file))
        heard_by_all(ruled, sample, "no_consent")
        person.page.click("h1")
        person.page.evaluate("firsthand.flush()")
        person.go("/demo/product/cup")
        policy_is_there(person)
        assert person.sdk("firsthand.consent.get().decisions.analytics") == "hold", "they are asked again"
        version = person.sdk("firsthand.consent.get().policy.policyVersion")
        person.page.evaluate("firsthand.consent.set({ analytics: true })")
        recorded(person, 2)
        person.page.evaluate("firsthand.track('Counted')")
        person.delivered()
        again = person.anonymous_id
    assert receipts(person)[-1]["policyVersion"] == version
    rows = ruled.wait_rows(f"select * from events where anonymous_id = '{again}' and event = 'Counted'", 1)
    assert rows[0]["jurisdiction"] == "eu"
    assert len(ruled.query(f"select event_id from events where anonymous_id = '{who}'")) >= before
