"""Whatever changes between two events that are alike, the second is judged by what holds now, mould or none.

Each test sends the same event until it is cast without a step (else it would show nothing), changes one thing, and
sends it again: twice as the worker is, and once with everything forgotten and moulds off, which is what must come out.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from collector import event as events_module
from collector.context import Source
from consent.admin import events, people
from consent.keys import key_path, load_or_create, rotate
from consent.model import EventRule, FieldRule
from consent.pii.policy import Entry, policy_of
from consent.presets import preset
from tests.collector.consented import AMERICA, Office, office
from tests.collector.desk import Desk, Reply, desk
from tests.collector.enrich import databases
from tests.consent.officer import admin, publish

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
ROBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
MAIL = "ada@example.com"


@dataclass
class Watched:
    """How many messages went through the steps."""

    walked: int = 0


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Watched:
    seen, real = Watched(), events_module.of

    def of(*given: Any) -> Any:
        seen.walked += 1
        return real(*given)

    monkeypatch.setattr(events_module, "of", of)
    return seen


def means(reply: Reply) -> Any:
    return reply.status, reply.json, reply.rows, [letter.get("reason") for letter in reply.letters]


def settled(watched: Watched, send: Callable[[], Reply]) -> Reply:
    """The event, sent until it was cast."""
    for _ in range(2):
        send()
    before = watched.walked
    reply = send()
    assert reply.rows, reply.body
    assert watched.walked == before, "it was not cast"
    return reply


def judged_anew(made: Desk, before: Reply, send: Callable[[], Reply]) -> Reply:
    """What the worker says now; the same as one that remembers nothing, and not what it said before."""
    now, again = send(), send()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("collector.pipeline.SETTLED", frozenset())
        made.state.contexts.forget()
        truth = send()
    assert means(now) == means(again) == means(truth)
    assert means(now) != means(before), "the change changed nothing: the test shows nothing"
    return now


# ---- with a policy --------------------------------------------------------------------------------------------------


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Office]:
    with office(tmp_path / "data") as made:
        made.desk.now = datetime.now(UTC).replace(microsecond=0)
        yield made


def sender(house: Office, token: str | None = None, who: str = "a-1", **more: Any) -> Callable[[], Reply]:
    return lambda: house.send(who, token, messageId="m", **more)


def _withdrawn_here(house: Office, done: Any) -> None:
    house.choose("a-1", "withdraw")


def _withdrawn_elsewhere(house: Office, done: Any) -> None:
    ring = house.desk.state.consent.ring
    assert ring
    with house.store.write() as connection:
        people.withdraw(connection, admin(), ring, "default", done["receipt"]["subject"])
    house.poll()


def _suppressed(house: Office, done: Any) -> None:
    with house.store.write() as connection:
        people.suppress(connection, admin(), "default", [done["receipt"]["subject"]])
    house.poll()


def _denied_by_the_person(house: Office, done: Any) -> None:
    house.choose("a-1", "reject_all", key="server", userId="u-1")


def _token_over(house: Office, done: Any) -> None:
    house.desk.now += timedelta(hours=25)


def _memory_full(house: Office, done: Any) -> None:
    house.desk.state.consent.sites["default"].heard.floor = 2**40


def _policy_published(house: Office, done: Any) -> None:
    first, analytics, *rest = preset().purposes
    publish(house.store, "default", replace(preset(), purposes=(first, replace(analytics, method="sold"), *rest)))
    house.poll()


def _map(house: Office, *rules: EventRule) -> None:
    with house.store.write() as connection:
        events.save(connection, admin(), "default", rules, 0)
    house.poll()


def _mapped(house: Office, done: Any) -> None:
    _map(house, EventRule("See*", "third_party"))


def _field_mapped(house: Office, done: Any) -> None:
    _map(house, EventRule("See*", "analytics", (FieldRule("properties.coupon", "third_party"),)))


def _token_key_gone(house: Office, done: Any) -> None:
    path = key_path(house.desk.data)
    rotate(path, "token", 1)
    stored = json.loads(path.read_text())
    del stored["token"][0]
    path.write_text(json.dumps(stored))
    house.poll()


@pytest.mark.parametrize(
    ("change", "becomes"),
    [
        (_withdrawn_here, "withdrawn"), (_withdrawn_elsewhere, "withdrawn"), (_suppressed, "suppressed"),
        (_denied_by_the_person, "withdrawn"), (_token_over, "no_consent"), (_memory_full, "no_consent"),
        (_policy_published, "no_consent"), (_mapped, "no_consent"), (_field_mapped, ""),
        (_token_key_gone, "no_consent"),
    ],
)  # fmt: skip
def test_what_holds_of_the_person_or_the_site_changes(
    house: Office, watched: Watched, change: Callable[[Office, Any], None], becomes: str
) -> None:
    done = house.choose("a-1", "set", choices={"analytics": True})
    send = sender(house, done["token"], userId="u-1", properties={"coupon": "TEA"})
    before = settled(watched, send)
    change(house, done)
    assert judged_anew(house.desk, before, send).reasons == ([becomes] if becomes else [])


def test_a_token_that_was_none_of_ours_is_read_again_when_its_key_comes(house: Office) -> None:
    """Machines that share a store get a new key one after another."""
    path = key_path(house.desk.data)
    old = path.read_bytes()
    rotate(path, "token", 1)
    house.poll()
    token, new = house.choose("a-1")["token"], path.read_bytes()
    path.write_bytes(old)
    house.poll()
    assert house.send("a-1", token).reasons == ["no_consent"]
    path.write_bytes(new)
    house.poll()
    assert house.send("a-1", token).rows
    assert load_or_create(path, 1).token[-1].kid == "t2"


def test_who_sends_it_from_where_changes(house: Office, watched: Watched) -> None:
    send = sender(house, client=AMERICA, purpose="marketing")
    before = settled(watched, send)
    judged_anew(house.desk, before, sender(house, purpose="marketing"))
    before = settled(watched, send)
    judged_anew(house.desk, before, sender(house, client=AMERICA, purpose="marketing", gpc=True))
    before = settled(watched, send)
    judged_anew(house.desk, before, sender(house, client=AMERICA, purpose="marketing", context={"gpc": True}))
    before = settled(watched, send)
    judged_anew(house.desk, before, sender(house, client=AMERICA, purpose="marketing", stamped={"marketing": False}))


def test_a_token_of_another_person_is_refused_beside_the_mould_of_its_own(house: Office, watched: Watched) -> None:
    token = house.choose("a-1")["token"]
    before = settled(watched, sender(house, token))
    assert judged_anew(house.desk, before, sender(house, token, who="b-1")).reasons == ["no_consent"]


@pytest.mark.parametrize("said", ["2026-01-02T03:04:05.678Z", "2001-01-01T00:00:00Z", "1999-12-31T23:59:59Z",
                                  "2999-01-01T00:00:00Z", "2026-01-02T03:04:05.678901+08:00"])  # fmt: skip
def test_when_it_happened_is_asked_of_each(house: Office, watched: Watched, said: str) -> None:
    """No receipt is younger or older for it: the gate goes by the token's own end, which it asks of each event."""
    send = sender(house, house.choose("a-1")["token"])
    judged_anew(house.desk, settled(watched, send), lambda: house.send(
        "a-1", json.loads(_last_token(house)), messageId="m", timestamp=said))  # fmt: skip


