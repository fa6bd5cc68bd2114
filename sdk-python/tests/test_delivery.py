"""Against a real HTTP server: what is sent, in which form, and what becomes of it under every kind of answer."""

import random
import time
from collections import Counter
from collections.abc import Callable

import pytest
from tests.contract.scripted import Reply, Scripted

from firsthand import Client, Problem, Report
from firsthand.protocol import LIBRARY

ClientOf = Callable[..., Client]
YES = {"analytics": True}


def send(client: Client, count: int, **more: object) -> list[str | None]:
    return [client.track("X", {"n": n}, user_id="u", consent=YES, **more) for n in range(count)]  # type: ignore[arg-type]


def balanced(client: Client) -> bool:
    stats = client.stats()
    settled = stats.sent + stats.pending + sum(stats.dropped.values()) + sum(stats.rejected.values())
    return stats.captured + stats.recovered == settled


def test_one_event_on_the_wire(collector: Scripted, client_of: ClientOf) -> None:
    client = client_of(collector.endpoint + "/in/")
    message_id = client.track("下单", {"total": 9.9}, user_id=7, anonymous_id="a-1", consent=YES)
    assert client.flush(60) == Report(sent=1, pending=0, dropped=0, rejected=0)
    (request,) = collector.requests
    assert (request.method, request.path) == ("POST", "/in/v1/batch")
    assert request.headers["authorization"] == "Bearer key-1"
    assert request.headers["content-type"] == "application/json"
    assert request.envelope["writeKey"] == "key-1"
    (message,) = request.batch
    assert request.envelope["sentAt"] >= message.pop("timestamp")
    assert message == {
        "type": "track",
        "messageId": message_id,
        "userId": "7",
        "anonymousId": "a-1",
        "event": "下单",
        "properties": {"total": 9.9},
        "context": {"library": dict(LIBRARY), "consent": {"categoryPreferences": YES}},
    }


def test_all_verbs(collector: Scripted, client_of: ClientOf) -> None:
    client = client_of(collector.endpoint)
    client.page("Cart", {"items": 2}, anonymous_id="a", consent=YES, context={"page": {"path": "/cart"}})
    client.screen("Cart", anonymous_id="a", consent=YES)
    client.identify("u", {"plan": "pro"}, consent=YES)
    client.group("g", {"size": 3}, user_id="u", consent=YES)
    client.alias("old", "u", consent=YES)
    assert client.flush(60).sent == 5
    page, screen, identify, group, alias = collector.messages
    assert (page["type"], page["name"], page["properties"]) == ("page", "Cart", {"items": 2})
    assert page["context"]["page"] == {"path": "/cart"}
    assert (screen["type"], screen["name"]) == ("screen", "Cart")
    assert (identify["userId"], identify["traits"]) == ("u", {"plan": "pro"})
    assert (group["groupId"], group["traits"]) == ("g", {"size": 3})
    assert (alias["previousId"], alias["userId"]) == ("old", "u")


def test_batches_are_bounded_compressed_and_share_a_connection(collector: Scripted, client_of: ClientOf) -> None:
    client = client_of(collector.endpoint)
    ids = send(client, 250)
    assert client.flush(60).sent == 250
    assert [len(r.batch) for r in collector.batches] == [100, 100, 50]
    assert [m["messageId"] for m in collector.messages] == ids
    assert all(r.headers["content-encoding"] == "gzip" for r in collector.batches)
    assert collector.connections == 1


def test_when_many_wait_batches_are_larger(collector: Scripted, client_of: ClientOf) -> None:
    """Over a network a round trip costs more than a batch: what has piled up must not wait for hundreds of them."""
    collector.replies.append(Reply(after=0.5))
    client = client_of(collector.endpoint)
    ids = send(client, 2_100)
    assert client.flush(60).sent == 2_100
    sizes = [len(r.batch) for r in collector.batches]
    assert max(sizes) == 500  # how many wait at the beginning and at the end is the scheduler's business
    assert len(sizes) < 2_100 / 100
    assert [m["messageId"] for m in collector.messages] == ids


