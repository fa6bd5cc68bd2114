"""A text is replaced where it lies only if it is the value of one of the object's own names; else nothing is said."""

import json
from random import Random
from typing import Any

import pytest

from consent.pii.firewall import Scrubber
from consent.pii.hashing import Key, pseudonym
from consent.pii.policy import Entry, policy_of
from consent.pii.splice import named

KEY = Key("t1", bytes(range(32)))
MAIL, CARD = "ada@example.com", "4111-1111-1111-1111"
HASHED = pseudonym(KEY, "email", MAIL)


def spots_of(encoded: bytes, text: str = MAIL) -> list[tuple[int, int, int]]:
    found, at = [], 0
    while (at := encoded.find(text.encode(), at)) >= 0:
        first, last = encoded.rfind(b'"', 0, at) + 1, encoded.find(b'"', at)
        found.append((0, first, last))
        at = last
    return found


@pytest.mark.parametrize(
    ("encoded", "names"),
    [
        (b'{"q":"ada@example.com"}', ["q"]),
        (b'{"a":{"b":[1,{"c":2}]},"q": "to ada@example.com","r":"ada@example.com"}', ["q", "r"]),
        (b'{"a":"b","":"ada@example.com"}', [""]),
        # Not the object's own, or a name, or in a list, or no object at all
        (b'{"a":{"q":"ada@example.com"}}', None),
        (b'{"ada@example.com":"x"}', None),
        (b'{"q":["ada@example.com"]}', None),
        (b'["q","ada@example.com"]', None),
        (b'"ada@example.com"', None),
        # A text that holds a bracket before it: it cannot be told
        (b'{"a":"}","b":{"q":"ada@example.com"}}', None),
        (b'{"a":"{","q":"ada@example.com"}', None),
        (b'{":":"x","q" : "ada@example.com"}', None),
    ],
)
def test_names_of_texts(encoded: bytes, names: list[str] | None) -> None:
    found = named(encoded, spots_of(encoded))
    assert (None if found is None else [name for _, name, _, _ in found.values()]) == names


def test_a_spot_over_several_texts_is_none() -> None:
    encoded = b'{"a":"x","b":"y"}'
    assert named(encoded, [(0, 6, 14)]) is None
    assert named(encoded, [(0, 6, 7), (1, 6, 14)]) is None
    assert named(encoded, [(0, 6, 7), (1, 6, 7)]) == {6: (7, "a", "x", [0, 1])}


@pytest.mark.parametrize("surely", [True, False])
def test_it_gives_what_decoding_and_walking_gives(surely: bool) -> None:
    """Objects of random shape, beside the same with a name that forces the walk. Only if nothing of the source depends
    on a path may the report leave out parents, where a text holds a lone bracket."""
    random = Random(3)
    policy = policy_of([Entry(field="properties.a.**", cls="ip", action="keep")] if surely else [])
    texts = [
        MAIL,
        f"to {MAIL} and {MAIL}",
        CARD,
        f"pay {CARD}",
        "tea",
        "a } b",
        "[",
        "call 138 0013 8000",
        "\u00e9 " + MAIL,
    ]
    for _ in range(1500):
        value = _random(random, texts, 3)
        spliced, walked = ({}, {})  # type: dict[str, int], dict[str, int]
        encoded = json.dumps(value, ensure_ascii=False, separators=random.choice([(",", ":"), (", ", ": ")])).encode()
        left = json.loads(Scrubber(KEY, spliced, policy).json(encoded, "properties"))
        hidden = json.dumps(value | {"\\": 0}, ensure_ascii=False).encode()
        expected = json.loads(Scrubber(KEY, walked, policy).json(hidden, "properties"))
        del expected["\\"]
        assert left == expected, value
        if surely:
            assert spliced == walked, value
        else:
            assert sum(spliced.values()) == sum(walked.values()), value


def _random(random: Random, texts: list[str], depth: int) -> dict[str, Any]:
    return {
        name: _inner(random, texts, depth)
        for name in random.sample(["a", "b", "c", "note", "q", "]", "é"], random.randint(1, 4))
    }


def _inner(random: Random, texts: list[str], depth: int) -> Any:
    kind = random.randint(0, 6 if depth else 4)
    if kind == 5:
        return [_inner(random, texts, depth - 1) for _ in range(random.randint(0, 2))]
    if kind == 6:
        return _random(random, texts, depth - 1)
    return random.choice([*texts, 1, True, None])
