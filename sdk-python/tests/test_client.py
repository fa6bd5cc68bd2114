"""Calls: consent first, then the message; nothing is raised, nothing is uncounted."""

import logging
import signal
import threading
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.contract.scripted import Scripted

import firsthand
from firsthand import Client, Problem, SettingsError
from firsthand.testing import Recorder, capture_events

YES = {"analytics": True}


@pytest.mark.parametrize(
    ("policy", "consent", "context", "sent"),
    [
        ("strict", YES, {}, True),
        ("strict", None, {}, False),
        ("strict", {}, {}, False),
        ("strict", {"analytics": False}, {}, False),
        ("strict", {"marketing": True}, {}, False),
        ("strict", {"analytics": 1}, {}, False),
        ("strict", {"analytics": "yes"}, {}, False),
        ("strict", None, {"purpose": "necessary"}, True),
        ("strict", YES, {"purpose": "marketing"}, False),
        ("strict", {"marketing": True}, {"purpose": "marketing"}, True),
        ("strict", {"marketing": True}, {"purpose": "marketing", "gpc": True}, False),
        ("server", None, {}, True),
        ("server", {}, {}, True),
        ("server", YES, {}, True),
        ("server", {"analytics": False}, {}, False),
        ("server", None, {"purpose": "marketing", "gpc": True}, False),
    ],
)
def test_consent_decides(policy: str, consent: Any, context: dict[str, Any], sent: bool) -> None:
    recorder = Recorder(consent_policy=policy)
    assert (recorder.track("X", user_id="u", consent=consent, context=context) is not None) == sent
    assert len(recorder.events) == sent
    if not sent:
        assert recorder.stats().dropped == {"no_consent": 1}
        assert [p.reason for p in recorder.problems] == ["no_consent"]
    elif consent is None:
        assert "consent" not in recorder.events[0]["context"]
    else:
        assert recorder.events[0]["context"]["consent"]["categoryPreferences"] == consent


def test_a_receipt_beside_the_preferences_is_kept() -> None:
    recorder = Recorder()
    recorder.track("X", user_id="u", consent=YES, context={"consent": {"receiptId": "r-1"}})
    assert recorder.events[0]["context"]["consent"] == {"receiptId": "r-1", "categoryPreferences": YES}


def test_context_as_the_caller_gave_it_is_no_consent() -> None:
    """A choice counts only where the gate sees it: smuggled in by `context` it must not pass unasked."""
    recorder = Recorder()
    recorder.track("X", user_id="u", context={"consent": {"categoryPreferences": YES}})
    assert recorder.events == []


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        ({"event": ""}, "invalid"),
        ({"event": None}, "invalid"),
        ({"event": "x" * 201}, "invalid"),
        ({"event": "$page"}, "reserved_name"),
        ({"user_id": None}, "no_identity"),
        ({"user_id": ""}, "no_identity"),
        ({"user_id": True}, "invalid"),
        ({"user_id": 1.5}, "invalid"),
        ({"user_id": "x" * 257}, "invalid"),
        ({"message_id": "x" * 101}, "invalid"),
        ({"properties": [1]}, "invalid"),
        ({"context": "x"}, "invalid"),
        ({"consent": True}, "invalid"),
        ({"timestamp": object()}, "invalid"),
        ({"timestamp": 1e20}, "invalid"),
        ({"properties": {"x": "x" * 40_000}}, "too_large"),
    ],
)
def test_wrong_arguments_are_counted_not_raised(call: dict[str, Any], reason: str) -> None:
    recorder = Recorder()
    given_ = {"event": "X", "user_id": "u", "consent": YES, **call}
    assert recorder.track(**given_) is None
    assert recorder.stats().dropped == {reason: 1}
    assert recorder.stats().captured == 1
    assert [(p.kind, p.reason) for p in recorder.problems] == [("dropped", reason)]
    assert recorder.events == []


