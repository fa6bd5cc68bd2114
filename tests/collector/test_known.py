"""A visit and a place that were met apart mean together what their text means, whatever a client wrote into them."""

# ruff: noqa: E501 - texts are clearest on one line

import itertools
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from collector import event as events_module
from collector.context import Source
from collector.known import MAX_CONTEXT_BYTES, Known, cut
from collector.pipeline import Outcome
from collector.shared import Contexts
from tests.collector.test_shared import SOURCE, _through, means

HEADS = ['{', '{"locale":"de",', '{"campaign":{"source":"x"},', r'{"p\u0061ge":{"url":"https://b.example/"},', '{"seq":3,',
         '{"zz":{"page":{"url":"https://c.example/"}},', r'{"zz":"\"page\":{}",', '{"page":null,', '{"scene":7,']  # fmt: skip
PAGES = ['{"url":"https://a.example/1","title":"One"}', '{"url":"https://a.example/2?utm_source=x&coupon=TEA"}',
         '{"path":"pages/index"}', '{"title":"no address"}', '{"url":"https://a.example/}","title":"}"}', '{}',
         r'{"title":"\",\"seq\":5,\"","url":"https://a.example/3"}', '{"url":"https://a.example/4","seq":9}',
         '{"url":"https://a.example/u/ada@example.com/"}', '{"url":"https://a.example/5","zz":{"url":"}"}}',
         '{"url":"https://a.example/6","url":"https://a.example/7"}', '{"url":"https://a.example/8","referrer":"https://g.example/"}',
         r'{"url":"https://a.example/9","t\u0069tle":"T"}', '{"url" : "https://a.example/10" }', '{"url":5}']  # fmt: skip
BETWEEN = [',"sessionId":"s1","seq":%s', ',"sessionId":"s2","seq":%s', ',"sessionId":"s3"', ',"page":{"title":"other"},"seq":%s',
           ',"campaign":{"source":"y"},"seq":%s', ',"zz":"\"page\"","seq":%s', ',"userAgent":"x","seq":%s,"scene":%s',
           ',"zz":{"seq":%s}', '', r',"p\u0061ge":{"title":"other"},"seq":%s', r',"s\u0065q":5,"seq":%s']  # fmt: skip
ENDS = [
    "}",
    ',"locale":"fr"}',
    ',"consent":{"categoryPreferences":{"analytics":true,"seq":true}}}',
    ',"page":{}}',
    " }",
]
NUMBERS = ["0", "7", "1234567", "9007199254740993", "-1", "1.5", "null"]


def _text(head: str, page: str, between: str, end: str, number: str) -> str:
    return f'{head}"page":{page}{between.replace("%s", number)}{end}'


CONTEXTS = st.builds(
    _text, *map(st.sampled_from, (HEADS, PAGES, BETWEEN, ENDS)), st.sampled_from(NUMBERS)
)  # fmt: skip


def _is_json(text: str) -> bool:
    try:
        msgspec.json.decode(text)
    except msgspec.DecodeError:
        return False
    return True


@given(st.lists(CONTEXTS, min_size=2, max_size=6))
@example([_text("{", page, BETWEEN[0], "}", "1") for page in PAGES])
@example([_text(head, page, BETWEEN[0], "}", "1") for page in PAGES[:3] for head in HEADS])
@example([_text("{", page, between, end, "1") for page in PAGES[:2] for between in BETWEEN for end in ENDS])
@example([_text("{", PAGES[0], between, "}", number) for between in BETWEEN for number in NUMBERS])
@settings(max_examples=150, deadline=None)
def test_together_they_mean_what_their_text_means(contexts: list[str]) -> None:
    known = Contexts()
    valid = [text for text in contexts if _is_json(text)]
    fresh = [means(_through(Contexts(), text)) for text in valid]
    for _ in range(3):
        assert [means(_through(known, text)) for text in valid] == fresh


