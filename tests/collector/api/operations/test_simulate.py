"""The simulator over the admin API says what the page says, with the row that would be stored."""

import pytest

from tests.consent.api.caller import Caller

ORDER = {"type": "track", "event": "Order Completed", "properties": {"total": 4, "coupon": "X", "email": "a@b.example"}}


@pytest.fixture
def analyst(roles: dict[str, Caller]) -> Caller:
    return roles["analyst"]


def test_each_gate_and_the_row(analyst: Caller) -> None:
    asked = {"event": ORDER, "choices": {"marketing": False, "analytics": True}, "region": "DE"}
    said = analyst.post("/sites/default/simulate", asked)
    assert said["gates"]["purpose"] == "necessary" and said["gates"]["collector"] == "strip"
    assert said["gates"]["strip"] == ["properties.coupon"]
    assert said["stored"]["properties"]["total"] == 4 and "a@b.example" not in str(said["stored"])
    nothing = analyst.post("/sites/default/simulate", {"event": {"type": "page"}, "region": "DE"})
    assert (nothing["gates"]["client"], nothing["stored"], nothing["reason"]) == ("hold", None, "no_consent")
    barred = analyst.post("/sites/default/simulate", {"event": ORDER, "suppressed": True})
    assert barred["reason"] == "suppressed"


def test_what_cannot_be_simulated(roles: dict[str, Caller], analyst: Caller) -> None:
    refused = analyst.post("/sites/default/simulate", {"event": {"type": "nonsense"}})
    assert (refused["stored"], refused["reason"]) == (None, "invalid")
    assert analyst.refused("POST", "/sites/default/simulate", {"event": ORDER, "draft": "none"}) == (
        404, "draft.unknown",
    )  # fmt: skip
    assert analyst.refused("POST", "/sites/default/simulate", {"event": [1]}) == (400, "invalid")
    assert analyst.refused("POST", "/sites/default/simulate", {}) == (400, "invalid")
    assert roles["viewer"].refused("POST", "/sites/default/simulate", {"event": ORDER}) == (403, "forbidden")
