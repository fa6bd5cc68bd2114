"""What the simulator says is what the pipeline does."""

from datetime import UTC, datetime
from functools import lru_cache

import msgspec
import pytest

from collector.console.simulation import Answer, NotAnEvent, Question, ask
from collector.context import Source
from collector.enrich import EMBEDDED, GeoDatabase, enrichments
from collector.steps.enrich import CachingEnricher
from consent.model import EventRule, FieldRule
from consent.pii.hashing import Key
from consent.presets import preset
from tests.consent.officer import RING

NOW = datetime(2026, 11, 26, 3, tzinfo=UTC)
RULES = (EventRule("Order *", "analytics", (FieldRule("properties.coupon", "marketing"),)),)
ORDER = (
    '{"type": "track", "event": "Order Completed", "properties": {"total": 4, "coupon": "X", "email": "a@b.example"}}'
)


@lru_cache(1)
def enricher() -> CachingEnricher:
    return CachingEnricher(enrichments(GeoDatabase(EMBEDDED)), lambda name: None)


def simulated(
    event: str = ORDER, choices: dict[str, bool] | None = None, region: str | None = "DE", proof: str = "stamp",
    **more: bool,
) -> Answer:  # fmt: skip
    document = msgspec.structs.replace(preset(), proof=proof)
    question = Question(event, choices or {}, region, **more)
    return ask(question, document, RULES, Source("shop", "fh_x"), RING, Key("k1", bytes(32)), enricher(), NOW)


def test_a_yes_is_stored_scrubbed_and_without_what_needs_another_purpose() -> None:
    answer = simulated(choices={"analytics": True})
    assert (answer.gates.client, answer.gates.collector.kind, answer.gates.views) == ("allow", "strip", ("analytics",))
    assert answer.stored is not None
    properties = answer.stored["properties"]
    assert properties["total"] == 4 and "coupon" not in properties
    assert "a@b.example" not in str(answer.stored)
    assert answer.stored["consent_purposes"] == ["analytics"]
    both = simulated(choices={"analytics": True, "marketing": True})
    assert both.stored is not None and both.stored["properties"]["coupon"] == "X"


@pytest.mark.parametrize(
    ("choices", "region", "more", "client", "reason"),
    [
        ({}, "DE", {}, "hold", "no_consent"),
        ({"analytics": False}, "DE", {}, "deny", "no_consent"),
        ({}, None, {}, "hold", "no_consent"),
        ({}, "US-CA", {}, "allow", ""),
        ({}, "FR", {}, "allow", ""),
        ({"analytics": True}, "DE", {"suppressed": True}, "allow", "suppressed"),
    ],
)
def test_places_and_choices(
    choices: dict[str, bool], region: str | None, more: dict[str, bool], client: str, reason: str
) -> None:
    answer = simulated(choices=choices, region=region, **more)
    assert answer.gates.client == client
    assert answer.reason == reason
    assert (answer.stored is None) == bool(reason)


def test_a_site_that_wants_tokens_gets_one_or_says_no() -> None:
    assert simulated(choices={"analytics": True}, proof="token", token=True).stored is not None
    assert simulated(choices={"analytics": True}, proof="token", token=False).reason == "no_consent"


def test_what_the_event_says_of_consent_does_not_count() -> None:
    sly = '{"event": "X", "context": {"consent": {"categoryPreferences": {"analytics": true}}}}'
    assert simulated(sly).reason == "no_consent"


@pytest.mark.parametrize("event", ["", "{", "[]", "7", '{"event": ' + "[" * 5000])
def test_what_is_no_event_is_said(event: str) -> None:
    with pytest.raises(NotAnEvent):
        simulated(event)


@pytest.mark.parametrize("event", ['{"type": "dance"}', '{"event": "$nope"}', '{"event": 7}', "{}"])
def test_what_the_collector_would_refuse_is_refused(event: str) -> None:
    assert simulated(event, choices={"analytics": True}).reason
