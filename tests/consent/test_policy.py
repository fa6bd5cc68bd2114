"""One document, many visitors: golden vectors over the shipped policy, and what may not be published."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from consent.decide import decide
from consent.model import EventRule, FieldRule, PolicyDocument, Snapshot
from consent.policy import PolicyError, Signals, checked, iso, resolve
from consent.presets import preset
from tests.contract.golden import cases, ids
from tests.contract.schemas import validator

NOW = datetime(2026, 11, 26, 3, 59, 59, 999000, tzinfo=UTC)
DOCUMENT = preset()


def snapshot(region: str | None, locale: str | None = "en", gpc: bool = False, age: Any = "unknown") -> Snapshot:
    return resolve(DOCUMENT, [EventRule("Order *", "necessary")], "s", region, locale, Signals(gpc, age), NOW)


@pytest.mark.parametrize("case", cases("resolve"), ids=ids("resolve"))
def test_vectors(case: dict[str, Any]) -> None:
    found = snapshot(**case["given"])
    assert case["expect"] == {
        "mode": found.mode,
        "jurisdiction": found.jurisdiction,
        "notice": found.notice.id,
        "locale": found.locale,
        "banner": found.banner,
        "honoured": found.gpc.honoured,
        "purposes": {p.id: f"{p.kind} {p.mode} {p.default} {p.pending} {p.legal_basis}" for p in found.purposes},
    }
    validator("policy").validate(msgspec.json.decode(msgspec.json.encode(found)))


REGIONS = st.none() | st.sampled_from(["DE", "FR", "CN", "CN-BJ", "US", "US-CA", "US-NY", "BR", "JP", "GB"])
STRICT = {"granted": 0, "pending": 1, "denied": 2}


@given(REGIONS, st.sampled_from(["unknown", "adult", "child"]))
def test_the_signal_only_narrows(region: str | None, age: str) -> None:
    without, seen = snapshot(region, age=age), snapshot(region, gpc=True, age=age)
    for before, after in zip(without.purposes, seen.purposes, strict=True):
        assert STRICT[after.default] >= STRICT[before.default]


@given(REGIONS, st.sampled_from(["unknown", "adult", "child"]))
def test_a_place_that_is_not_known_is_as_strict_as_any(region: str | None, age: str) -> None:
    for known, unknown in zip(snapshot(region, age=age).purposes, snapshot(None, age=age).purposes, strict=True):
        assert STRICT[unknown.default] >= STRICT[known.default]
        assert unknown.ttl_days <= known.ttl_days


@given(REGIONS, st.booleans(), st.sampled_from(["unknown", "adult", "child"]))
def test_the_one_mode_of_older_sdks_allows_nothing_more(region: str | None, gpc: bool, age: str) -> None:
    found = snapshot(region, gpc=gpc, age=age)
    for purpose in found.purposes:
        if decide(purpose.id, None, found.mode, gpc) == "allow":
            assert purpose.default == "granted"


def test_a_child_needs_a_guardian_everywhere() -> None:
    for region in ("CN", "US-CA", "FR", None):
        asked = [p for p in snapshot(region, age="child").purposes if not p.required]
        assert {(p.kind, p.default, p.pending) for p in asked} == {("guardian", "pending", "drop")}


def test_an_hour_of_answers_is_the_same() -> None:
    found = snapshot("DE")
    assert (found.issued_at, found.expires_at) == ("2026-11-26T03:00:00Z", "2026-11-27T03:00:00Z")
    assert iso(NOW) == "2026-11-26T03:59:59.999Z"


def test_wording_keeps_a_version_and_meaning_changes_it() -> None:
    first = DOCUMENT.purposes[1]
    text = replace(first.texts["en"], title="Counting")
    assert replace(first, texts=first.texts | {"en": text}).version == first.version
    for meaning in ({"method": "sold"}, {"pii_categories": ("health",)}, {"recipients": ("X",)}, {"kind": "separate"}):
        assert replace(first, **meaning).version != first.version
    notice = DOCUMENT.notices[0]
    assert replace(notice, title=notice.title + "!").hash != notice.hash


def changed(**members: Any) -> PolicyDocument:
    return replace(DOCUMENT, **members)


@pytest.mark.parametrize(
    ("document", "says"),
    [
        (changed(purposes=DOCUMENT.purposes[1:]), "necessary"),
        (changed(purposes=(*DOCUMENT.purposes, DOCUMENT.purposes[2])), "twice"),
        (changed(purposes=tuple(replace(p, required=True) for p in DOCUMENT.purposes)), "required"),
        (changed(purposes=tuple(replace(p, texts={}) for p in DOCUMENT.purposes)), "no text"),
        (changed(retention={"other": 30}), "retention"),
        (changed(notices=()), "no notice"),
        (changed(jurisdictions=DOCUMENT.jurisdictions[:-1]), "rest of the world"),
        (changed(jurisdictions=(*DOCUMENT.jurisdictions, replace(DOCUMENT.jurisdictions[0], id="x"))), "twice"),
        (changed(jurisdictions=(replace(DOCUMENT.jurisdictions[-1], modes={"sale": "opt_in"}),)), "sale"),
    ],
    ids=range(9),
)
def test_what_may_not_be_published(document: PolicyDocument, says: str) -> None:
    with pytest.raises(PolicyError, match=says):
        checked(document)


def test_a_map_of_events_names_purposes_that_are_there() -> None:
    field = FieldRule("properties.coupon", "marketing")
    assert checked(DOCUMENT, [EventRule("Order *", "necessary", (field,))]) is DOCUMENT
    for events in (
        [EventRule("x", "sale")],
        [EventRule("x", "analytics", (FieldRule("properties.a", "sale"),))],
        [EventRule("x", "analytics"), EventRule("x", "marketing")],
    ):
        with pytest.raises(PolicyError):
            checked(DOCUMENT, events)


@pytest.mark.parametrize("mode", ["opt-in", "OPT_OUT", "buffered", None])
def test_an_unknown_value_is_no_document(mode: Any) -> None:
    raw = msgspec.json.decode(msgspec.json.encode(DOCUMENT))
    raw["jurisdictions"][0]["mode"] = mode
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(raw, PolicyDocument)