@pytest.mark.parametrize(
    ("timestamp", "expected"),
    [
        (datetime(2026, 1, 2, 3, 4, 5, 678_999, timezone.utc), "2026-01-02T03:04:05.678Z"),
        (datetime(2026, 1, 2, tzinfo=timezone(timedelta(hours=-5))), "2026-01-02T05:00:00.000Z"),
        (1_767_323_045.678, "2026-01-02T03:04:05.678Z"),
        ("2025-12-31T23:59:59Z", "2025-12-31T23:59:59Z"),
    ],
)
def test_timestamps(timestamp: Any, expected: str) -> None:
    recorder = Recorder()
    recorder.track("X", user_id="u", consent=YES, timestamp=timestamp)
    assert recorder.events[0]["timestamp"] == expected


def test_the_callers_message_id_makes_a_call_idempotent() -> None:
    recorder = Recorder()
    assert recorder.track("X", user_id=UUID(int=1), consent=YES, message_id="order-7-paid") == "order-7-paid"
    assert recorder.events[0]["messageId"] == "order-7-paid"
    assert recorder.events[0]["userId"] == str(UUID(int=1))


def test_what_is_captured_is_what_was_then() -> None:
    recorder = Recorder()
    basket = {"items": ["a"]}
    recorder.track("X", basket, user_id="u", consent=YES)
    basket["items"].append("b")
    assert recorder.events[0]["properties"] == {"items": ["a"]}


def test_placeholders_are_reported() -> None:
    recorder = Recorder()
    recorder.track("X", {"ratio": float("nan"), "b": 1}, user_id="u", consent=YES)
    assert recorder.events[0]["properties"] == {"ratio": "<NaN>", "b": 1}
    assert recorder.problems == [Problem("placeholder", "track", "properties.ratio: <NaN>")]


def test_a_problem_is_told_once_a_reason_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    recorder = Recorder()
    with caplog.at_level(logging.WARNING, "firsthand"):
        for _ in range(5):
            recorder.track("X", user_id="u")
            recorder.track("", user_id="u", consent=YES)
    assert [p.reason for p in recorder.problems] == ["no_consent", "invalid"]
    assert len(caplog.records) == 2
    assert recorder.stats().dropped == {"no_consent": 5, "invalid": 5}


def test_on_error_may_raise() -> None:
    def broken(_problem: Problem) -> None:
        raise RuntimeError("handler")

    client = Client("k", "http://127.0.0.1:9", on_error=broken)
    assert client.track("", user_id="u", consent=YES) is None
    client.shutdown(0)


ANYTHING = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary(), st.builds(object),
    st.lists(st.integers()), st.dictionaries(st.text(), st.text() | st.booleans()), st.datetimes(), st.uuids(),
    st.characters(categories=["Cs"]),
)  # fmt: skip


@given(ANYTHING, ANYTHING, ANYTHING, ANYTHING, ANYTHING, ANYTHING, ANYTHING, ANYTHING)
def test_track_never_raises(event: Any, properties: Any, user: Any, anonymous: Any, timestamp: Any, context: Any,
                            consent: Any, message_id: Any) -> None:  # fmt: skip
    recorder = Recorder(consent_policy="server")
    found = recorder.track(event, properties, user_id=user, anonymous_id=anonymous, timestamp=timestamp,
                           context=context, consent=consent, message_id=message_id)  # fmt: skip
    assert found is None or isinstance(found, str)
    stats = recorder.stats()
    assert (found is None) == (stats.captured == 1) == (not recorder.events)
    assert "internal" not in stats.dropped


def test_capture_events_for_the_tests_of_hosts() -> None:
    with capture_events() as events:
        firsthand.track("Order Completed", {"total": 9.9}, user_id="u", consent=YES)
        firsthand.track("Order Completed", user_id="u")  # without consent: as absent as in production
        firsthand.identify("u", {"plan": "pro"}, consent=YES)
    assert [e["type"] for e in events] == ["track", "identify"]
    assert firsthand.stats() is None, "nothing is left behind"


