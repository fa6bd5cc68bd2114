"""One message → the reason of its refusal, by the golden vectors through the whole worker."""

from typing import Any

import pytest

from collector.outcome import Reason
from tests.collector.desk import KEY, Desk
from tests.collector.expand import message
from tests.contract.golden import cases

INVALID = cases("invalid")
GOOD = b'{"type":"track","event":"neighbour","anonymousId":"a-2","messageId":"m-2"}'
# What the collector cannot say yet, and what no message may cause
NOT_NOW = {Reason.WITHDRAWN, Reason.SUPPRESSED, Reason.BOT, Reason.INTERNAL}


@pytest.mark.parametrize("case", INVALID, ids=[c["name"] for c in INVALID])
def test_vectors(desk: Desk, case: dict[str, Any]) -> None:
    expect, made = case["expect"], message(case["given"]["message"])
    reply = desk.post(b'{"batch":[%b,%b],"writeKey":"%b"}' % (made, GOOD, KEY.encode()))
    assert reply.status == 200, reply.body
    assert reply.reasons == ([] if expect == "accepted" else [expect]), reply.body
    # The neighbour is never hurt, and what was refused is in no row
    assert [r["event"] for r in reply.rows][-1] == "neighbour"
    assert len(reply.rows) == (2 if expect == "accepted" else 1)
    assert [letter["reason"] for letter in reply.letters] == reply.reasons


@pytest.mark.parametrize("case", INVALID, ids=[c["name"] for c in INVALID])
def test_the_same_verdict_alone_and_by_the_careful_way(desk: Desk, case: dict[str, Any]) -> None:
    """A context shared by the batch sends every message the careful way: its verdicts must be the same."""
    made = message(case["given"]["message"])
    careful = desk.post(b'{"batch":[%b],"context":{"zz":1},"writeKey":"%b"}' % (made, KEY.encode()))
    expect = case["expect"]
    assert careful.reasons == ([] if expect == "accepted" else [expect]), careful.body


def test_every_reason_that_can_arise_has_a_vector() -> None:
    assert {c["expect"] for c in INVALID} - {"accepted"} == {r.value for r in Reason} - {r.value for r in NOT_NOW}


def test_a_detail_says_what_to_do_and_quotes_nothing(desk: Desk) -> None:
    marker = "Zx9Marker"
    for case in INVALID:
        made = message(case["given"]["message"])
        reply = desk.post(b'{"batch":[%b],"writeKey":"%b"}' % (made.replace(b'"a-1"', b'"Zx9Marker"'), KEY.encode()))
        for refusal in reply.json["rejected"]:
            assert refusal["detail"], case["name"]
            assert marker not in refusal["detail"]