def test_batches_are_bounded_in_bytes(collector: Scripted, client_of: ClientOf) -> None:
    client = client_of(collector.endpoint, batch_bytes=10_000, compress=False)
    for _ in range(5):
        client.track("X", {"text": "x" * 4000}, user_id="u", consent=YES)
    client.flush(60)
    assert [len(r.batch) for r in collector.batches] == [2, 2, 1]
    assert "content-encoding" not in collector.batches[0].headers


def test_events_leave_without_flush(collector: Scripted, client_of: ClientOf) -> None:
    client = client_of(collector.endpoint, batch_seconds=0.2)
    began = time.monotonic()
    send(client, 3)
    assert collector.wait(lambda c: len(c.messages) == 3)
    assert collector.requests[0].at - began >= 0.15, "a batch waits for company"
    assert len(collector.batches) == 1


@pytest.mark.parametrize(
    "trouble",
    [
        Reply(503),
        Reply(500),
        Reply(429),
        Reply(408),
        Reply(act="close"),
        Reply(act="garbage"),
        Reply(act="garbage", body=b"HTTP/1.1 200 OK\r\nContent-Length: nine\r\n\r\n{}"),
        Reply(act="cut"),
        Reply(act="cut", body=b""),
        Reply(body=b"<html>Welcome to our free wifi</html>"),
        Reply(body=b'[{"success": true}]'),
        Reply(body=b'{"success": true, "rejected": 3}'),
        Reply(body=b'{"success":'),
        Reply(body=b'{"ok": true}'),
    ],
    ids=lambda r: f"{r.act}-{r.status}-{(r.body or b'')[:12]!r}",
)
def test_trouble_is_retried_with_the_same_ids(
    collector: Scripted, client_of: ClientOf, problems: list[Problem], trouble: Reply
) -> None:
    random.seed(3)  # the jitter
    collector.replies.extend([trouble, trouble])
    client = client_of(collector.endpoint)
    ids = send(client, 3)
    assert client.flush(60) == Report(3, 0, 0, 0)
    assert len(collector.batches) >= 3
    assert all([m["messageId"] for m in r.batch] == ids for r in collector.batches)
    assert [(p.kind, p.reason) for p in problems] == [("retry", "unreachable")]


@pytest.mark.parametrize("act", ["hang", "drip"])
def test_a_slow_answer_has_a_deadline(collector: Scripted, client_of: ClientOf, act: str) -> None:
    collector.replies.append(Reply(act=act, delay=0.05))
    client = client_of(collector.endpoint, request_timeout=0.3)
    send(client, 1)
    assert client.flush(60).sent == 1
    first, second = collector.batches
    assert 0.25 < second.at - first.at < 10
    assert first.batch == second.batch


def test_retry_after_is_obeyed(collector: Scripted, client_of: ClientOf) -> None:
    collector.replies.append(Reply(503, {"Retry-After": "1"}))
    client = client_of(collector.endpoint)
    send(client, 1)
    assert client.flush(0.5).pending == 1
    assert client.flush(60).sent == 1
    first, second = collector.batches
    assert 1.0 <= second.at - first.at < 10


def test_a_batch_that_is_too_large_is_split(collector: Scripted, client_of: ClientOf) -> None:
    collector.otherwise = lambda request: Reply(413 if len(request.batch) > 2 else 200)
    client = client_of(collector.endpoint)
    ids = send(client, 7)
    assert client.flush(60) == Report(7, 0, 0, 0)
    accepted = [m["messageId"] for r in collector.batches if len(r.batch) <= 2 for m in r.batch]
    assert accepted == ids, "in order, each once"


def test_a_message_that_is_too_large_is_dropped(
    collector: Scripted, client_of: ClientOf, problems: list[Problem]
) -> None:
    collector.otherwise = lambda request: Reply(413 if any("n" in m["properties"] for m in request.batch) else 200)
    client = client_of(collector.endpoint)
    client.track("X", {"n": 1}, user_id="u", consent=YES)
    client.track("X", {"m": 1}, user_id="u", consent=YES)
    assert client.flush(60) == Report(1, 0, 1, 0)
    assert client.stats().dropped == {"too_large": 1}
    assert [(p.kind, p.reason) for p in problems] == [("dropped", "too_large")]