def test_an_application_without_configuration_runs(caplog: pytest.LogCaptureFixture) -> None:
    firsthand.default.use(None)
    with caplog.at_level(logging.WARNING, "firsthand"):
        assert firsthand.track("X", user_id="u", consent=YES) is None
        assert firsthand.page() is None
    assert len([r for r in caplog.records if "write_key is missing" in r.getMessage()]) == 1
    assert firsthand.flush() == firsthand.shutdown() == (0, 0, 0, 0)


def test_the_environment_configures_the_default(collector: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIRSTHAND_WRITE_KEY", "env-key")
    monkeypatch.setenv("FIRSTHAND_ENDPOINT", collector.endpoint)
    firsthand.default.use(None)
    assert firsthand.track("X", user_id="u", consent=YES)
    assert firsthand.flush(60).sent == 1
    assert collector.requests[0].headers["authorization"] == "Bearer env-key"
    firsthand.shutdown()
    firsthand.default.use(None)


def test_configure_again_delivers_what_the_earlier_client_had(collector: Scripted) -> None:
    firsthand.configure("one", collector.endpoint, batch_seconds=30)
    firsthand.track("X", user_id="u", consent=YES)
    with pytest.raises(SettingsError):
        firsthand.configure("two", "not an address")
    firsthand.configure("two", collector.endpoint)
    firsthand.track("Y", user_id="u", consent=YES)
    firsthand.shutdown()
    firsthand.default.use(None)
    assert [r.envelope["writeKey"] for r in collector.batches] == ["one", "two"]


def test_disabled_sends_and_says_nothing(collector: Scripted, client_of: Callable[..., Client],
                                         problems: list[Problem]) -> None:  # fmt: skip
    client = client_of(collector.endpoint, enabled=False)
    assert client.track("X", user_id="u", consent=YES) is None
    assert client.flush(1).dropped == 1
    assert (collector.requests, problems) == ([], [])


@pytest.mark.timeout(method="thread")  # the other method owns the same timer, and would take a last tick for its own
@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs a POSIX timer")
def test_tracking_inside_signal_handlers_and_finalisers(collector: Scripted, client_of: Callable[..., Client]) -> None:
    client = client_of(collector.endpoint, queue_events=100_000)
    handled = 0

    class Last:
        def __del__(self) -> None:
            client.track("finalised", user_id="u", consent=YES)

    def on_signal(*_: object) -> None:
        nonlocal handled
        handled += 1
        client.track("signal", user_id="u", consent=YES)
        if handled % 10 == 0:
            client.stats()
        signal.setitimer(signal.ITIMER_REAL, 0.0005)

    before = signal.signal(signal.SIGALRM, on_signal)
    signal.setitimer(signal.ITIMER_REAL, 0.0005)
    try:
        for n in range(5_000):
            ring: list[Any] = [Last() if n % 10 == 0 else None]
            ring.append(ring)
            client.track("X", {"n": n}, user_id="u", consent=YES)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    import gc

    gc.collect()
    assert handled > 0
    report = client.flush(60)
    assert report == (5_500 + handled, 0, 0, 0)
    assert len({m["messageId"] for m in collector.messages}) == report.sent


def test_threads_share_a_client(collector: Scripted, client_of: Callable[..., Client]) -> None:
    client = client_of(collector.endpoint)

    def work() -> None:
        for n in range(500):
            client.track("X", {"n": n}, user_id="u", consent=YES)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert client.flush(60).sent == 4_000
    assert len({m["messageId"] for m in collector.messages}) == len(collector.messages) == 4_000


def test_no_thread_before_the_first_event(client_of: Callable[..., Client]) -> None:
    def workers() -> set[threading.Thread]:
        return {t for t in threading.enumerate() if t.name == "firsthand" and t.is_alive()}

    before = workers()
    client = client_of("http://127.0.0.1:9")
    client.track("X", user_id="u")  # no consent: nothing to send, nothing to start
    client.flush(1)
    assert workers() <= before  # those of other tests may be ending
    client.track("X", user_id="u", consent=YES)
    assert len(workers() - before) == 1
