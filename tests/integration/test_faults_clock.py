"""Clocks that jump: the server's (libfaketime steps it under the running programs) and the clients'.

Sealing, committing, back-off and rate limits go by the monotonic clock, so a step delays nothing. Times in the table
follow the server's wall clock and never lie after the event's receipt; the order within a session is `seq`.
"""

import base64
import json
import time
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.integration.load import Load
from tests.integration.stack import Stack, audit, stack_on, wait_for
from tests.stores import Store

LIBRARIES = ("/usr/lib/*/faketime/libfaketimeMT.so.1", "/usr/local/lib/faketime/libfaketimeMT.so.1")
STEPS = ("-7200", "+90000")


def faketime() -> str:
    found = [str(path) for pattern in LIBRARIES for path in Path("/").glob(pattern.lstrip("/"))]
    assert found, "libfaketime is needed to step a process's clock: apt-get install faketime"
    return found[0]


def test_a_stepped_server_clock_delays_and_loses_nothing(local: Store) -> None:
    offset = local.data.parent / "offset"
    offset.write_text("+0")
    with stack_on(local) as stack:
        key = stack.add_source()
        stack.environ |= {
            "LD_PRELOAD": faketime(),
            "FAKETIME_TIMESTAMP_FILE": str(offset),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
        }
        # Not `firsthand up`: libfaketime breaks the absolute clock_nanosleep of Python's time.sleep, which it uses
        collector, loader = stack.serve(), stack.load()
        with Load(stack.port, key, rate=30) as load:
            commits(stack)
            slowest = 0.0
            for step in STEPS:
                draft = offset.with_suffix(".new")
                draft.write_text(step)
                draft.rename(offset)
                slowest = max(slowest, commits(stack))
            load.stop()
        assert stack.stop(collector) == stack.stop(loader) == 0, stack.said()
        stack.environ.clear()
        found = audit(stack, load.sent, load.acknowledged)
        assert found.exact, f"{found}\n{stack.said()[-5000:]}"
        assert set(load.statuses) == {200}
        assert stack.segments(".sealed") == []
        ahead = "select count(*) as n from events where event_time > received_at"
        assert stack.rows(ahead) == [{"n": 0}]
        days = stack.rows("select min(received_at) as first, max(received_at) as last from events")[0]
        jumped = parsed(days["last"]) - parsed(days["first"])
        assert jumped > timedelta(hours=24), "the clock was not stepped; the test shows nothing"
        # The client's clock was right all the time, so its distance to the server's is the step
        corrected = "select max(received_at - event_time) as late from events"
        assert stack.rows(f"select late < interval 10 minutes as ok from ({corrected})") == [{"ok": True}]
        print(f"\nthe slowest commit after a step was seen after {slowest:.1f} s; {found}")


def commits(stack: Stack) -> float:
    """Seconds until segments that are sealed from now on are committed; it fails long before a step would be over."""
    newest = {path.parent.name: int(path.stem) for path in stack.segments(".open")}

    def gone() -> bool:
        # Two numbers on: the segment that was open is sealed, and the one after it is not here any more either
        now = [(path.parent.name, int(path.stem)) for path in stack.segments("ed")]
        oldest = {shard: min(n for s, n in now if s == shard) for shard, _ in now}
        opened = {path.parent.name: int(path.stem) for path in stack.segments(".open")}
        return bool(newest) and all(
            opened.get(shard, 0) > number + 1 and oldest.get(shard, number + 2) > number + 1
            for shard, number in newest.items()
        )

    if not newest:
        wait_for(lambda: bool(stack.segments(".open")), "an open segment")
        return commits(stack)
    return wait_for(gone, f"commits after {newest}; there is {stack.segments('ed')}\n{stack.said()[-3000:]}")


def test_client_clocks_that_are_wrong_or_jump(local: Store) -> None:
    """(the clock at the event, the clock at sending), in hours off: constant errors are taken out, steps bounded."""
    clocks = ((0.0, 0.0), (3.0, 3.0), (-30.0, -30.0), (2.0, 0.0), (-2.0, 0.0), (0.0, 2.0), (0.0, -2.0), (0.0, 0.0))
    with stack_on(local) as stack:
        key = stack.add_source()
        collector = stack.serve()
        begun = datetime.now(UTC)
        for seq, (at_event, at_sending) in enumerate(clocks):
            send(stack, key, seq, at_event, at_sending)
        assert stack.stop(collector) == 0
        stack.settle()
        rows = stack.rows("select event_id, seq, event_time, received_at, original_timestamp from events order by seq")
        ended = datetime.now(UTC)
    assert [row["event_id"] for row in rows] == [f"e{seq}" for seq in range(len(clocks))], "seq is the order"
    slack = timedelta(minutes=10)  # of this machine; the steps are hours
    for row, (at_event, at_sending) in zip(rows, clocks, strict=True):
        event, received = parsed(row["event_time"]), parsed(row["received_at"])
        assert begun - slack < received < ended + slack
        assert event <= received
        said = parsed(row["original_timestamp"])
        assert abs(said - received - timedelta(hours=at_event)) < slack, "what the client said is kept"
        if at_event == at_sending:
            assert received - event < slack, f"a constant error of {at_event} h is taken out"
        else:
            # A step between event and sending cannot be told from a late sending: the error is at most the step
            assert received - event < timedelta(hours=abs(at_event - at_sending)) + slack


def send(stack: Stack, key: str, seq: int, at_event: float, at_sending: float) -> None:
    def shown(hours: float) -> str:
        return (datetime.now(UTC) + timedelta(hours=hours)).isoformat(timespec="milliseconds")

    message: dict[str, Any] = {
        "type": "track", "event": "tick", "messageId": f"e{seq}", "anonymousId": "a", "timestamp": shown(at_event),
        "context": {"seq": seq, "sessionId": "s"},
    }  # fmt: skip
    body = json.dumps({"batch": [message], "sentAt": shown(at_sending)}).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{stack.port}/v1/batch", body, method="POST")
    request.add_header("authorization", "Basic " + base64.b64encode(f"{key}:".encode()).decode())
    with urllib.request.urlopen(request, timeout=60) as answer:
        assert json.load(answer)["accepted"] == 1
    time.sleep(0.02)


def parsed(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))
