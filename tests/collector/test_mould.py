"""An event that is cast in a mould must be the event that the steps would have made."""

import itertools
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector import mould, row
from collector.context import RequestContext, Source, circumstances
from collector.decode import decode_batch
from collector.enrich import campaign, referrer
from collector.mould import MAX_MOULDS, MOULD_BYTES, SETTLED
from collector.pipeline import STEPS, Outcome, process
from collector.shared import Contexts
from collector.steps.enrich import CachingEnricher
from consent.pii.hashing import Key

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
SOURCE = Source("shop", "fh_test", mode="opt_out")
HASHING = Source("shop", "fh_test", mode="opt_out", hash_user_id=True)
ENRICHER = CachingEnricher((campaign.build(), referrer.build()))

PLAIN: dict[str, Any] = {"type": "track", "event": "x", "messageId": "m", "anonymousId": "a", "context": {"seq": 1}}
# What may differ from one event to the next, a member each: whatever of it a mould did not look at would show
DIFFERENT: dict[str, list[Any]] = {
    "type": ["track", "page", "screen", "identify", "group", "alias", "no such"],
    "event": ["x", "y", "$click", "$no_such", "ada@example.com", "", None],
    "anonymousId": ["a", "b", "ada@example.com", "", None],
    "userId": ["u", "ada@example.com", "", None],
    "timestamp": ["2026-01-02T03:00:00Z", "1999-01-01T00:00:00Z", "2027-01-01T00:00:00+08:00", None],
    "originalTimestamp": ["2026-01-02T02:00:00Z", None],
    "properties": [{"a": 1}, {"email": "ada@example.com"}, {"note": "+49 151 23456789"}, {"a": {"b": [1]}}, None, []],
    "traits": [{"a": 1}, {"email": "ada@example.com"}, {}, None],
    "name": ["n", "ada@example.com", ""],
    "category": ["c", ""],
    "groupId": ["g", ""],
    "previousId": ["p", ""],
    "messageId": ["m", "n", ""],
    "context": [{"seq": 1}, {"seq": 2}, {"seq": 1, "purpose": "marketing"}, {"page": {"url": "https://a.example/?x=1"}},
                {"traits": {"plan": "gold"}, "seq": 1}, {"gpc": True}, None],
}  # fmt: skip


@st.composite
def messages(draw: st.DrawFn) -> dict[str, Any]:
    """The plain message, with a few members that differ."""
    said = dict(PLAIN)
    for name in draw(st.lists(st.sampled_from(sorted(DIFFERENT)), max_size=3)):
        said[name] = draw(st.sampled_from(DIFFERENT[name]))
    return {name: value for name, value in said.items() if value is not None}


def _through(contexts: Contexts, *said: dict[str, Any], source: Source = SOURCE) -> Outcome:
    decoded = decode_batch(json.dumps({"batch": said}, separators=(",", ":")).encode(), lambda: "id")
    request = RequestContext(
        source, NOW, None, None, None, row.of_request(source, NOW, None, None), None, False, Key("t1", bytes(32)),
        ENRICHER, decoded.under, circumstances(source, False, None, None),
    )  # fmt: skip
    return process(decoded, request, contexts)


def _means(outcome: Outcome) -> Any:
    rows = [json.loads(line) for line in outcome.whole.splitlines()]
    return rows, outcome.accepted, outcome.letters, outcome.rejected, outcome.pii


@pytest.fixture
def no_moulds(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A call that goes through all steps."""

    def call(*said: dict[str, Any], **how: Any) -> Any:
        with monkeypatch.context() as without:
            without.setattr("collector.pipeline.SETTLED", frozenset())
            return _means(_through(Contexts(), *said, **how))

    return call


@given(
    st.lists(st.lists(messages(), min_size=1, max_size=3), min_size=1, max_size=4), st.sampled_from([SOURCE, HASHING])
)
@settings(max_examples=120, deadline=None)
def test_cast_or_made_the_row_is_the_same(batches: list[list[dict[str, Any]]], source: Source) -> None:
    known = Contexts()
    with pytest.MonkeyPatch.context() as patch:
        for said in [*batches, *batches, *batches]:
            cast = _means(_through(known, *said, source=source))
            with patch.context() as without:
                without.setattr("collector.pipeline.SETTLED", frozenset())
                assert cast == _means(_through(Contexts(), *said, source=source))


@pytest.mark.parametrize("name", DIFFERENT)
def test_whatever_differs_is_seen(name: str, no_moulds: Any) -> None:
    """Every member, after the plain event and after each other, without luck."""
    for before, now in itertools.product([PLAIN.get(name), *DIFFERENT[name]], DIFFERENT[name]):
        known = Contexts()
        for value in (before, before, now):
            said = {k: v for k, v in (PLAIN | {name: value}).items() if v is not None}
            assert _means(_through(known, said)) == no_moulds(said)


def test_steps_are_walked_once_for_events_that_are_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    """And each time where something about them is particular, and by nobody who added a step and said nothing."""
    walked: list[str] = []

    def counting(event: Any, context: Any) -> Any:
        walked.append(event.message.message_id)
        return event

    monkeypatch.setattr("collector.pipeline.STEPS", (*STEPS, counting))
    known = Contexts()
    for n in range(3):
        _through(known, PLAIN | {"messageId": f"new step {n}"})
    assert len(walked) == 3

    walked.clear()
    monkeypatch.setattr("collector.pipeline.SETTLED", SETTLED | {counting})
    known = Contexts()
    for n in range(3):
        _through(known, PLAIN | {"messageId": f"alike {n}", "properties": {"n": n}})
        _through(known, PLAIN | {"messageId": f"particular {n}", "name": "n"})
        _through(known, PLAIN | {"messageId": f"found {n}", "properties": {"email": "ada@example.com"}})
    assert walked == [
        "alike 0", "particular 0", "found 0", "alike 1", "particular 1", "found 1", "particular 2", "found 2",
    ]  # fmt: skip


def test_every_step_is_settled() -> None:
    assert set(STEPS) == SETTLED


def test_moulds_are_few_and_reckoned() -> None:
    known = Contexts()
    for _ in range(2):
        _through(known, PLAIN)
    visits = known.known.visits
    (visit,) = visits.young.values()
    one, longest = visits.size - visit.more, 0
    for n in range(50):
        _through(known, PLAIN | {"event": f"x{n}"})
        held = mould._length(visit.moulds)
        assert visits.size == one + visit.more
        assert visit.more >= held * MOULD_BYTES, "each name is memory that a client can ask for"
        longest = max(longest, held)
    assert longest == MAX_MOULDS
