"""A context that was met before must mean what it meant, and a forged one must not pass for another."""

import itertools
import json
import re
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from collector import row
from collector.context import RequestContext, Source, circumstances
from collector.decode import decode_batch
from collector.enrich import campaign, referrer
from collector.known import MAX_CONTEXT_BYTES
from collector.pipeline import Outcome, process
from collector.shared import ENTRY_BYTES, Contexts
from collector.steps.enrich import CachingEnricher
from consent.pii.hashing import Key
from tests.contract.golden import cases

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
SOURCE = Source("shop", "fh_test", mode="opt_out")
ENRICHER = CachingEnricher((campaign.build(), referrer.build()))


def _request(
    source: Source = SOURCE, gpc: bool = False, ip: str | None = None, agent: str | None = None
) -> RequestContext:
    return RequestContext(
        source, NOW, None, None, ip, row.of_request(source, NOW, None, None), agent, gpc, Key("t1", bytes(32)),
        ENRICHER, None, circumstances(source, gpc, ip, agent),
    )  # fmt: skip


def _through(contexts: Contexts, context: str, batch: str = "null", **request: Any) -> Outcome:
    """One message with this context, and this one for its batch, as JSON texts."""
    message = f'{{"type":"track","event":"x","messageId":"m","anonymousId":"a","context":{context}}}'
    decoded = decode_batch(f'{{"batch":[{message}],"context":{batch}}}'.encode(), lambda: "id")
    asked = _request(**request)
    asked.under = decoded.under
    return process(decoded, asked, contexts)


def means(outcome: Outcome) -> Any:
    """An outcome, its rows as values: a cast row has its columns in another order."""
    rows = [json.loads(line) for line in outcome.whole.splitlines()]
    return rows, outcome.accepted, outcome.letters, outcome.rejected, outcome.pii


# ---- whatever stands in a context, and whatever was met before, the row is the same ---------------------------------

NUMBER = st.sampled_from(
    ["0", "1", "7", "41", "9007199254740991", "9007199254740993", "1.5", "-1", "1e3", "true", "null"]
)
# Names that are `seq`, look like it to a search, or stand beside it
NAME = st.sampled_from(
    ["seq", "seq", "seq", r"\u0073eq", r"a\"seq", "se", "eq", "zz", "session", "sessionId", "page", "scene"]
)
TEXT = st.sampled_from(
    ['"x"', r'",\"seq\":7,"', r'"\"seq\":7"', '"seq"', '"{"', '"}"', '"\\u0022"', '"https://a.example/?b=1"']
)
CHOICES = st.sampled_from(['"analytics":true', '"seq":true', '"seq":1'])
BLANK = st.sampled_from(["", "", "", " ", "\n", "\t "])


@st.composite
def members(draw: st.DrawFn, value: st.SearchStrategy[str]) -> str:
    """An object, spelled by hand: names may repeat, blanks may stand anywhere."""
    parts = []
    for name in draw(st.lists(NAME, max_size=4)):
        space = draw(BLANK)
        parts.append(f'{space}"{name}"{draw(BLANK)}:{space}{draw(value)}{draw(BLANK)}')
    if draw(st.booleans()):
        parts.append(f'"consent":{{"categoryPreferences":{{{draw(CHOICES)}}}}}')
    if draw(st.booleans()):
        parts.append(f'"page":{{"url":"https://a.example/p?utm_source=x","title":{draw(TEXT)},"seq":{draw(NUMBER)}}}')
    return "{" + ",".join(draw(st.permutations(parts))) + "}"


CONTEXT = members(st.recursive(NUMBER | TEXT, lambda inner: members(inner), max_leaves=4))


@st.composite
def alike(draw: st.DrawFn) -> list[str]:
    """A context, and others that differ from it in a number or two."""
    first = draw(CONTEXT)
    found = [first]
    places = [m.span() for m in re.finditer(r"(?<![\w.])\d+(?![\w.])", first)]
    for _ in range(draw(st.integers(1, 4)) if places else 0):
        start, end = draw(st.sampled_from(places))
        found.append(first[:start] + draw(st.sampled_from(["0", "5", "41", "123456"])) + first[end:])
    return draw(st.permutations(found))


@given(alike(), st.none() | CONTEXT)
@example(['{"sessionId":"s","seq":1}', '{"sessionId":"s","seq":2}'], None)
@example(['{"seq":1}', '{"seq":2}', '{"seq":3,"scene":1}'], '{"locale":"de"}')
@example(['{"scene":1,"seq":5}'], '{"seq":9}')
@example([r'{"a\"seq":5,"zz":1}', r'{"a\"seq":6,"zz":1}'], '{"seq":5}')
@example(['{"zz":{"seq":5},"scene":1}', '{"zz":{"seq":6},"scene":1}'], None)
@example(['{"zz":{"seq":5},"seq":5}', '{"zz":{"seq":6},"seq":5}'], None)
@example([r'{"\u0073eq":5,"scene":5,"seq":5}', r'{"\u0073eq":5,"scene":5,"seq":6}'], None)
@example([r'{"seq":5,"\u0073eq":5}', r'{"seq":6,"\u0073eq":5}'], None)
@example(['{"seq":5,"seq" :5}', '{"seq":6,"seq" :5}'], None)
@example(['{"page":{"title":",\\"seq\\":5,"},"scene":1}', '{"page":{"title":",\\"seq\\":6,"},"scene":1}'], None)
@example(['{"consent":{"categoryPreferences":{"analytics":true}},"seq":1}',
          '{"consent":{"categoryPreferences":{"analytics":true,"seq":1}}}'], None)  # fmt: skip
