"""JSON texts that hold declared fields in every way a client could write them.

Made from one random seed that hypothesis draws: a draw for each letter would cost more than what is tested.
"""

import json
from random import Random
from typing import Any

from hypothesis import strategies as st

from consent.pii.declared import ADDRESSES, DECLARED, SUFFIXES

MARKER = "Zq7Marker"
NUMBER = 918273645546372819
NOISE = ["", "", "", "", "_", "-", ".", " ", "\t", "\u00a0", "\u3000", "\u2003", "\u0085", "__", "- "]
BLANKS = ["", "", "", " ", "\n", "\t \r\n"]
PLAIN = ["1", "true", "null", '"tea"', '"a:b"', '"\\n"', "[]", "{}", '"{\\"email\\":1}"', '":"', '"邮"']
OTHER_KEYS = ["sku", "price", "mailing_list", "ship", "note", "e", "ema", "il", "ſ", "名", '"', "paß", "\\"]
SECRETS = [f'"{MARKER}"', str(NUMBER), f'["{MARKER}"]', f'{{"a":"{MARKER}"}}', f'{{"a":[{NUMBER}]}}']
NAMES = tuple(DECLARED)


def spelled(random: Random, names: tuple[str, ...] = NAMES) -> str:
    """A declared name in any case, with noise between its letters and words before it."""
    name = random.choice(names)
    before = ""
    if name in SUFFIXES:
        before = random.choice(["", "", "billing", "客户", "x" * 40, "user_"])
    letters = (random.choice((c, c, c.upper())) + random.choice(NOISE) for c in name)
    return before + random.choice(NOISE) + "".join(letters)


def object_with_secrets(random: Random, depth: int = 3) -> str:
    """The text of a JSON object in which MARKER and NUMBER stand only under declared names."""
    pairs = [_pair(random, depth) for _ in range(random.randint(1, 3))]
    if random.random() < 0.25:
        pairs.append(random.choice(pairs))  # a repeated key
    return "{" + random.choice(BLANKS) + ",".join(pairs) + random.choice(BLANKS) + "}"


def _pair(random: Random, depth: int) -> str:
    blank = random.choice(BLANKS) + ":" + random.choice(BLANKS)
    if random.random() < 0.5:
        return _quoted(random, spelled(random)) + blank + random.choice(SECRETS)
    return _quoted(random, random.choice(OTHER_KEYS)) + blank + _value(random, depth)


def _quoted(random: Random, text: str) -> str:
    """A JSON string for `text`, in half of the cases with escaped letters."""
    escapes = random.choice((0.0, 0.2))
    plain = (json.dumps(c, ensure_ascii=False)[1:-1] for c in text)
    return (
        '"'
        + "".join(f"\\u{ord(c):04x}" if random.random() < escapes else p for c, p in zip(text, plain, strict=True))
        + '"'
    )


def _value(random: Random, depth: int) -> str:
    kind = random.randint(0, 2) if depth > 0 else 0
    if kind == 0:
        return random.choice(PLAIN)
    if kind == 1:
        return "[" + ",".join(_value(random, depth - 1) for _ in range(random.randint(0, 3))) + "]"
    return object_with_secrets(random, depth - 1)


ADDRESS_VALUES: list[Any] = [
    f"https://shop.example/a?token={MARKER}", f"/a#{MARKER}", f"https://{MARKER}:x@shop.example/",
    f"/u/{MARKER}%40x.example/", f"https://shop.example/reset/{MARKER}0123456789abcdef0123456789abcdef",
    f"https://shop.example/login/with/a/link/eyJ{MARKER}.{MARKER}.x", [f"https://shop.example/?q={MARKER}"],
    {"href": f"/a?{MARKER}"}, [[{"url": f"/a?{MARKER}"}]],
]  # fmt: skip


def _address(random: Random) -> str:
    name = json.dumps(spelled(random, tuple(sorted(ADDRESSES))), ensure_ascii=False)
    blank = random.choice([":", " : ", ":\n"])
    return f"{{{name}{blank}{json.dumps(random.choice(ADDRESS_VALUES))}}}"


def _seeded(make: Any) -> st.SearchStrategy[str]:
    return st.integers(0, 2**48).map(lambda seed: make(Random(seed)))


def objects_with_secrets() -> st.SearchStrategy[str]:
    return _seeded(object_with_secrets)


def declared_names() -> st.SearchStrategy[str]:
    return _seeded(spelled)


def address_objects() -> st.SearchStrategy[str]:
    """Texts of JSON objects with an address that holds MARKER where clean_url cuts."""
    return _seeded(_address)
