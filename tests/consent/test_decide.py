"""The gate's pure decision, by the golden vectors and over all inputs."""

from hypothesis import given
from hypothesis import strategies as st

from consent.decide import MODES, decide
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
