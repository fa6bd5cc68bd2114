"""After a login: a withdrawal reaches the person's other devices, a grant reaches nobody, and who denied for themselves
stays denied."""

import secrets
from itertools import count, pairwise
from typing import Any

import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from consent.admin import people, policies
from consent.ledger.verify import verify
from consent.link import link
from consent.model import Choice
from consent.receipts import ChoiceError, Held
from consent.record import World, record, states
from consent.spread import Circles, Link, spread
from consent.store import Store
from consent.store.tables import change, ledger_payload
from consent.subjects import subject_of
from tests.consent.officer import NOW, RING, admin, body, choose, new_id, publish, request

YES: dict[str, Any] = {"action": "set", "choices": {"analytics": True}}
NO: dict[str, Any] = {"action": "set", "choices": {"analytics": False}}
_ticks = count(NOW, 1_000)


def world() -> World:
    return World(next(_ticks), new_id, secrets.token_bytes, RING)


class Family:
    """Two devices that logged in as one person. Each word of it is one transaction, a second after the last."""

    def __init__(self, store: Store, site: str, trusted: bool = True, region: str = "DE") -> None:
        self.store, self.site, self.region = store, site, region
        publish(store, site)
        for device in ("a", "b"):
            self.say(device, YES)
            self.login(device, trusted)

    def login(self, device: str, trusted: bool = True) -> None:
        modes = {"analytics": "opt_in" if self.region == "DE" else "opt_out"}
        with self.store.write() as connection:
            link(connection, self.site, self.subject(device), self.subject("p"), modes, trusted, new_id(), world())

    def say(self, who: str, said: dict[str, Any]) -> None:
        asked = replace(request(self.site, who, body(**said), self.region), subject=self.subject(who))
        with self.store.write() as connection:
            (done,) = record(connection, self.site, policies.book(connection, self.site), [asked], world())
        assert not isinstance(done, ChoiceError)

    def subject(self, who: str) -> str:
        return subject_of(RING.subject[-1], self.site, "person" if who == "p" else "device", who)

    @property
    def held(self) -> dict[str, bool | None]:
        """Analytics, by who: granted, denied, or no choice. What the gates hear is the same, and the chain is whole."""
        subjects = {who: self.subject(who) for who in ("a", "b", "p")}
        with self.store.read() as connection:
            found = states(connection, self.site, set(subjects.values()))
            query = sa.select(change.c.subject, change.c.denied).where(change.c.site == self.site)
            heard = {row.subject: row.denied for row in connection.execute(query)}
            assert verify(connection, self.site, RING.public_keys()).problem is None
        held = {who: found[s]["analytics"].choice.granted if found[s] else None for who, s in subjects.items()}
        for who, subject in subjects.items():
            assert ("analytics" in heard.get(subject, "")) == (held[who] is False)
        return held


def test_a_withdrawal_holds_on_every_device_and_a_new_yes_only_where_it_was_said(registry: Store, site: str) -> None:
    family = Family(registry, site)
    assert family.held == {"a": True, "b": True, "p": True}
    family.say("a", NO)
    assert family.held == {"a": False, "b": False, "p": False}
    family.login("a")
    family.say("a", YES)
    assert family.held == {"a": True, "b": False, "p": None}, "b must be asked; what the person does on a comes in"
    family.login("a")
    assert family.held == {"a": True, "b": False, "p": True}, "a login joins, as it always did"
    family.say("b", YES)
    assert family.held == {"a": True, "b": True, "p": True}


def test_a_login_that_nobody_proved_narrows_the_person_and_no_device(registry: Store, site: str) -> None:
    family = Family(registry, site, trusted=False)
    assert family.held == {"a": True, "b": True, "p": None}, "nor did the logins give the person anything"
    family.say("a", NO)
    assert family.held == {"a": False, "b": True, "p": False}
    family.say("b", YES)
    assert family.held["p"] is False, "what another device said is not b's to take back"
    family.say("a", YES)
    assert family.held == {"a": True, "b": True, "p": None}


def test_a_proved_login_stays_proved(registry: Store, site: str) -> None:
    family = Family(registry, site)
    family.login("b", trusted=False)
    family.say("a", NO)
    assert family.held["b"] is False


def test_where_silence_allows_each_no_counts_until_whoever_said_it_takes_it_back(registry: Store, site: str) -> None:
    family = Family(registry, site, region="US-CA")
    family.say("a", NO)
    family.say("b", NO)
    family.say("a", YES)
    assert family.held == {"a": True, "b": False, "p": False}, "b said no as well"
    family.say("b", YES)
    assert family.held == {"a": True, "b": True, "p": False}, "the person's is a's"
    family.say("a", YES)
    assert family.held == {"a": True, "b": True, "p": None}


