"""The look over the bytes never misses what the exact rules would find, however it is written."""

import json
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consent.pii.firewall import Scrubber
from consent.pii.hashing import Key
from consent.pii.look import FIRST_RULE, HIDDEN, SEPARATOR, hints, places, rules_in
from consent.pii.model import candidates
from consent.pii.rules import PII_RULES
from consent.pii.spelling import plain
from tests.consent.pii.corpus.negatives import negatives
from tests.consent.pii.corpus.positives import positives

KEY = Key("t1", bytes(range(32)))
ITEMS = [*positives(7, 30), *negatives(8, 60)]


def test_what_a_rule_finds_its_look_sees() -> None:
    for item in ITEMS:
        read = plain(item.text)
        seen = set(rules_in(f"{item.field}\n{read}"))
        for index, rule in enumerate(PII_RULES):
            # A rule by word may see its word in the field's name
            if any(rule.sure(v) or not rule.by_word for _, _, v in candidates(rule, read)):
                assert index in seen, (rule.name, item)


def test_places_cover_every_candidate() -> None:
    for item in ITEMS:
        encoded = json.dumps({item.field: item.text}, ensure_ascii=False).encode()
        found = hints(encoded) or []
        if HIDDEN in found:
            continue
        for index in (i - FIRST_RULE for i in found if i >= FIRST_RULE):
            text = encoded.decode()
            suspicious = {encoded[start:end] for _, start, end in places(index, encoded)}
            for start, end, _ in candidates(PII_RULES[index], text):
                at, to = len(text[:start].encode()), len(text[:end].encode())
                assert _around(encoded, at, to) in suspicious, (PII_RULES[index].name, item)


def _around(encoded: bytes, start: int, end: int) -> bytes:
    return encoded[encoded.rfind(b'"', 0, start + 1) + 1 : encoded.find(b'"', max(start + 1, end - 1))]


def _through(encoded: bytes) -> object:
    return json.loads(Scrubber(KEY, {}).json(encoded, "properties"))


@pytest.mark.parametrize("seed", range(4))
def test_the_same_comes_out_however_it_is_encoded(seed: int) -> None:
    random = Random(seed)
    for item in random.sample(ITEMS, 250):
        value = {"a": {item.field: item.text}, "n": 1, "list": [item.text, {"x": item.text}]}
        plainly = _through(json.dumps(value, ensure_ascii=False).encode())
        assert _through(json.dumps(value, ensure_ascii=True).encode()) == plainly
        spread = json.dumps(value, ensure_ascii=False).replace("@", "\\u0040").replace("1", "\\u0031")
        assert _through(spread.replace('"n": \\u0031', '"n": 1').encode()) == plainly


@given(
    st.dictionaries(
        st.text(max_size=8),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(), lambda s: st.lists(s, max_size=3), max_leaves=5
        ),
        max_size=4,
    )
)
@settings(max_examples=150, deadline=None)
def test_what_gives_no_hint_the_exact_rules_leave_alone(value: dict[str, object]) -> None:
    encoded = json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")
    if hints(encoded) is None:
        for text in [*value, *(v for v in value.values() if isinstance(v, str))]:
            assert not [rule.name for rule in PII_RULES for _ in candidates(rule, plain(text)) if not rule.by_word]


def test_no_text_runs_the_set_out_of_memory() -> None:
    """Half-matches of everything at once, in many orders: a set without memory would answer "nothing"."""
    random = Random(5)
    halves = [item.text[: random.randint(1, len(item.text))] for item in ITEMS]
    for _ in range(40):
        random.shuffle(halves)
        text = " ".join(halves[:400])
        encoded = json.dumps({"note": text + " ada@example.com"}, ensure_ascii=False).encode()
        found = hints(encoded)
        assert found is not None
        assert FIRST_RULE + [rule.name for rule in PII_RULES].index("email") in found


def test_what_stands_between_objects_and_is_none_is_a_hint() -> None:
    for fine in (b"{}", b'{"a":1}'):
        assert hints(SEPARATOR.join([b"{}", fine, b"{}"])) is None
    for other in (b"null", b"[]", b'"{"', b"1", b"", b" {}"):
        assert hints(SEPARATOR.join([b"{}", other, b"{}"])) == [HIDDEN]
