"""When did it happen? The golden vectors through the whole worker, and what holds for every pair of clocks."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.collector.desk import Desk
from tests.contract.golden import cases

CLOCK = cases("clock")
MESSAGE = {"type": "track", "event": "Order", "anonymousId": "a-1"}


@pytest.mark.parametrize("case", CLOCK, ids=[c["name"] for c in CLOCK])
def test_vectors(desk: Desk, case: dict[str, Any]) -> None:
    said = case["given"]
    desk.now = datetime.fromisoformat(said["received"])
    message = MESSAGE | ({"timestamp": said["original"]} if said["original"] else {})
    reply = desk.batch(message, **({"sentAt": said["sent"]} if said["sent"] else {}))
    if isinstance(case["expect"], dict):
        assert reply.reasons == [case["expect"]["error"]]
    else:
        assert datetime.fromisoformat(reply.rows[0]["event_time"]) == datetime.fromisoformat(case["expect"])


TIMES = st.datetimes(datetime(2000, 1, 1), datetime(9999, 12, 31)).map(lambda t: t.replace(tzinfo=UTC))


@given(original=TIMES, sent=st.none() | TIMES, received=TIMES)
@settings(max_examples=200, deadline=None)
def test_never_later_than_received_and_order_is_kept(
    shared_desk: Desk, original: datetime, sent: datetime | None, received: datetime
) -> None:
    shared_desk.now = received.replace(microsecond=0)
    later = min(original + timedelta(seconds=1), datetime(9999, 12, 31, tzinfo=UTC))
    messages = [MESSAGE | {"timestamp": t.isoformat()} for t in (original, later)]
    reply = shared_desk.batch(*messages, **({"sentAt": sent.isoformat()} if sent else {}))
    first, second = (datetime.fromisoformat(r["event_time"]) for r in reply.rows)
    assert first <= second <= shared_desk.now
    assert datetime.fromisoformat(reply.rows[0]["received_at"]) == shared_desk.now
