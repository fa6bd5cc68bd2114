"""The gate with a published policy, through a whole worker: what clients claim, what people chose, what is kept."""

import asyncio
import contextlib
import json
import secrets
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from msgspec.structs import replace

from consent.admin import events, people
from consent.keys import Secret, key_path, load_or_create
from consent.model import EventRule, FieldRule
from consent.presets import preset
from consent.store import open_store
from consent.subjects import Subjects, subject_of
from consent.tokens import Claims, issue
from tests.collector.consented import AMERICA, CHINA, SOURCES, Office, office
from tests.collector.desk import Reply, desk
from tests.consent.officer import admin, publish


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office(tmp_path_factory.mktemp("gate")) as made:
        made.desk.now = datetime.now(UTC).replace(microsecond=0)  # tokens are of today
        yield made


@pytest.fixture
def who() -> str:
    return secrets.token_hex(6)


def outcome(reply: Reply) -> str:
    return "accepted" if reply.rows else reply.reasons[0]


YES = {"analytics": True}


def test_before_a_choice_by_place(house: Office, who: str) -> None:
    assert outcome(house.send(who)) == "no_consent"
    assert outcome(house.send(who, client=CHINA)) == "no_consent"
    assert outcome(house.send(who, client=AMERICA)) == "accepted"
    assert outcome(house.send(who, client=AMERICA, purpose="marketing")) == "accepted"
    assert outcome(house.send(who, client=AMERICA, purpose="marketing", gpc=True)) == "no_consent"
    assert outcome(house.send(who, client=("10.0.0.1", 1))) == "no_consent", "unknown is the strictest"
    assert outcome(house.send(who, purpose="necessary")) == "accepted"


def test_a_choice_is_what_counts(house: Office, who: str) -> None:
    done = house.choose(who)
    reply = house.send(who, done["token"], purpose="marketing")
    (row,) = reply.rows
    assert row["consent_purposes"] == ["analytics", "marketing", "personalization"]
    assert row["jurisdiction"] == "eu"
    assert row["consent_subject"] == done["receipt"]["subject"]
    assert outcome(house.send(who, done["token"], purpose="third_party")) == "no_consent"
    assert outcome(house.send(who, done["token"], {"third_party": True}, purpose="third_party")) == "no_consent"
    assert outcome(house.send(who, done["token"], {"analytics": False})) == "no_consent", "a client may narrow"


def _away(store: object) -> None:
    raise OSError("away")


def test_whether_there_is_a_store_is_asked_of_the_disk_once_a_second_not_once_a_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with desk(tmp_path / "data", SOURCES, console=False) as made:
        registry = made.state.consent
        monkeypatch.setattr("consent.registry.Registry.exists", property(lambda self: pytest.fail("asked the disk")))
        assert registry.ready
        monkeypatch.setattr("consent.registry.Registry.exists", True)  # made a moment ago, and not to be read
        monkeypatch.setattr(registry, "_poll", _away)
        made.run(registry.poll())
        assert not registry.ready


def test_events_that_are_alike_are_counted_each(house: Office, who: str) -> None:
    token = house.choose(who)["token"]
    with house.counted() as found:
        for _ in range(3):
            assert outcome(house.send(who, token, event="Alike")) == "accepted"
    assert {d.outcome: n for d, n in found.items() if d.event == "Alike"} == {"accept": 3}


def test_a_new_key_of_subjects_holds_for_events_that_are_alike(house: Office, who: str) -> None:
    registry = house.desk.state.consent
    (before,) = house.send(who, client=AMERICA).rows
    old, registry.subjects = registry.subjects, Subjects(Secret("new", bytes(32), 0))
    try:
        (after,) = house.send(who, client=AMERICA).rows
    finally:
        registry.subjects = old
    assert (
        before["consent_subject"]
        != after["consent_subject"]
        == subject_of(Secret("new", bytes(32), 0), "default", "device", who)
    )


def test_withdrawn_bites_with_the_next_event_though_the_token_lives(house: Office, who: str) -> None:
    token = house.choose(who)["token"]
    assert outcome(house.send(who, token)) == "accepted"
    fresh = house.choose(who, "withdraw")["token"]
    for claim in ({"token": token}, {"stamped": YES}, {"token": token, "stamped": YES}):
        assert outcome(house.send(who, **claim)) == "withdrawn"
    assert outcome(house.send(who, fresh)) == "no_consent"
    again = house.choose(who)["token"]
    assert outcome(house.send(who, again)) == "accepted"
    assert outcome(house.send(who, token)) == "accepted", "they said yes again"


