"""The collector's gate: what a client claims only narrows what the policy and the person allow."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from consent.gate import Outcome, Proof, SiteGate
from consent.model import EventRule, FieldRule, PolicyDocument
from consent.presets import preset

DOCUMENT = preset()
OLD = "pv1_" + "o" * 22
MAP = (
    EventRule("Order *", "necessary", (FieldRule("properties.coupon", "marketing"),)),
    EventRule("Ad Clicked", "marketing"),
    EventRule("* Clicked", "analytics"),
)


def gate(document: PolicyDocument = DOCUMENT, events: Any = MAP) -> SiteGate:
    older = {p.id: p.version for p in document.purposes} | {"analytics": "pu1_" + "a" * 22}
    return SiteGate("shop", document, events, {OLD: older})


def proof(granted: tuple[str, ...] = (), denied: tuple[str, ...] = (), version: str = DOCUMENT.version) -> Proof:
    return Proof(granted, denied, version)


def judged(
    site: SiteGate, event: str = "x", purpose: str | None = None, stamped: dict[str, bool] | None = None,
    policy_version: str | None = None, proof: Proof | None = None, gpc: bool = False, region: str | None = "DE",
    denied: tuple[str, ...] = (),
) -> Outcome:  # fmt: skip
    return site.judge(site.claim(event, purpose, stamped, policy_version, proof, gpc, region, denied))


YES = {"analytics": True}


def short(found: Outcome) -> str:
    return f"{found.kind} {found.reason}".strip()


@pytest.mark.parametrize(
    ("given_", "expect"),
    [
        ({}, "reject no_consent"),
        ({"stamped": YES}, "accept"),
        ({"stamped": {"analytics": False}}, "reject no_consent"),
        ({"proof": proof(("analytics",))}, "accept"),
        ({"stamped": YES, "proof": proof(("analytics",))}, "accept"),
        ({"stamped": {"analytics": False}, "proof": proof(("analytics",))}, "reject no_consent"),
        ({"stamped": YES, "proof": proof((), ("analytics",))}, "reject no_consent"),
        ({"stamped": YES, "proof": proof(("marketing",))}, "reject no_consent"),
        ({"stamped": YES, "denied": ("analytics",)}, "reject withdrawn"),
        ({"proof": proof(("analytics",)), "denied": ("analytics",)}, "reject withdrawn"),
        ({"denied": ("analytics",)}, "reject no_consent"),
        ({"stamped": YES, "denied": ("marketing",)}, "accept"),
        ({"stamped": YES, "denied": ("*",)}, "reject suppressed"),
        ({"event": "Order Completed", "denied": ("*",)}, "reject suppressed"),
        ({"stamped": YES, "policy_version": DOCUMENT.version}, "accept"),
        ({"stamped": YES, "policy_version": OLD}, "reject no_consent"),
        ({"stamped": YES, "policy_version": "pv1_" + "?" * 22}, "reject no_consent"),
        ({"stamped": YES, "policy_version": "another manager's"}, "accept"),
        ({"proof": proof(("analytics",), version=OLD)}, "reject no_consent"),
        ({"region": "FR"}, "accept"),
        ({"region": "FR", "stamped": {"analytics": False}}, "reject no_consent"),
        ({"region": "US-CA"}, "accept"),
        ({"region": "US-CA", "purpose": "marketing"}, "accept"),
        ({"region": "US-CA", "purpose": "marketing", "gpc": True}, "reject no_consent"),
        ({"region": "US-CA", "purpose": "marketing", "gpc": True, "stamped": {"marketing": True}}, "reject no_consent"),
        ({"region": None}, "reject no_consent"),
        ({"purpose": "sale", "stamped": {"sale": True}}, "reject no_consent"),
        ({"event": "Order Completed", "stamped": {"marketing": True}}, "accept"),
        ({"event": "Order Completed"}, "strip"),
        ({"event": "Order Completed", "purpose": "marketing"}, "strip"),
        ({"event": "Ad Clicked", "purpose": "necessary", "stamped": YES}, "reject no_consent"),
        ({"event": "Button Clicked", "purpose": "necessary"}, "reject no_consent"),
        ({"event": "Ad Clicked", "stamped": {"marketing": True}}, "accept"),
    ],
    ids=range(33),
)
def test_outcomes(given_: dict[str, Any], expect: str) -> None:
    assert short(judged(gate(), **given_)) == expect


def test_a_site_that_wants_tokens() -> None:
    strict = gate(replace(DOCUMENT, proof="token"))
    assert short(judged(strict, stamped=YES)) == "reject no_consent"
    assert short(judged(strict, stamped=YES, proof=proof(("analytics",), version=strict.version))) == "accept"
    assert short(judged(strict, region="US-CA")) == "accept", "what needs no grant needs no token"


def test_pending_without_ids() -> None:
    rules = tuple(replace(r, pending="cookieless") for r in DOCUMENT.jurisdictions)
    site = gate(replace(DOCUMENT, jurisdictions=rules))
    assert short(judged(site)) == "anonymise"
    assert short(judged(site, stamped={"analytics": False})) == "reject no_consent"


def test_what_the_row_says() -> None:
    found = judged(gate(), "Order 7", stamped={"analytics": True, "marketing": False, "x": True})
    assert (found.purpose, found.granted, found.jurisdiction, found.mapped) == ("necessary", ("analytics",), "eu", True)
    assert found.strip == ("properties.coupon",)
    assert judged(gate(), "Page Seen", stamped=YES).mapped is False


PURPOSE = st.sampled_from([p.id for p in DOCUMENT.purposes])
FEW = st.lists(PURPOSE, unique=True, max_size=3).map(tuple)
CLAIM = st.fixed_dictionaries({
    "event": st.sampled_from(["Order 1", "Ad Clicked", "x"]),
    "purpose": st.none() | PURPOSE | st.just("other"),
    "stamped": st.none() | st.dictionaries(PURPOSE, st.booleans()),
    "proof": st.none() | st.builds(proof, FEW, FEW),
    "region": st.sampled_from(["DE", "FR", "US-CA", "CN", None]),
    "denied": FEW,
})  # fmt: skip
WIDTH = {"reject": 0, "anonymise": 1, "strip": 2, "accept": 3}
SITE = gate()


@given(CLAIM, st.dictionaries(PURPOSE, st.just(True)))
def test_claiming_more_than_the_token_gives_nothing(claim: dict[str, Any], more: dict[str, bool]) -> None:
    if claim["proof"] is None:
        claim["proof"] = proof()
    stamped = claim["stamped"] or {}
    wider = {**more, **stamped}
    assert WIDTH[judged(SITE, **claim | {"stamped": wider}).kind] <= WIDTH[judged(SITE, **claim).kind]


@given(CLAIM)
def test_the_signal_and_what_was_heard_only_narrow(claim: dict[str, Any]) -> None:
    width = WIDTH[judged(SITE, **claim).kind]
    assert WIDTH[judged(SITE, **claim, gpc=True).kind] <= width
    for purpose in DOCUMENT.purposes:
        assert WIDTH[judged(SITE, **claim | {"denied": (*claim["denied"], purpose.id)}).kind] <= width


@given(CLAIM)
def test_a_denied_purpose_is_never_used(claim: dict[str, Any]) -> None:
    found = judged(SITE, **claim)
    stamped, token = claim["stamped"] or {}, claim["proof"]
    no = {p for p, yes in stamped.items() if not yes} | set(claim["denied"]) | set(token.denied if token else ())
    assert not set(found.granted) & no
    if found.purpose in no - {"necessary"}:
        assert found.kind == "reject"


def test_a_map_with_many_stars_is_no_trap() -> None:
    site = gate(events=(EventRule("*a" * 60, "necessary"),))
    assert short(judged(site, "a" * 59 + "b" * 100)) == "reject no_consent"


def test_answers_are_remembered_within_bounds() -> None:
    site = gate()
    for number in range(20_000):
        judged(site, f"event {number}")
    assert len(site._answers) <= 8_192
