"""Recording choices: what is written, once; what is refused, and why; what the gates hear."""

import secrets
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa
from msgspec.structs import replace

from consent.admin import figures, people, policies
from consent.model import PolicyDocument
from consent.presets import preset
from consent.receipts import ChoiceError, wire_receipt
from consent.record import GRACE_MS, Recorded, World, record, states
from consent.store import Store
from consent.store.tables import change, ledger_entry
from tests.consent.officer import NOW, RING, admin, body, choose, new_id, publish, request
from tests.contract.schemas import validator

GENERAL = {"analytics", "marketing", "personalization"}
ALL = GENERAL | {"third_party", "cross_border"}


def said(recorded: Recorded) -> dict[str, bool]:
    return {p: v["granted"] for p, v in recorded.payload["purposes"].items()}


def heard(store: Store, site: str) -> list[tuple[str, str]]:
    with store.read() as connection:
        query = sa.select(change.c.subject, change.c.denied).where(change.c.site == site).order_by(change.c.seq)
        return [(row.subject, row.denied) for row in connection.execute(query)]


def test_accept_all_grants_what_may_be_granted_together(registry: Store, site: str) -> None:
    publish(registry, site)
    done = choose(registry, site, "a")
    assert said(done) == dict.fromkeys(GENERAL, True)
    receipt = wire_receipt(done.payload, done.seq, done.commitment)
    validator("receipt").validate(msgspec.json.decode(msgspec.json.encode(receipt)))
    assert heard(registry, site) == [], "a grant is nothing that a gate must hear"


def test_reject_and_withdraw_deny_everything(registry: Store, site: str) -> None:
    publish(registry, site)
    assert said(choose(registry, site, "a", body("reject_all"))) == dict.fromkeys(ALL, False)
    choose(registry, site, "b")
    done = choose(registry, site, "b", body("withdraw", method="preferences"))
    assert said(done) == dict.fromkeys(ALL, False)
    everything = "," + ",".join(sorted(ALL)) + ","
    assert [denied for _, denied in heard(registry, site)] == [everything, everything]


def test_one_purpose_at_a_time(registry: Store, site: str) -> None:
    publish(registry, site)
    choose(registry, site, "a", body("set", choices={"analytics": True, "third_party": True}))
    done = choose(registry, site, "a", body("set", choices={"analytics": False, "necessary": True}))
    assert {p: h.choice.granted for p, h in done.held.items()} == {"analytics": False, "third_party": True}
    assert heard(registry, site) == [(done.payload["subject"], ",analytics,")]
    again = choose(registry, site, "a", body("set", choices={"analytics": True}))
    assert heard(registry, site) == [(again.payload["subject"], ",")], "gates hear of the new grant too"


def test_the_signal_denies_whatever_button_was_pressed(registry: Store, site: str) -> None:
    publish(registry, site)
    for by in ({"gpc": True}, {"said": body(gpc=True)}):
        done = choose(registry, site, secrets.token_hex(4), region="US-CA", **by)  # type: ignore[arg-type]
        assert said(done)["marketing"] is False
        assert said(done)["analytics"] is True
        assert done.payload["gpc"] is True


def test_a_child_and_a_guardian(registry: Store, site: str) -> None:
    publish(registry, site)
    with pytest.raises(ChoiceError) as caught:
        choose(registry, site, "a", body("set", choices={"analytics": True}, age="child"), region="CN")
    assert caught.value.answer == "needs_guardian"
    with pytest.raises(ChoiceError) as caught:
        choose(registry, site, "a", body("accept_all", age="child"), region="CN")
    assert caught.value.answer == "not_a_choice", "nothing is general for a child"
    done = choose(
        registry, site, "a", body("set", choices={"analytics": True}, age="child", method="guardian"), region="CN"
    )
    assert said(done) == {"analytics": True}


@pytest.mark.parametrize(
    ("members", "code", "status"),
    [
        ({"action": "set", "choices": {"sale": True}}, "unknown_purpose", 422),
        ({"action": "set", "choices": {"necessary": False}}, "not_a_choice", 422),
        ({"action": "set"}, "not_a_choice", 422),
        ({"action": "accept_all", "notice_hash": None}, "not_a_choice", 422),
        ({"action": "accept_all", "choices": {"cross_border": True, "sale": True}}, "not_a_choice", 422),
        ({"notice_hash": "no1_" + "x" * 22}, "unknown_notice", 422),
        ({"policy_version": "pv1_" + "x" * 22}, "policy_unknown", 409),
    ],
    ids=range(7),
)
def test_what_is_no_choice(registry: Store, site: str, members: dict[str, Any], code: str, status: int) -> None:
    publish(registry, site)
    with pytest.raises(ChoiceError) as caught:
        choose(registry, site, "a", body(**members))
    assert (caught.value.answer, caught.value.status) == (code, status)
    with registry.read() as connection:
        assert connection.execute(sa.select(ledger_entry).where(ledger_entry.c.chain == site)).all() == []