def test_one_purpose_taken_back_leaves_the_others(house: Office, who: str) -> None:
    token = house.choose(who)["token"]
    house.choose(who, "set", choices={"marketing": False})
    reply = house.send(who, token)
    assert reply.rows[0]["consent_purposes"] == ["analytics", "personalization"]
    assert outcome(house.send(who, token, purpose="marketing")) == "withdrawn"


def test_what_another_process_recorded_is_heard_within_a_poll(house: Office, who: str) -> None:
    done = house.choose(who)
    with house.store.write() as connection:
        people.withdraw(connection, admin(), house.desk.state.consent.ring, "default", done["receipt"]["subject"])
    house.poll()
    assert outcome(house.send(who, done["token"])) == "withdrawn"


def test_a_suppressed_person_stays_out(house: Office, who: str) -> None:
    done = house.choose(who)
    subject = done["receipt"]["subject"]
    with house.store.write() as connection:
        people.suppress(connection, admin(), "default", [subject])
    house.poll()
    assert outcome(house.send(who, done["token"])) == "suppressed"
    assert outcome(house.send(who, client=AMERICA, purpose="necessary")) == "suppressed"
    with house.store.write() as connection:
        people.lift(connection, admin(), "default", [subject])
    house.poll()
    assert outcome(house.send(who, done["token"])) == "accepted"


def test_what_the_person_denied_holds_on_every_device(house: Office, who: str) -> None:
    token = house.choose(who)["token"]
    assert outcome(house.send(who, token, userId=f"u-{who}")) == "accepted"
    house.choose(who, "reject_all", key="server", userId=f"u-{who}")
    assert outcome(house.send(who, token, userId=f"u-{who}")) == "withdrawn"
    assert outcome(house.send(who, token)) == "accepted", "the device alone is not known to be theirs"


def forge(house: Office, who: str, **changes: Any) -> str:
    ring = house.desk.state.consent.ring
    assert ring
    now = int(house.desk.now.timestamp())
    claims = Claims("firsthand", "default", subject_of(ring.subject[-1], "default", "device", who), "r", now, now + 60,
                    1, ("analytics",), (), preset().version, "eu")  # fmt: skip
    return issue(changes.pop("key", ring.token[-1]), replace(claims, **changes))


def test_attacks_with_tokens(house: Office, who: str) -> None:
    ring = house.desk.state.consent.ring
    assert ring
    assert outcome(house.send(who, forge(house, who))) == "accepted", "the forge makes good ones"
    other = "somebody else"
    attacks = {
        "forged": forge(house, who, key=replace(ring.token[-1], secret=bytes(32))),
        "of another site": forge(house, who, aud="elsewhere"),
        "of another person": forge(house, other),
        "cut": forge(house, who)[:-4],
        "no token": "x",
        "no algorithm": "eyJhbGciOiJub25lIn0." + forge(house, who).split(".")[1] + ".",
    }
    for name, token in attacks.items():
        for client in (None, AMERICA):
            reply = house.send(who, token, YES, **({"client": client} if client else {}))
            assert outcome(reply) == "no_consent", name
            assert reply.json["rejected"][0]["detail"]
    now = int(house.desk.now.timestamp())
    expired = forge(house, who, iat=now - 100, exp=now - 50)
    assert outcome(house.send(who, expired)) == "no_consent", "an expired one proves nothing"
    assert outcome(house.send(who, expired, YES)) == "accepted", "the stamp still says what it says"


def test_a_token_ends_while_its_context_is_remembered(house: Office, who: str) -> None:
    token = forge(house, who)
    before = house.desk.now
    assert outcome(house.send(who, token)) == "accepted"
    try:
        house.desk.now = before + timedelta(seconds=61)
        assert outcome(house.send(who, token)) == "no_consent"
    finally:
        house.desk.now = before


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ({"purpose": "sale"}, "no_consent"),
        ({"purpose": "__proto__"}, "no_consent"),
        ({"context": {"consent": {"categoryPreferences": {"analytics": "yes"}}}}, "invalid"),
        ({"context": {"consent": {"categoryPreferences": {"analytics": 1}}}}, "invalid"),
        ({"context": {"consent": {"token": 7}}}, "no_consent"),
        ({"context": {"consent": {"categoryPreferences": {"*": True}}}}, "no_consent"),
    ],
    ids=range(6),
)
def test_unknown_purposes_and_kinds(house: Office, who: str, message: Any, reason: str) -> None:
    assert outcome(house.send(who, **message)) == reason


