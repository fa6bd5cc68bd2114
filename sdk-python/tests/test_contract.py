"""The golden vectors that Python claims, read in place."""

from typing import Any

import pytest
from tests.contract.golden import cases

from firsthand.batch import slice_sizes
from firsthand.event import Refused, State, build
from firsthand.gate import decide
from firsthand.retry import next_step

GATE = cases("gate")
EVENT = cases("event")
BATCH = cases("batch")
RETRY = cases("retry")


def named(found: list[dict[str, Any]]) -> pytest.MarkDecorator:
    assert found
    return pytest.mark.parametrize("case", found, ids=[c["name"] for c in found])


@named(GATE)
def test_gate(case: dict[str, Any]) -> None:
    given = case["given"]
    assert decide(given["purpose"], given["preferences"], given["mode"], given["gpc"]) == case["expect"]


@named(EVENT)
def test_event(case: dict[str, Any]) -> None:
    given = case["given"]
    who = given["state"]
    state = State(who["anonymousId"], who["userId"], who["sessionId"], who["seq"], who["preferences"])
    try:
        found = build(given["call"], state, given["context"], given["library"], given["id"], given["now"])
    except Refused as refused:
        found = {"error": refused.reason}
    assert found == case["expect"]


@named(BATCH)
def test_batch(case: dict[str, Any]) -> None:
    given = case["given"]
    plan = slice_sizes(given["sizes"], given["maxEvents"], given["maxBytes"], given["maxMessage"])
    assert {"batches": plan.batches, "tooLarge": plan.too_large} == case["expect"]


@named(RETRY)
def test_retry(case: dict[str, Any]) -> None:
    given = case["given"]
    step = next_step(given["status"], given["retryAfter"], given["attempt"], given["count"], given["random"])
    assert {"action": step.action, "delayMs": step.delay_ms} == case["expect"]
