"""May we keep it? The golden vectors through the whole worker: what an SDK would hold is refused here."""

import itertools
import json
from collections.abc import Iterator
from typing import Any

import pytest

from consent.decide import MODES
from tests.collector.desk import Desk, Reply
from tests.collector.desk import desk as made
from tests.contract.golden import cases

GATE = cases("gate")
MESSAGE = {"type": "track", "event": "Order", "anonymousId": "a-1", "messageId": "m-1"}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A source for each mode; its key is the mode."""
    with made(tmp_path_factory.mktemp("gate"), [{"id": m, "write_key": m, "mode": m} for m in MODES]) as desk:
        yield desk


@pytest.mark.parametrize(
    ("case", "gpc_in_header"),
    list(itertools.product(GATE, (False, True))),
    ids=lambda v: v["name"] if isinstance(v, dict) else ("header" if v else "message"),
)
def test_vectors(office: Desk, case: dict[str, Any], gpc_in_header: bool) -> None:
    said = case["given"]
    if said["mode"] not in MODES:
        pytest.skip("a source cannot have an unknown mode: its file is refused")
    context: dict[str, Any] = {"purpose": said["purpose"]}
    if said["preferences"] is not None:
        context["consent"] = {"categoryPreferences": said["preferences"]}
    headers = {}
    if said["gpc"]:
        headers, context = ({"sec-gpc": "1"}, context) if gpc_in_header else ({}, context | {"gpc": True})
    body = {"messages": [MESSAGE | {"context": context}], "key": said["mode"]}
    reply = _post(office, body, headers)
    if case["expect"] == "allow":
        assert reply.reasons == []
        assert reply.rows[0]["purpose"] == said["purpose"]
        granted = sorted(p for p, choice in (said["preferences"] or {}).items() if choice)
        assert reply.rows[0].get("consent_purposes", []) == granted
    else:
        assert (reply.reasons, reply.rows) == (["no_consent"], [])


def _post(office: Desk, body: dict[str, Any], headers: dict[str, str]) -> Reply:
    encoded = json.dumps({"batch": body["messages"], "writeKey": body["key"]}).encode()
    return office.post(encoded, headers=headers)


@pytest.mark.parametrize("value", ["0", "2", "true", "1, 1", ""])
def test_only_one_is_gpc(office: Desk, value: str) -> None:
    """The W3C text knows the value 1 and nothing else."""
    message = MESSAGE | {"context": {"purpose": "marketing", "consent": {"categoryPreferences": {"marketing": True}}}}
    assert _post(office, {"messages": [message], "key": "opt_in"}, {"sec-gpc": value}).reasons == []


def test_a_refused_person_is_not_looked_up_and_leaves_no_trace(office: Desk) -> None:
    context = {"consent": {"categoryPreferences": {"analytics": False}}, "userAgent": "Mozilla Marker9"}
    message = MESSAGE | {"context": context, "userId": "marker9", "properties": {"a": "marker9"}}
    reply = _post(office, {"messages": [message], "key": "opt_in"}, {"user-agent": "Marker9"})
    assert reply.reasons == ["no_consent"]
    assert "marker9" not in str(reply.letters).lower()