@contextlib.contextmanager
def mapped(house: Office, *rules: EventRule) -> Iterator[None]:
    """A map of events in force."""

    def save(found: tuple[EventRule, ...]) -> None:
        with house.store.write() as connection:
            newest = events.history(connection, "default", 1)
            events.save(connection, admin(), "default", found, newest[0].number if newest else 0)
        house.poll()

    save(rules)
    try:
        yield
    finally:
        save(())


def test_the_map_decides_what_an_event_is_for(house: Office, who: str) -> None:
    token = house.choose(who, "set", choices={"analytics": True, "marketing": False})["token"]
    assert outcome(house.send(who, token, event="Ad Clicked")) == "accepted"
    with mapped(house, EventRule("Ad *", "marketing"), EventRule("Order *", "necessary")):
        assert outcome(house.send(who, token, event="Ad Clicked")) == "no_consent"
        assert outcome(house.send(who, token, event="Ad Clicked", purpose="necessary")) == "no_consent"
        assert outcome(house.send(who, token, event="Other")) == "accepted"
        assert house.send("stranger", event="Order Completed").rows[0]["purpose"] == "necessary"
    assert outcome(house.send(who, token, event="Ad Clicked")) == "accepted"


def test_fields_with_a_purpose_of_their_own_are_stripped(house: Office, who: str) -> None:
    fields = (FieldRule("properties.coupon", "marketing"), FieldRule("properties.a\u00e9", "marketing"))
    properties = {"total": 3, "coupon": "TEA", "a\u00e9": 1}
    with mapped(house, EventRule("Order *", "necessary", fields)):
        row = house.send(who, event="Order 1", properties=properties).rows[0]
        assert row["properties"] == {"total": 3}
        token = house.choose(who)["token"]
        assert house.send(who, token, event="Order 1", properties=properties).rows[0]["properties"] == properties
        assert house.send(who, event="Order 1").rows[0].get("properties") is None


def test_counted_by_source_purpose_and_outcome(house: Office, who: str) -> None:
    with house.counted() as found:
        house.send(who)
        house.send(who, client=AMERICA)
        house.send(who, client=AMERICA, purpose="marketing", gpc=True)
    assert {(d.source, d.purpose, d.outcome): n for d, n in found.items()} == {
        ("web", "analytics", "no_consent"): 1, ("web", "analytics", "accept"): 1, ("web", "marketing", "no_consent"): 1,
    }  # fmt: skip


def test_pending_without_ids(tmp_path: Path) -> None:
    rules = tuple(replace(r, pending="cookieless") for r in preset().jurisdictions)
    document = replace(preset(), jurisdictions=rules)
    with office(tmp_path / "data", document) as house:
        context = {
            "page": {"url": "https://shop.example/p/tea?utm_source=x&q=secret#f", "title": "Tea",
                     "referrer": "https://x.y/"},
            "sessionId": "session.one", "seq": 4, "userAgent": "Mozilla/5.0 (X11)", "locale": "de-DE",
            "timezone": "Europe/Berlin", "screen": {"width": 1, "height": 2}, "surprise": "kept elsewhere",
        }  # fmt: skip
        message = {"userId": "user.one", "properties": {"sku": "x"}, "timestamp": "2026-01-02T03:04:09.123Z"}
        (row,) = house.send("visitor.one", context=context, **message).rows
        kept = {"event_id", "type", "event", "purpose", "source_id", "event_time", "received_at", "platform",
                "jurisdiction", "page_url", "page_host", "page_path", "spool_shard", "spool_seq"}  # fmt: skip
        assert set(row) <= kept
        assert row["page_url"] == "https://shop.example/p/tea"
        assert row["event_time"] == "2026-01-02T03:04:00Z"
        for secret in (
            "visitor.one",
            "user.one",
            "session.one",
            "203.0",
            "5.9.0",
            "sku",
            "secret",
            "Tea",
            "Mozilla",
            "Berlin",
        ):
            assert secret not in str(row)
        assert house.send("visitor.one", type="identify", traits={"a": 1}).reasons == ["no_consent"], (
            "it exists to name"
        )
        assert house.send("visitor.one", stamped={"analytics": False}).reasons == ["no_consent"]