def test_what_the_person_said_by_themselves(registry: Store, site: str) -> None:
    family = Family(registry, site)
    family.say("p", NO)
    assert family.held == {"a": False, "b": False, "p": False}
    family.say("p", YES)
    assert family.held == {"a": False, "b": False, "p": True}, "consent never spreads by itself"


def test_a_login_brings_a_denial_to_the_other_devices_and_takes_one_away(registry: Store, site: str) -> None:
    family = Family(registry, site)
    choose(registry, site, "c", body(**NO), now=next(_ticks))
    family.login("c")
    assert family.held == {"a": False, "b": False, "p": False}
    choose(registry, site, "d", body(**YES), now=next(_ticks))
    family.login("d")
    assert family.held == {"a": False, "b": False, "p": True}, "the newest explicit choice; the gates hear of it"


def test_erased_it_leaves_nothing_with_the_others(registry: Store, site: str) -> None:
    family = Family(registry, site)
    family.say("a", NO)
    with registry.write() as connection:
        people.erase(connection, admin(), site, [family.subject("a")])
        query = sa.select(ledger_payload.c.payload).where(ledger_payload.c.chain == site)
        assert family.subject("a") not in "".join(connection.execute(query).scalars())
    assert family.held == {"a": None, "b": False, "p": False}, "what follows from a choice stays"
    family.say("b", YES)
    assert family.held == {"a": None, "b": True, "p": None}, "the newest choice is the person's"


def test_in_one_transaction_as_one_after_the_other(registry: Store, site: str) -> None:
    family = Family(registry, site)
    asked = [request(site, who, body(**said)) for who, said in (("a", NO), ("b", YES), ("b", NO), ("a", YES))]
    with registry.write() as connection:
        done = record(connection, site, policies.book(connection, site), asked, world())
    assert family.held["b"] is False
    told = {n.subject: (n.seq, n.denied) for one in done if not isinstance(one, ChoiceError) for n in one.news}
    with registry.read() as connection:
        rows = connection.execute(sa.select(change).where(change.c.site == site))
        stored = {row.subject: (row.seq, tuple(p for p in row.denied.split(",") if p)) for row in rows}
    assert told == stored, "the worker that records it knows what the others will hear"


def test_each_who_changes_has_an_entry_of_their_own(registry: Store, site: str) -> None:
    family = Family(registry, site)
    family.say("a", NO)
    with registry.read() as connection:
        query = sa.select(ledger_payload.c.seq, ledger_payload.c.subject, ledger_payload.c.payload)
        rows = connection.execute(query.where(ledger_payload.c.chain == site).order_by(ledger_payload.c.seq)).all()
    assert all(after.seq - before.seq == 1 for before, after in pairwise(rows))
    assert {row.subject for row in rows[-2:]} == {family.subject("b"), family.subject("p")}
    assert all('"narrowed":["analytics"]' in row.payload for row in rows[-2:])


SUBJECTS = ("a", "b", "c", "p", "q")
LOGINS = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("pq"), st.booleans()), max_size=5)
SAID = st.lists(st.tuples(st.sampled_from(SUBJECTS), st.booleans()), min_size=1, max_size=12)


@given(LOGINS, SAID, st.sampled_from(["opt_in", "opt_out", "exempt", "?"]))
def test_nobody_is_given_what_they_did_not_say(
    logins: list[tuple[str, str, bool]], said: list[tuple[str, bool]], mode: str
) -> None:
    """Whatever is said in whatever order: granted is only who said so last; and a no reaches whoever it should."""
    around, proved = Circles(), {(device, person) for device, person, trusted in logins if trusted}
    for device, person in dict.fromkeys((device, person) for device, person, _ in logins):
        trusted = (device, person) in proved
        around.persons.setdefault(device, []).append(Link(person, trusted))
        around.devices.setdefault(person, []).append(Link(device, trusted))
    held: dict[str, dict[str, Held]] = {s: {} for s in SUBJECTS}
    last: dict[str, bool] = {}
    for at, (who, granted) in enumerate(said):
        new = {"x": Held(Choice(granted, "v", at), at, f"r{at}", "api", False, "eu", None, "n")}
        held[who] |= new
        last[who] = granted
        spread(around, held, who, new, {"x": mode})
        assert held[who]["x"] == new["x"]
        assert all(last[s] for s, state in held.items() if "x" in state and state["x"].choice.granted)
        if not granted:
            through = {person for device, person in proved if device == who} | {who}
            devices = {device for device, person in proved if person in through}
            reached = devices | {one.subject for one in around.persons.get(who, ())}
            assert not any(held[s]["x"].choice.granted for s in reached)