@settings(max_examples=400, deadline=None)
def test_a_known_context_gives_the_row_of_a_new_one(contexts: list[str], batch: str | None) -> None:
    known = Contexts()
    for context, under in itertools.product([*contexts, *contexts, *contexts], [batch or "null"]):
        try:
            msgspec.json.decode(context)
        except msgspec.DecodeError:
            continue
        try:
            fresh = _through(Contexts(), context, under)
        except ValueError:  # the batch's own context cannot be read: 400, nothing is looked up
            continue
        assert means(_through(known, context, under)) == means(fresh)


@pytest.mark.parametrize("case", cases("row"), ids=lambda c: str(c["name"]))
def test_met_before_or_not_the_vectors_give_one_row(case: dict[str, Any]) -> None:
    context = case["given"]["message"].get("context")
    if not isinstance(context, dict):
        return
    known = Contexts()
    for seq in (1, 2, 3):
        said = json.dumps(context | {"seq": seq}, separators=(",", ":"))
        assert means(_through(known, said)) == means(_through(Contexts(), said))


# ---- the circumstances of a request belong to what a context means --------------------------------------------------

MARKETING = '{"purpose":"marketing","consent":{"categoryPreferences":{"marketing":true}},"seq":1}'
PAGE = '{"page":{"url":"https://a.example/?coupon=X"},"seq":1}'


def test_the_same_words_under_other_circumstances() -> None:
    known = Contexts()
    asked: list[tuple[str, dict[str, Any]]] = [
        (MARKETING, {}),
        (MARKETING, {"gpc": True}),
        ('{"seq":1}', {"source": Source("a", "a", mode="opt_in")}),
        ('{"seq":1}', {"source": Source("b", "b", mode="opt_out")}),
        (PAGE, {}),
        (PAGE, {"source": Source("c", "c", mode="opt_out", query_params=frozenset({"coupon"}))}),
    ]
    for context, request in [*asked, *asked, *asked]:
        assert means(_through(known, context, **request)) == means(_through(Contexts(), context, **request))
    assert _through(known, MARKETING).accepted == 1
    assert _through(known, MARKETING, gpc=True).accepted == 0


def test_nobody_else_s_user_agent_or_address_is_remembered() -> None:
    looked: list[Any] = []

    class Looking(CachingEnricher):
        def columns(self, said: Any, request: RequestContext) -> bytes:
            looked.append((request.ip, request.user_agent))
            return b""

    known, enricher = Contexts(), Looking(())
    people = [("1.1.1.1", "A"), ("2.2.2.2", "A"), ("2.2.2.2", "B"), ("2.2.2.2", "B")]
    for ip, agent in people:
        asked = _request(ip=ip, agent=agent)
        asked.enricher = enricher
        message = b'{"batch":[{"type":"track","event":"x","anonymousId":"a","context":{"seq":1,"locale":"de"}}]}'
        process(decode_batch(message, lambda: "id"), asked, known)
    assert looked == people[:3]


# ---- bounds ---------------------------------------------------------------------------------------------------------


def test_it_forgets_what_is_over_its_bytes() -> None:
    contexts = Contexts(max_bytes=200_000)
    for i in range(2000):
        contexts.of(b'{"sessionId":"%d","seq":1}' % i, None, ())
        held = {**contexts.kept.young, **contexts.kept.old}
        assert len(held) <= 200_000 / ENTRY_BYTES
    assert len(held) > 50
    assert contexts.of(b'{"sessionId":"1999","seq":2}', None, ())[0] in held.values()


def test_what_is_asked_for_stays() -> None:
    contexts = Contexts(max_bytes=100_000)
    first, _ = contexts.of(b'{"sessionId":"kept","seq":1}', None, ())
    for i in range(500):
        contexts.of(b'{"sessionId":"%d","seq":1}' % i, None, ())
        assert contexts.of(b'{"sessionId":"kept","seq":%d}' % i, None, ()) == (first, i)


def test_a_long_context_is_not_kept() -> None:
    contexts = Contexts()
    long = b'{"sessionId":"%s","seq":1}' % (b"x" * MAX_CONTEXT_BYTES)
    assert contexts.of(long, None, ())[0] is not contexts.of(long, None, ())[0]


def test_forget_forgets() -> None:
    contexts = Contexts()
    first, _ = contexts.of(b'{"seq":1}', None, ())
    assert contexts.of(b'{"seq":2}', None, ())[0] is first
    contexts.forget()
    assert contexts.of(b'{"seq":2}', None, ())[0] is not first