def _last_token(house: Office) -> str:
    return json.dumps(house.choose("a-1")["token"])


# ---- what the source, its keys and its databases say ----------------------------------------------------------------


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Desk]:
    path = databases.write(tmp_path / "geo.mmdb", {"8.8.8.0/24": {"country": {"iso_code": "US"}}})
    with desk(tmp_path / "data", geoip_db=str(path)) as made:
        yield made


def alike(made: Desk, agent: str = BROWSER, **members: Any) -> Callable[[], Reply]:
    page = {"url": "https://shop.example/?coupon=TEA", "title": "Tea"}
    said = {"type": "track", "event": "Seen", "anonymousId": "a-1", "messageId": "m", "context": {"page": page}}
    body = json.dumps({"batch": [said | members], "writeKey": "fh_test"}).encode()
    return lambda: made.post(body, client=("8.8.8.8", 1), headers={"user-agent": agent})


def _set(made: Desk, **options: Any) -> None:
    sources = made.state.sources
    sources.by_key = {key: replace(source, **options) for key, source in sources.by_key.items()}


@pytest.mark.parametrize(
    "options",
    [
        {"state": "paused"}, {"mode": "opt_in"}, {"query_params": frozenset({"coupon"})}, {"kind": "server"},
        {"hash_user_id": True}, {"id": "renamed"},
        {"pii": policy_of([Entry(field="properties.note", declare="name")])},
    ],
    ids=str,
)  # fmt: skip
def test_the_source_s_options_change(worker: Desk, watched: Watched, options: dict[str, Any]) -> None:
    send = alike(worker, userId="u-1", properties={"note": "Tea"})
    before = settled(watched, send)
    _set(worker, **options)
    judged_anew(worker, before, send)


def test_a_rule_is_put_to_shadow_turned_off_and_on_again(worker: Desk, watched: Watched) -> None:
    """A mould of the plain event is there each time; what holds an address is never cast."""
    plain, found = alike(worker, properties={"note": "Tea"}), alike(worker, properties={"note": f"to {MAIL}"})
    seen = []
    for mode in ("on", "shadow", "off", "on"):
        _set(worker, pii=policy_of([Entry(rule="email", mode=mode)]))
        before = settled(watched, plain)
        walked = watched.walked
        reply = judged_anew(worker, before, found)
        assert watched.walked == walked + 3
        seen.append((MAIL in str(reply.rows), bool(reply.rows[0].get("pii_actions"))))
    assert seen == [(False, True), (True, True), (True, False), (False, True)]