def _walked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    seen: list[str] = []
    real = events_module.of

    def of(message: Any, *more: Any) -> Any:
        seen.append(bytes(message.context).decode())
        return real(message, *more)

    monkeypatch.setattr(events_module, "of", of)
    return seen


def _visit(contexts: Contexts, session: str, pages: list[str], **request: Any) -> list[Outcome]:
    between = f',"sessionId":"{session}","seq":%s'
    return [_through(contexts, _text("{", page, between, "}", str(n)), **request) for n, page in enumerate(pages)]


def test_a_new_visitor_is_walked_twice_on_pages_that_others_saw(monkeypatch: pytest.MonkeyPatch) -> None:
    known, walked = Contexts(), _walked(monkeypatch)
    pages = [f'{{"url":"https://a.example/{n}"}}' for n in range(6)]
    _visit(known, "s1", pages)
    assert len(walked) == 6, "nothing was known"
    walked.clear()
    outcomes = _visit(known, "s2", pages)
    assert len(walked) == 2
    rows = [msgspec.json.decode(outcome.whole) for outcome in outcomes]
    assert [row["page_url"] for row in rows] == [f"https://a.example/{n}" for n in range(6)]
    assert [(row["session_id"], row["seq"]) for row in rows] == [("s2", n) for n in range(6)]


def test_a_place_is_its_source_s(monkeypatch: pytest.MonkeyPatch) -> None:
    """What of an address may stay is the source's to say; and sources that see the same pages do not push each other
    out."""
    known, walked = Contexts(), _walked(monkeypatch)
    keeping = Source("b", "b", mode="opt_out", query_params=frozenset({"coupon"}))
    pages = ['{"url":"https://a.example/?coupon=TEA"}'] * 4
    for _ in range(2):
        for source in (SOURCE, keeping):
            last = _visit(known, "s", pages, source=source)[-1]
            kept = msgspec.json.decode(last.whole)["page_url"].endswith("?coupon=TEA")
            assert kept is (source is keeping)
    walked.clear()
    same = Source("b", "b", mode="opt_out", query_params=frozenset({"coupon"}))  # read anew from its file
    _visit(known, "s", pages, source=same)
    assert not walked
    changed = Source("b", "b", mode="opt_out")
    assert "coupon" not in msgspec.json.decode(_visit(known, "s", pages, source=changed)[-1].whole)["page_url"]


def test_what_is_long_or_forgotten_is_not_there() -> None:
    long = _text("{", '{"url":"https://a.example/%s"}' % ("x" * MAX_CONTEXT_BYTES), BETWEEN[0], "}", "1")
    known = Contexts()
    for _ in range(3):
        _through(known, long)
    assert not known.known.visits.young
    _visit(known, "s", [PAGES[0]] * 3)
    assert known.known.visits.young
    assert known.known.places.young
    known.forget()
    assert not known.known.visits.young
    assert not known.known.places.young


def test_it_forgets_what_is_over_its_bytes() -> None:
    known = Contexts(known=Known(visits_bytes=50_000, places_bytes=50_000))
    for n in range(200):
        _visit(known, f"s{n}", [f'{{"url":"https://a.example/{n}/{m}"}}' for m in range(3)])
        for kept in (known.known.visits, known.known.places):
            held: Any = [*kept.young.values(), *kept.old.values()]
            assert sum(entry.size for entry in held) <= 55_000


def test_a_text_is_the_sum_of_its_parts() -> None:
    for head, page, between, end in itertools.product(HEADS[:2], PAGES[:2], BETWEEN[:2], ENDS[:2]):
        text = _text(head, page, between, end, "12").encode()
        parts = cut(text)
        assert parts is not None
        left, before, middle, digits, rest = parts
        assert (left, digits) == (f'{head}"page":{page}'.encode(), b"12")
        assert left[len(before) :] == page.encode()
        assert left + middle + b'"seq":' + digits + rest == text