def test_an_oversized_call_never_reaches_the_wire(collector: Scripted, client_of: ClientOf) -> None:
    client = client_of(collector.endpoint)
    assert client.track("X", {"text": "x" * 33_000}, user_id="u", consent=YES) is None
    assert client.track("X", {"text": "x" * 30_000}, user_id="u", consent=YES) is not None
    assert client.flush(60) == Report(1, 0, 1, 0)
    assert len(collector.messages) == 1


@pytest.mark.parametrize("status", [400, 404, 422, 302])
def test_a_refused_batch_is_not_sent_again(
    collector: Scripted, client_of: ClientOf, problems: list[Problem], status: int
) -> None:
    collector.replies.append(Reply(status, {"Location": collector.endpoint + "/elsewhere"}))
    client = client_of(collector.endpoint)
    send(client, 3)
    assert client.flush(60) == Report(0, 0, 3, 0)
    send(client, 1)
    assert client.flush(60) == Report(2, 0, 3, 0)
    assert [len(r.batch) for r in collector.batches] == [3, 1, 1]
    assert len(collector.requests) == 3, "redirects are not followed"
    assert [m["event"] for m in collector.messages[4:]] == ["$lost"]
    lost = collector.messages[4]
    assert lost["properties"] == {"count": 3, "reasons": {"refused": 3}}
    assert (lost["context"]["purpose"], "userId" in lost, "consent" in lost["context"]) == ("necessary", False, False)
    assert problems == [Problem("dropped", "refused", f"the collector answered {status}")]


@pytest.mark.parametrize("status", [401, 403])
def test_a_wrong_key_stops_everything(
    collector: Scripted, client_of: ClientOf, problems: list[Problem], status: int
) -> None:
    collector.otherwise = lambda _request: Reply(status, after=0.1)
    client = client_of(collector.endpoint)
    send(client, 250)
    assert client.flush(60) == Report(0, 0, 250, 0)
    assert send(client, 1) == [None]
    time.sleep(0.1)
    assert len(collector.requests) == 1
    assert client.stats().dropped == {"unauthorized": 251}
    assert [(p.kind, p.reason) for p in problems] == [("dropped", "unauthorized")]


def test_verdicts_are_read_and_told_once_a_reason(
    collector: Scripted, client_of: ClientOf, problems: list[Problem]
) -> None:
    invalid = {"reason": "invalid", "detail": "event must be\ntext"}
    collector.otherwise = lambda _request: Reply(
        rejected=({"index": 0, **invalid}, {"index": 2, **invalid}, {"index": 1, "reason": "brand_new"})
    )
    client = client_of(collector.endpoint)
    for _ in range(2):
        send(client, 4)
        client.flush(60)
    assert client.flush(60) == Report(2, 0, 0, 6)
    assert client.stats().rejected == {"invalid": 4, "other": 2}
    assert problems == [
        Problem("rejected", "invalid", "event must be text"),
        Problem("rejected", "other", "brand_new: "),
    ]


def test_a_collector_that_is_killed_and_comes_back(client_of: ClientOf) -> None:
    first = Scripted()
    with first:
        client = client_of(first.endpoint)
        send(client, 2)
        assert client.flush(60).sent == 2
    ids = send(client, 5)
    assert client.flush(0.3).pending == 5
    with Scripted(port=first.port) as second:
        assert client.flush(60) == Report(7, 0, 0, 0)
        assert [m["messageId"] for m in second.messages] == ids


def test_an_idle_connection_closed_by_the_server_costs_no_wait(
    collector: Scripted, client_of: ClientOf, problems: list[Problem]
) -> None:
    client = client_of(collector.endpoint)
    send(client, 1)
    client.flush(60)
    collector._server.cut_connections()
    send(client, 1)
    assert client.flush(60).sent == 2
    assert problems == [], "no failure, so no wait"
    assert collector.connections == 2