def test_a_repeated_request_is_one_receipt(registry: Store, site: str) -> None:
    publish(registry, site)
    asked = body()
    first = choose(registry, site, "a", asked)
    again = choose(registry, site, "a", asked, now=NOW + 5_000)
    assert (first.known, again.known) == (False, True)
    assert (again.payload, again.seq, again.commitment) == (first.payload, first.seq, first.commitment)
    with pytest.raises(ChoiceError) as caught:
        choose(registry, site, "a", replace(asked, action="reject_all"))
    assert (caught.value.answer, caught.value.status) == ("conflict", 409)


def test_many_in_one_transaction_are_as_one_after_the_other(registry: Store, site: str) -> None:
    publish(registry, site)
    twice = body()
    asked = [
        request(site, "a", twice), request(site, "a", twice), request(site, "a", replace(twice, action="withdraw")),
        request(site, "b", body("set", choices={"sale": True})), request(site, "a", body("withdraw")),
        request(site, "b", body()),
    ]  # fmt: skip
    with registry.write() as connection:
        found = record(connection, site, policies.book(connection, site), asked, world())
    kinds = [o.answer if isinstance(o, ChoiceError) else o.seq for o in found]
    assert kinds == [1, 1, "conflict", "unknown_purpose", 2, 3]
    with registry.read() as connection:
        held = states(connection, site, {r.subject for r in asked})
    assert {h.choice.granted for h in held[asked[0].subject].values()} == {False}
    assert {h.choice.granted for h in held[asked[-1].subject].values()} == {True}


def world(now: int = NOW) -> World:
    return World(now, new_id, secrets.token_bytes, RING)


def other(document: PolicyDocument) -> PolicyDocument:
    first, analytics, *rest = document.purposes
    return replace(document, purposes=(first, replace(analytics, method="sold to the highest bidder"), *rest))


def test_a_policy_that_was_replaced_stays_good_for_a_day(registry: Store, site: str) -> None:
    publish(registry, site)
    publish(registry, site, other(preset()), NOW + 1_000)
    seen = body()
    assert choose(registry, site, "a", seen, now=NOW + 2_000).payload["policyVersion"] == preset().version
    with pytest.raises(ChoiceError) as caught:
        choose(registry, site, "b", body(), now=NOW + 1_001 + GRACE_MS)
    assert caught.value.answer == "policy_unknown"


def test_a_suppressed_person_stays_out_whatever_is_recorded(registry: Store, site: str) -> None:
    publish(registry, site)
    done = choose(registry, site, "a", body("reject_all"))
    subject = done.payload["subject"]
    with registry.write() as connection:
        people.suppress(connection, admin(), site, [subject])
    choose(registry, site, "a", body("withdraw"))
    assert (subject, ",*,") in heard(registry, site)


def test_counts_outlive_people(registry: Store, site: str) -> None:
    publish(registry, site)
    for who in ("a", "b", "c"):
        choose(registry, site, who)
    choose(registry, site, "a", body("withdraw"))
    done = choose(registry, site, "d", body("reject_all"))
    with registry.write() as connection:
        people.erase(connection, admin(), site, [done.payload["subject"]])
        found = {o.purpose: o for o in figures.opt_in(connection, site, "2026-11-26", "2026-11-27")}
        totals = {t.purpose: t for t in figures.totals(connection, site, {p.id: p.version for p in preset().purposes})}
        days = figures.trend(connection, site, "analytics", "2026-11-01", "2026-12-01")
    analytics = found["analytics"]
    assert (analytics.granted, analytics.denied, analytics.withdrawn, analytics.served) == (3, 1, 1, 0)
    assert (analytics.jurisdiction, analytics.region, analytics.rate) == ("eu", "DE", None)
    assert (totals["analytics"].granted, totals["analytics"].denied) == (2, 1)
    assert [(d.day, d.granted, d.withdrawn) for d in days] == [("2026-11-26", 3, 1)]
