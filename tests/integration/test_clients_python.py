"""Segment's and RudderStack's Python clients, as PyPI ships them, with nothing changed but the address.

Each client makes the same calls, once for all tests. What must come out is the same rows, but for one real
difference: RudderStack's `identify` puts the traits below the context.
"""

import json
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

import pytest
import rudderstack.analytics.client
import segment.analytics.client

from tests.e2e.stack import Installation, Row, of_source, one_of

MAIL = "mei.lin@example.test"
PERSON = "customer-17"
TICKS = 250  # more than two of the clients' batches
GRANTED, DENIED = ({"consent": {"categoryPreferences": {"analytics": choice}}} for choice in (True, False))


@dataclass(frozen=True)
class Flavour:
    """One client: its source's name, its class, its distribution on PyPI."""

    source: str
    make: Any
    distribution: str


FLAVOURS = (
    Flavour("segment-python", segment.analytics.client.Client, "segment-analytics-python"),
    Flavour("rudder-python", rudderstack.analytics.client.Client, "rudder-sdk-python"),
)


@dataclass
class Sent:
    """What a client sent to a source, by names of ours, and the rows of that source once all of it has arrived."""

    flavour: Flavour
    ids: dict[str, str] = field(default_factory=dict)
    rows: dict[str, Row] = field(default_factory=dict)
    bad: dict[str, Row] = field(default_factory=dict)
    peers: list[str] = field(default_factory=list)

    def row(self, name: str) -> Row:
        return self.rows[self.ids[name]]

    def refusal(self, name: str) -> Row:
        assert self.ids[name] not in self.rows
        return self.bad[self.ids[name]]


class Sender:
    """A client at work. `failures` is what it reported through its own `on_error`."""

    def __init__(self, flavour: Flavour, stack: Installation, source: str, **options: Any) -> None:
        self.failures: list[Exception] = []
        self.sent = Sent(flavour)
        self._client = flavour.make(
            stack.keys[source], host=stack.base, on_error=lambda error, items: self.failures.append(error),
            max_retries=1, **options,
        )  # fmt: skip

    def call(self, name: str, verb: str, *arguments: Any, **options: Any) -> None:
        queued, message = getattr(self._client, verb)(*arguments, **options)
        assert queued
        self.sent.ids[name] = message["messageId"]

    def finish(self) -> None:
        """Everything out, and no complaint."""
        self._client.shutdown()
        assert self.failures == []


def arrived(stack: Installation, source: str, sent: Sent, refused: int) -> Sent:
    """Waits until all is there, `refused` of it in bad_events. Fails if anything is there twice."""
    wanted = list(sent.ids.values())
    bad = stack.wait_rows(of_source("bad_events", source, one_of("message_id", wanted)), refused) if refused else []
    rows = stack.wait_rows(of_source("events_raw", source, one_of("event_id", wanted)), len(wanted) - refused)
    sent.rows = {row["event_id"]: row for row in rows}
    sent.bad = {row["message_id"]: row for row in bad}
    assert (len(sent.rows), len(sent.bad)) == (len(rows), len(bad)) == (len(wanted) - refused, refused)
    return sent


@pytest.fixture(scope="module", params=FLAVOURS, ids=lambda flavour: flavour.distribution)
def flavour(request: pytest.FixtureRequest) -> Flavour:
    found: Flavour = request.param
    return found


@pytest.fixture(scope="module")
def sent(flavour: Flavour, installation: Installation, peers: list[str]) -> Sent:
    """All calls, to a source whose people need not state a choice."""
    sender = Sender(flavour, installation, flavour.source)
    sender.call("identify", "identify", PERSON, {"email": MAIL, "plan": "pro"})
    sender.call("track", "track", PERSON, "Order Completed", {"total": 42.5, "items": [{"sku": "cup"}]})
    sender.call("page", "page", PERSON, "Docs", "Install", {"url": "https://shop.test/install?token=abc"})
    sender.call("screen", "screen", PERSON, "Main", "Cart", {"items": 2})
    sender.call("group", "group", PERSON, "company-3", {"seats": 12})
    sender.call("alias", "alias", "anonymous-9", PERSON)
    sender.call("granted", "track", PERSON, "Agreed", context=GRANTED)
    sender.call("denied", "track", PERSON, "Refused", context=DENIED)
    for number in range(TICKS):
        sender.call(f"tick {number}", "track", PERSON, "Ticked", {"n": number}, anonymous_id="device-1")
    sender.finish()
    sender.sent.peers = list(peers)
    return arrived(installation, flavour.source, sender.sent, refused=1)


