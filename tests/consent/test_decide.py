"""The gate's pure decision, by the golden vectors and over all inputs."""

from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from msgspec import Struct

from consent.decide import DAY_MS, MODES, decide, judge
from consent.model import Choice
from tests.contract.golden import cases, ids

GATE = cases("gate")


def test_vectors() -> None:
    for case in GATE:
        given_ = case["given"]
        found = decide(given_["purpose"], given_["preferences"], given_["mode"], given_["gpc"])
        assert found == case["expect"], case["name"]


PURPOSES = st.sampled_from(["necessary", "analytics", "marketing", "third_party", "personalization", "x"])
PREFERENCES = st.none() | st.dictionaries(PURPOSES, st.booleans())


@given(PURPOSES, PREFERENCES, st.sampled_from([*MODES, "?"]), st.booleans())
def test_a_denial_is_never_overruled(purpose: str, preferences: dict[str, bool] | None, mode: str, gpc: bool) -> None:
    if purpose != "necessary" and preferences and preferences.get(purpose) is False:
        assert decide(purpose, preferences, mode, gpc) == "deny"


@given(PURPOSES, PREFERENCES, st.sampled_from([*MODES, "?"]))
def test_gpc_only_narrows(purpose: str, preferences: dict[str, bool] | None, mode: str) -> None:
    order = ["deny", "hold", "allow"]
    assert order.index(decide(purpose, preferences, mode, True)) <= order.index(
        decide(purpose, preferences, mode, False)
    )


def test_a_truthy_surprise_is_not_consent() -> None:
    assert decide("analytics", {"analytics": 1}, "opt_out", False) == "deny"  # type: ignore[dict-item]


def test_ids_are_unique() -> None:
    assert len(set(ids("gate"))) == len(GATE)


class Served(Struct):
    """A purpose as the vectors write it."""

    version: str
    required: bool
    default: str
    pending: str
    ttl_days: int
    gpc: str


def served(given_: dict[str, Any]) -> Served:
    return Served(
        given_["version"], given_["required"], given_["default"], given_["pending"], given_["ttlDays"], given_["gpc"]
    )


@pytest.mark.parametrize("case", cases("decide"), ids=ids("decide"))
def test_vectors_with_a_policy(case: dict[str, Any]) -> None:
    given_ = case["given"]
    choices = [Choice(c["granted"], c["version"], c["at"]) for c in given_["choices"]]
    found = judge(served(given_["purpose"]), choices, given_["gpc"], given_["eventTime"], given_["now"])
    assert found == (case["expect"]["standing"], case["expect"]["decision"])


class Person(RuleBasedStateMachine):
    """Somebody chooses, waits, sees new versions and sends events; a slow second opinion keeps the whole history."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1_000 * DAY_MS
        self.purpose = Served("v0", False, "pending", "queue", 30, "deny")
        self.history: list[Choice] = []

    @rule(granted=st.booleans())
    def choose(self, granted: bool) -> None:
        self.now += 1
        self.history.append(Choice(granted, self.purpose.version, self.now))

    @rule(days=st.integers(0, 40))
    def wait(self, days: int) -> None:
        self.now += days * DAY_MS

    @rule()
    def publish_a_new_version(self) -> None:
        self.purpose.version = f"v{int(self.purpose.version[1:]) + 1}"

    @rule(default=st.sampled_from(["pending", "granted", "denied", "?"]),
          pending=st.sampled_from(["queue", "drop", "cookieless", "?"]))  # fmt: skip
    def move(self, default: str, pending: str) -> None:
        self.purpose.default, self.purpose.pending = default, pending

    @rule(ago=st.integers(0, 60), gpc=st.booleans(), order=st.randoms(use_true_random=False))
    def send(self, ago: int, gpc: bool, order: Random) -> None:
        happened = self.now - ago * DAY_MS
        shuffled = list(self.history)
        order.shuffle(shuffled)
        held, verdict = judge(self.purpose, shuffled, gpc, happened, self.now)
        last = self.history[-1] if self.history else None
        then = [c for c in self.history if c.at <= happened]
        if last and not last.granted:
            assert (held, verdict) == ("denied", "deny")
        if then and not then[-1].granted:
            assert verdict == "deny"
        if gpc:
            assert verdict == "deny"
        if verdict == "allow":
            fresh = last and last.version == self.purpose.version and self.now - last.at < 30 * DAY_MS
            assert fresh or self.purpose.default == "granted"
        if verdict == "anonymise":
            assert (self.purpose.pending, self.purpose.default) == ("cookieless", "pending")
        assert (held == "stale") <= bool(last and last.granted and self.purpose.default == "pending")

    @invariant()
    def a_required_purpose_is_always_allowed(self) -> None:
        required = Served("v", True, "granted", "drop", 1, "deny")
        assert judge(required, self.history, True, self.now, self.now) == ("granted", "allow")


TestPerson = Person.TestCase
TestPerson.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