def test_a_host_that_cannot_be_resolved(client_of: ClientOf, problems: list[Problem]) -> None:
    client = client_of("http://nowhere.invalid")
    send(client, 1)
    assert client.flush(1.5) == Report(0, 1, 0, 0)
    assert [(p.kind, p.reason) for p in problems] in ([("retry", "unreachable")], [])  # a resolver may be slow


def test_a_dead_collector_and_a_full_queue_never_block(
    collector: Scripted, client_of: ClientOf, problems: list[Problem]
) -> None:
    collector.otherwise = lambda _request: Reply(act="hang")
    client = client_of(collector.endpoint, queue_events=500)
    slowest = 0.0
    for n in range(2_000):
        began = time.perf_counter()
        client.track("X", {"n": n}, user_id="u", consent=YES)
        slowest = max(slowest, time.perf_counter() - began)
    stats = client.stats()
    assert (stats.pending, stats.dropped) == (500, {"queue_full": 1_500})
    assert slowest < 2  # connect_timeout is 3, request_timeout 10
    assert [p.reason for p in problems] == ["queue_full"]
    assert balanced(client)


def test_the_queue_is_bounded_in_bytes(client_of: ClientOf) -> None:
    client = client_of("http://127.0.0.1:9", queue_bytes=50_000)
    for _ in range(100):
        client.track("X", {"text": "x" * 900}, user_id="u", consent=YES)
    stats = client.stats()
    assert 45_000 < stats.pending_bytes <= 50_000
    assert stats.dropped["queue_full"] == 100 - stats.pending


def test_flush_from_on_error_does_not_wait_for_itself(collector: Scripted, client_of: ClientOf) -> None:
    reports: list[Report] = []
    collector.replies.append(Reply(400))
    client: Client = client_of(collector.endpoint, on_error=lambda _problem: reports.append(client.flush(60)))
    send(client, 1)
    began = time.monotonic()
    client.flush(60)
    assert time.monotonic() - began < 5
    assert reports == [Report(0, 0, 1, 0)]


def test_shutdown_is_idempotent_and_final(collector: Scripted, client_of: ClientOf) -> None:
    client = client_of(collector.endpoint, batch_seconds=30)
    send(client, 3)
    assert client.shutdown() == Report(3, 0, 0, 0)
    assert send(client, 1) == [None]
    assert client.shutdown() == Report(3, 0, 1, 0)
    assert client.stats().dropped == {"closed": 1}
    assert len(collector.messages) == 3


def test_shutdown_tries_once_more_but_does_not_wait_in_vain(collector: Scripted, client_of: ClientOf) -> None:
    collector.otherwise = lambda _request: Reply(503, {"Retry-After": "60"})
    client = client_of(collector.endpoint, batch_seconds=0)
    send(client, 1)
    assert collector.wait(lambda c: len(c.batches) == 1)
    began = time.monotonic()
    assert client.shutdown(15) == Report(0, 1, 0, 0)
    assert time.monotonic() - began < 10, "the server said a minute; fifteen seconds of waiting would change nothing"
    assert len(collector.batches) == 1


def test_the_sums_balance_under_random_answers(collector: Scripted, client_of: ClientOf) -> None:
    dice = random.Random(7)

    def answer(_request: object) -> Reply:
        kind = dice.random()
        if kind < 0.2:
            return Reply(400)
        if kind < 0.4:
            return Reply(413)
        return Reply(rejected=({"index": 0, "reason": "bot"},)) if kind < 0.7 else Reply()

    collector.otherwise = answer
    client = client_of(collector.endpoint, batch_events=10, queue_events=200)
    for n in range(1_000):
        client.track("X" if n % 7 else "$no", {"n": n}, user_id="u", consent=YES if n % 5 else None)
        if n % 100 == 0:
            assert balanced(client)
    client.flush(60)
    assert balanced(client)
    stats = client.stats()
    assert stats.captured == 1_001, "the 1,000, and one `$lost` about some of them"
    assert stats.pending <= 1
    assert {"refused", "no_consent", "reserved_name"} <= set(stats.dropped)
    received = Counter(m["messageId"] for m in collector.messages)
    assert len(received) >= stats.sent + stats.rejected["bot"]