VERBS = {
    "identify": "$identify", "track": "Order Completed", "page": "$page", "screen": "$page", "group": "$group",
    "alias": "$alias",
}  # fmt: skip


@pytest.mark.parametrize("verb", VERBS)
def test_every_call_is_one_row(sent: Sent, verb: str) -> None:
    row = sent.row(verb)
    assert (row["type"], row["event"]) == (verb, VERBS[verb])
    assert row["user_id"] == PERSON
    assert row["purpose"] == "analytics"
    assert (row["lib_name"], row["lib_version"]) == ("analytics-python", version(sent.flavour.distribution))
    assert row["original_timestamp"] is not None
    assert row["sent_at"] is not None
    assert row["platform"] == "server"
    # a server's address and user agent are not the person's
    assert row["ip_truncated"] is None
    assert row["browser"] is None


def test_what_was_said_is_kept_under_its_own_name(sent: Sent) -> None:
    said = {verb: json.loads(sent.row(verb)["properties"]) for verb in ("track", "page", "screen", "group", "alias")}
    assert said == {
        "track": {"total": 42.5, "items": [{"sku": "cup"}]},
        "page": {"name": "Install", "category": "Docs", "url": "https://shop.test/install"},
        "screen": {"name": "Cart", "category": "Main", "items": 2},
        "group": {"groupId": "company-3"},
        "alias": {"previousId": "anonymous-9"},
    }
    assert json.loads(sent.row("group")["traits"]) == {"seats": 12}


def test_traits_are_kept_and_the_address_in_them_is_not(sent: Sent) -> None:
    row = sent.row("identify")
    traits = json.loads(row["traits"]) if row["traits"] else json.loads(row["context"])["traits"]
    assert traits["plan"] == "pro"
    assert traits["email"].startswith(f"p1.{row['pii_kid']}.")
    assert MAIL not in json.dumps(list(sent.rows.values()))


def test_a_busy_queue_arrives_once(sent: Sent) -> None:
    ticks = [json.loads(row["properties"])["n"] for row in sent.rows.values() if row["event"] == "Ticked"]
    assert sorted(ticks) == list(range(TICKS))
    assert sent.row("tick 0")["anonymous_id"] == "device-1"


def test_a_stated_choice_counts(sent: Sent) -> None:
    assert sent.row("granted")["consent_purposes"] == ["analytics"]
    assert sent.row("track")["consent_purposes"] is None
    assert sent.refusal("denied")["reason"] == "no_consent"


def test_the_client_talks_to_us_alone(sent: Sent) -> None:
    assert set(sent.peers) == {"127.0.0.1"}


def test_without_a_choice_a_strict_source_keeps_nothing(flavour: Flavour, installation: Installation) -> None:
    strict = f"{flavour.source}-strict"
    sender = Sender(flavour, installation, strict)
    sender.call("silent", "track", PERSON, "Said Nothing")
    sender.call("granted", "track", PERSON, "Agreed", context=GRANTED)
    sender.call("denied", "track", PERSON, "Refused", context=DENIED)
    refused = ["silent", "denied"]
    if flavour.source == "rudder-python":  # its own way to say the same
        for name, yes, no in (("allowed", "analytics", "marketing"), ("forbidden", "marketing", "analytics")):
            lists = {"allowedConsentIds": [yes], "deniedConsentIds": [no]}
            sender.call(name, "track", PERSON, name, context={"consentManagement": lists})
        refused.append("forbidden")
    sender.finish()
    sent = arrived(installation, strict, sender.sent, len(refused))
    assert {sent.refusal(name)["reason"] for name in refused} == {"no_consent"}
    assert {tuple(row["consent_purposes"]) for row in sent.rows.values()} == {("analytics",)}


def test_segments_client_sends_gzip_when_asked(installation: Installation) -> None:
    segment_client = FLAVOURS[0]
    sender = Sender(segment_client, installation, segment_client.source, gzip=True)
    for number in range(20):
        sender.call(str(number), "track", PERSON, "Packed", {"n": number})
    sender.finish()
    arrived(installation, segment_client.source, sender.sent, refused=0)


def test_an_unknown_key_is_said_to_the_client(flavour: Flavour, installation: Installation) -> None:
    errors: list[Exception] = []
    client = flavour.make(
        "fh_nobody", host=installation.base, on_error=lambda error, items: errors.append(error), max_retries=0
    )
    client.track(PERSON, "Lost")
    client.shutdown()
    assert [getattr(error, "status", None) for error in errors] == [401]
