"""Segment's Node client (npm) in a process of its own, with nothing changed but `host`."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.stack import Installation, Row, of_source, one_of

CLIENT = Path(__file__).parent / "clients" / "segment_node.mjs"
VERSION = json.loads((CLIENT.parent / "package.json").read_text())["devDependencies"]["@segment/analytics-node"]
SOURCE = "segment-node"
MAIL = "mei.lin@example.test"
PERSON = "customer-17"
TICKS = 50


@dataclass
class Sent:
    """What the client says it sent, its rows, and whom it talked to."""

    ids: dict[str, str]
    rows: dict[str, Row]
    bad: list[Row]
    peers: list[str]

    def row(self, name: str) -> Row:
        return self.rows[self.ids[name]]


@pytest.fixture(scope="module")
def sent(installation: Installation) -> Sent:
    """All calls, once for all tests."""
    arguments = [installation.base, installation.keys[SOURCE], PERSON, MAIL, str(TICKS)]
    done = subprocess.run(["node", CLIENT, *arguments], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["errors"] == []
    ids = list(said["sent"].values())
    rows = installation.wait_rows(of_source("events_raw", SOURCE, one_of("event_id", ids)), len(ids) - 1)
    bad = installation.wait_rows(of_source("bad_events", SOURCE, one_of("message_id", ids)), 1)
    by_id = {row["event_id"]: row for row in rows}
    assert len(by_id) == len(rows) == len(ids) - 1
    return Sent(said["sent"], by_id, bad, said["peers"])


NAMES = {
    "identify": ("identify", "$identify"), "track": ("track", "Order Completed"), "page": ("page", "$page"),
    "screen": ("screen", "$page"), "group": ("group", "$group"), "alias": ("alias", "$alias"),
    "granted": ("track", "Agreed"),
}  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_every_call_is_one_row(sent: Sent, name: str) -> None:
    row = sent.row(name)
    assert (row["type"], row["event"]) == NAMES[name]
    assert row["user_id"] == PERSON
    assert (row["lib_name"], row["lib_version"]) == ("@segment/analytics-node", VERSION)
    assert row["platform"] == "server"
    assert row["ip_truncated"] is None


def test_what_was_said_is_kept_under_its_own_name(sent: Sent) -> None:
    said = {verb: json.loads(sent.row(verb)["properties"]) for verb in ("track", "page", "screen", "group", "alias")}
    assert said == {
        "track": {"total": 42.5, "items": [{"sku": "cup"}]},
        "page": {"name": "Install", "category": "Docs", "url": "https://shop.test/install"},
        "screen": {"name": "Cart", "category": "Main", "items": 2},
        "group": {"groupId": "company-3"},
        "alias": {"previousId": "anonymous-9"},
    }
    identify = sent.row("identify")
    traits = json.loads(identify["traits"])
    assert (traits["plan"], traits["email"][:3]) == ("pro", "p1.")
    assert MAIL not in json.dumps([*sent.rows.values(), *sent.bad], default=str)


def test_ticks_arrive_once(sent: Sent) -> None:
    ticks = [row for row in sent.rows.values() if row["event"] == "Ticked"]
    assert sorted(json.loads(row["properties"])["n"] for row in ticks) == list(range(TICKS))
    assert {row["anonymous_id"] for row in ticks} == {"device-1"}


def test_a_stated_choice_counts(sent: Sent) -> None:
    assert sent.row("granted")["consent_purposes"] == ["analytics"]
    assert [(row["message_id"], row["reason"]) for row in sent.bad] == [(sent.ids["denied"], "no_consent")]


def test_the_client_talks_to_us_alone(sent: Sent) -> None:
    assert sent.peers == ["127.0.0.1"]