def test_published_while_the_page_is_open(tmp_path: Path) -> None:
    with office(tmp_path / "data") as house:
        token = house.choose("a-1")["token"]
        house.desk.now = datetime.now(UTC)
        assert outcome(house.send("a-1", token)) == "accepted"
        first, analytics, *rest = preset().purposes
        changed = replace(preset(), purposes=(first, replace(analytics, method="sold"), *rest))
        publish(house.store, "default", changed)
        house.poll()
        assert outcome(house.send("a-1", token)) == "no_consent", "what they agreed to is not what is done now"
        assert outcome(house.send("a-1", token, purpose="marketing")) == "accepted", "the rest is as it was"
        assert outcome(house.send("a-1", house.choose("a-1", document=changed)["token"])) == "accepted"


def test_after_a_restart_everything_is_known_again(tmp_path: Path) -> None:
    with office(tmp_path / "data") as house:
        token = house.choose("a-1")["token"]
        house.choose("a-1", "withdraw")
    with desk(tmp_path / "data", SOURCES, console=False) as made:
        again = Office(made, house.store)
        made.now = datetime.now(UTC)
        assert outcome(again.send("a-1", token)) == "withdrawn", "from the first event on"


def test_what_cannot_be_known_is_not_decided(tmp_path: Path) -> None:
    """A store that cannot be read: 503, so that clients keep their events, and none is kept that should not be."""
    data = tmp_path / "data"
    data.mkdir()
    (data / "consent.db").write_bytes(b"this is no database, and never was one" * 100)
    with desk(data, SOURCES, console=False) as made:
        reply = made.batch({"type": "track", "event": "x", "anonymousId": "a"}, writeKey="web")
        assert reply.status == 503
        assert made.request("GET", "/readyz").status == 503
        assert made.request("GET", "/v1/consent/policy", query="writeKey=web").status == 503


def test_a_slow_store_holds_up_no_event(house: Office, who: str) -> None:
    """Somebody keeps the writers' lock: choices wait for it, events do not."""
    token = house.choose(who)["token"]
    choice = json.dumps(house.choice(f"{who}-2")).encode()
    context = {"consent": {"token": token}}
    said = {"type": "track", "event": "x", "anonymousId": who, "context": context}
    events = json.dumps({"batch": [said], "writeKey": "web"}).encode()

    async def both() -> tuple[bool, Reply, Reply]:
        with house.store.write():
            waits = asyncio.create_task(
                house.desk.call("POST", "/v1/consent/receipts", [choice], client=("5.9.0.1", 1))
            )
            await asyncio.sleep(0.3)
            answered = await house.desk.call("POST", "/v1/batch", [events], client=("5.9.0.1", 1))
            still = not waits.done()
        return still, answered, await waits

    still, answered, recorded = house.desk.run(both())
    assert (still, answered.json["accepted"], recorded.status) == (True, 1, 201)


@pytest.mark.stores
def test_two_machines_share_a_postgresql(postgres: str, tmp_path: Path) -> None:
    name = f"shared_{secrets.token_hex(4)}"
    engine = sa.create_engine(postgres, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    engine.dispose()
    url = postgres.rpartition("/")[0] + f"/{name}"
    store = open_store(url)
    publish(store, "default")
    for machine in ("one", "two"):
        (tmp_path / machine).mkdir()
    load_or_create(key_path(tmp_path / "one"), 1)
    shutil.copytree(tmp_path / "one" / "keys", tmp_path / "two" / "keys")
    settings = {"console": False, "consent_store": url}
    with desk(tmp_path / "one", SOURCES, **settings) as first, desk(tmp_path / "two", SOURCES, **settings) as second:
        one, two = Office(first, store), Office(second, store)
        first.now = second.now = datetime.now(UTC)
        token = one.choose("a-1")["token"]
        assert outcome(two.send("a-1", token)) == "accepted", "what one signed the other reads"
        other = one.choose("a-2")["token"]
        for device in ("a-1", "a-2"):
            one.login(device, "user")
        one.choose("a-1", "withdraw")
        two.poll()
        assert outcome(two.send("a-1", token)) == "withdrawn"
        assert outcome(two.send("a-2", other)) == "withdrawn", "a device of the same person"
        with store.write() as connection:
            events.save(connection, admin(), "default", (EventRule("Order *", "necessary"),), 0)
        two.poll()
        assert outcome(two.send("b-1", event="Order 1")) == "accepted"
    store.close()