@pytest.mark.parametrize(
    "members",
    [
        {"context": {"page": {"url": "https://shop.example/other", "title": "Tea"}}},
        {"context": {"page": {"url": "https://shop.example/?coupon=TEA", "title": f"Mail of {MAIL}"}}},
        {"context": {"page": {"url": f"https://shop.example/u/{MAIL}/"}}},
        {"context": {"campaign": {"source": MAIL}}}, {"context": {"userAgent": ROBOT}}, {"context": {"locale": MAIL}},
        {"userId": MAIL}, {"anonymousId": MAIL}, {"event": f"Seen by {MAIL}"}, {"properties": None},
        {"properties": [1]}, {"properties": {"a": "+8613800138000"}},
    ],
    ids=str,
)  # fmt: skip
def test_what_it_says_differs(worker: Desk, watched: Watched, members: dict[str, Any]) -> None:
    before = settled(watched, alike(worker, properties={"note": "Tea"}))
    judged_anew(worker, before, alike(worker, **{"properties": {"note": "Tea"}, **members}))


def test_null_behind_a_plain_event_of_its_batch(worker: Desk, watched: Watched) -> None:
    """The look over the batch must not vouch for what is no object."""
    settled(watched, alike(worker, properties={"a": 1}))
    said = {"type": "track", "event": "Seen", "anonymousId": "a-1", "context": {}}
    for last in (None, [1], 7, "x"):
        batch = [said | {"messageId": "m", "properties": {"a": 1}}, said | {"messageId": "n", "properties": last}]
        body = json.dumps({"batch": batch, "writeKey": "fh_test"}).encode()
        replies = [worker.post(body) for _ in range(4)]
        assert all(means(reply) == means(replies[0]) for reply in replies)
        assert all(row.get("properties") in ({"a": 1}, None) for row in replies[-1].rows)
        assert ["properties" in row for row in replies[-1].rows] == ([True, False] if last is None else [True])


def test_a_robot_with_the_same_words(worker: Desk, watched: Watched) -> None:
    before = settled(watched, alike(worker))
    after = judged_anew(worker, before, alike(worker, ROBOT))
    assert not before.rows[0].get("is_bot")
    assert after.rows[0]["is_bot"] is True


def test_databases_and_keys_are_replaced_while_it_runs(worker: Desk, watched: Watched) -> None:
    before = settled(watched, alike(worker))
    fresh = databases.write(worker.data / "new.mmdb", {"8.8.8.0/24": {"country": {"iso_code": "CA"}}})
    fresh.rename(Path(worker.state.settings.geoip_db))
    path = worker.data / "keys" / "pii.json"
    stored = json.loads(path.read_text())
    stored["keys"]["t2"], stored["current"] = "A" * 43, "t2"
    old = worker.state.key
    path.write_text(json.dumps(stored))
    for _ in range(100):
        worker.idle(0.1)
        if worker.state.key is not old and worker.state.geo.generation:
            break
    after = judged_anew(worker, before, alike(worker))
    assert (before.rows[0]["geo_country"], after.rows[0]["geo_country"]) == ("US", "CA")
    # The first sightings after a rotation tell what the old key made of somebody; they go through the steps each
    send, walked = alike(worker, userId=MAIL), watched.walked
    told = ["pii_alias" in send().rows[0] for _ in range(5)]
    assert told == [True, True, False, True, False]
    assert watched.walked == walked + 5


def test_match_keys_are_made_for_each(worker: Desk, watched: Watched) -> None:
    _set(worker, match_keys=True)
    consent = {"consent": {"categoryPreferences": {"analytics": True, "marketing": True}}}
    settled(watched, alike(worker, type="identify", userId="u-1", context=consent))
    for given in (MAIL, "grace@example.com"):
        rows = alike(worker, type="identify", userId="u-1", context=consent, traits={"email": given})().rows
        assert rows[0]["match_meta_email"]
    assert "match_meta_email" not in alike(worker, type="identify", userId="u-1", context=consent)().rows[0]


def test_each_field_of_a_source_is_a_circumstance() -> None:
    """Equal sources are equal in all: whoever adds a field need not think of moulds."""
    one = Source("shop", "k")
    other: dict[type, Any] = {str: "x", int: 7, bool: True, tuple: ("x",), frozenset: frozenset({"x"})}
    for field in msgspec.structs.fields(Source):
        value = getattr(one, field.name)
        changed = other.get(type(value), policy_of([Entry(cls="email", action="drop")]) if value is not None else 1)
        assert replace(one, **{field.name: changed}) != one, field.name
