"""From what is recorded to what holds: states and what a token may say."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest

from consent.admin.ledger import Line
from consent.decide import DAY_MS
from consent.iso27560 import receipt_record
from consent.model import Choice, Snapshot
from consent.policy import Signals, resolve
from consent.presets import preset
from consent.receipts import RECEIPT, ChoiceBody, Held, plan, proved, state_of
from tests.consent.officer import NOW, body
from tests.contract.schemas import validator

DOCUMENT = preset()
ANALYTICS = DOCUMENT.purposes[1].version


def snapshot(region: str = "DE", gpc: bool = False) -> Snapshot:
    return resolve(DOCUMENT, (), "s", region, "en", Signals(gpc), datetime.fromtimestamp(NOW / 1000, UTC))


def held(granted: bool, at: int = NOW, version: str = ANALYTICS) -> dict[str, Held]:
    return {"analytics": Held(Choice(granted, version, at), 7, "r", "banner", False, "eu", "DE", "no1_x")}


@pytest.mark.parametrize(
    ("mine", "now", "expect"),
    [
        ({}, NOW, "pending"),
        (held(True), NOW, "granted"),
        (held(False), NOW, "denied"),
        (held(True, version="pu1_" + "x" * 22), NOW, "stale"),
        (held(True), NOW + 180 * DAY_MS, "stale"),
        (held(False), NOW + 999 * DAY_MS, "denied"),
    ],
    ids=range(6),
)
def test_states(mine: dict[str, Held], now: int, expect: str) -> None:
    found = state_of(snapshot(), "s1.s1.x", mine, now)
    validator("consent_state").validate(found)
    assert found["purposes"]["analytics"]["state"] == expect
    assert found["purposes"]["necessary"]["state"] == "granted"
    assert found["seq"] == (7 if mine else 0)
    granted, denied, _ = proved(snapshot(), mine, now)
    assert granted == (("analytics",) if expect == "granted" else ())
    assert denied == (("analytics",) if expect == "denied" else ())


def test_a_token_does_not_outlive_what_it_proves() -> None:
    mine = held(True, NOW - 180 * DAY_MS + 60_000)
    assert proved(snapshot(), mine, NOW)[2] == NOW + 60_000
    assert proved(snapshot(), held(True), NOW)[2] == NOW + DAY_MS


def test_the_signal_is_in_the_state() -> None:
    found = state_of(snapshot("US-CA", gpc=True), "s", {}, NOW)
    assert found["gpc"] == {"seen": True, "honoured": True}
    assert found["purposes"]["marketing"]["state"] == "denied"
    assert found["purposes"]["analytics"]["state"] == "granted"


NOTICE = DOCUMENT.notices[1]


@pytest.mark.parametrize(
    ("said", "expect"),
    [
        ({"notice_hash": NOTICE.hash, "locale": None}, (NOTICE.hash, None, NOTICE.locale)),
        ({"notice_hash": NOTICE.hash, "words": "banner/1", "locale": "fr"}, (NOTICE.hash, "banner/1", "fr")),
        ({"notice_hash": None, "words": "klaro", "locale": None}, (None, "klaro", None)),
        ({"notice_hash": None, "locale": None}, (None, None, None)),
    ],
    ids=["the notice", "by the banner", "of a platform", "nobody said"],
)
def test_what_the_person_saw(said: dict[str, Any], expect: tuple[str | None, ...]) -> None:
    asked = body("set", choices={"analytics": True}, **said)
    planned = plan(asked, DOCUMENT, "s", "subject", "DE", False, NOW, "id", "00")
    assert tuple(planned.payload[name] for name in ("noticeHash", "words", "locale")) == expect
    line = Line(1, NOW, RECEIPT, "00" * 32, "00" * 32, planned.payload)
    record = receipt_record(line, DOCUMENT)
    validator("receipt_27560").validate(record)
    told = record["notice"]
    assert (told["dct:identifier"], told["fh:words"], told["dct:title"]) == (
        *expect[:2], NOTICE.title if expect[0] else None
    )  # fmt: skip


def test_accept_all_is_a_yes_to_no_more_than_was_shown() -> None:
    asked = body(choices={"analytics": True, "cross_border": True, "of_yesterday": True}, notice_hash=None)
    planned = plan(asked, DOCUMENT, "s", "subject", "DE", False, NOW, "id", "00")
    assert {p: one["granted"] for p, one in planned.payload["purposes"].items()} == {"analytics": True}


@pytest.mark.parametrize(
    ("said", "expect"),
    [
        (None, None),
        (datetime(2026, 1, 2, 3, 4, 5), "2026-01-02T03:04:05Z"),
        (datetime(2026, 1, 2, 3, 4, 5, 678000, timezone(timedelta(hours=8))), "2026-01-01T19:04:05.678Z"),
        (datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=8))), None),
    ],
    ids=range(4),
)
def test_the_clients_clock(said: datetime | None, expect: str | None) -> None:
    planned = plan(body(client_time=said), DOCUMENT, "s", "subject", "DE", False, NOW, "id", "00")
    assert planned.payload["clientTime"] == expect
    assert planned.payload["serverTime"] == "2026-11-26T03:00:00Z"


@pytest.mark.parametrize(
    "member",
    [{"surprise": 1}, {"action": "accept"}, {"method": "telepathy"}, {"choices": {"analytics": "yes"}}, {"choices": {}},
     {"age": 12}, {"locale": "<b>"}, {"region": "Germany"}, {"idempotencyKey": "short"}, {"policyVersion": "1"},
     {"anonymousId": ""}, {"words": "two words"}, {"noticeHash": ""}, {"userId": "x" * 257}],
    ids=str,
)  # fmt: skip
def test_a_body_that_is_none(member: dict[str, object]) -> None:
    right = {"idempotencyKey": "12345678", "action": "set", "method": "banner", "choices": {"analytics": True},
             "policyVersion": "pv1_" + "x" * 22, "noticeHash": "no1_" + "x" * 22, "anonymousId": "a"}  # fmt: skip
    assert msgspec.convert(right, ChoiceBody).action == "set"
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(right | member, ChoiceBody)
