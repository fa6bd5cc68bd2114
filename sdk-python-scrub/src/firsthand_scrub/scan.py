"""A text or an object without what is somebody's.

A declared name goes with what stands under it; a found value becomes `:redacted`. The process has no key to make
pseudonyms with, so nothing of a value is left to join on: where the collector would keep a keyed hash of a mail
address, this keeps nothing.

Pure and total: nothing is changed in place and nothing raised, and what comes out goes in again unchanged (so a text
is read until nothing more is found: taking one value out may show another). What is not looked at may not pass: a
text over 32 KB, a level below the sixteenth, JSON inside JSON below the second and what JSON does not know are
replaced as a whole. Vectors: `device`.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any, NamedTuple

from firsthand_scrub.declared import is_declared, is_of_a_person, is_person
from firsthand_scrub.rules import ANYTHING, RULES, Rule

REDACTED = ":redacted"
MAX_CHARS = 32 * 1024
_MAX_DEPTH = 16
_MAX_NESTED = 2
_MAX_ROUNDS = 8
_MAX_CACHED_CHARS = 128  # callers may build names from data: a longer one would make the cache large
_BEFORE = 24
_AFTER = 10

# Letters, digits and signs of numbers and addresses as Chinese and Japanese keyboards write them in full width
_WIDE = re.compile("[\uff0b\uff0d\uff0e\uff10-\uff19\uff20-\uff3a\uff3f\uff41-\uff5a]")
_ESCAPES = re.compile("(?:%[0-9A-Fa-f]{2})+")
_CLAUSE = re.compile(r"[。！？；;\n]|\. ")
_JSON = re.compile(r"\s*[{\[]")


def scan_text(text: str, field: str = "") -> str:
    """`text` with each found value replaced; `text` itself where there is none. `field`: the name it stands under."""
    for _ in range(_MAX_ROUNDS):
        if len(text) > MAX_CHARS:
            return REDACTED
        found = _once(text, field)
        if found is None:
            return text
        text = found
    return REDACTED


def scan_object(value: dict[str, Any], person: bool = False) -> dict[str, Any]:
    """The object without declared names and found values; `value` itself where there are none.

    `person`: it describes one, so that its `name` is theirs.
    """
    return _object(value, person, 0, 0)


def scan_value(value: Any) -> Any:
    """The same for any JSON value under a name that says nothing."""
    return _value(value, "", False, 0, 0)


def _plain(text: str) -> str:
    """The plain spelling, as the collector reads it: full width and two rounds of percent escapes undone."""
    if not text.isascii():
        text = _WIDE.sub(lambda letter: chr(ord(letter[0]) - 0xFEE0), text)
    for _ in range(2):
        if "%" in text:
            text = _ESCAPES.sub(lambda run: bytes.fromhex(run[0].replace("%", "")).decode("utf-8", "replace"), text)
    return text


def _once(text: str, field: str) -> str | None:
    """What one reading makes of a text; None if it finds nothing."""
    read = _plain(text)
    if not ANYTHING.search(read):
        return None
    spans: list[tuple[int, int]] = []
    for rule in RULES:
        if not rule.look.search(read):
            continue
        for found in rule.pattern.finditer(read):
            start, end = found.span(rule.pattern.groups)
            value = read[start:end]
            free = not any(start < until and since < end for since, until in spans)
            if free and (rule.valid is None or rule.valid(value)) and _fits(rule, value, read, start, field):
                spans.append((start, end))
    if not spans:
        return None
    clean, at = "", 0
    for start, end in sorted(spans):
        clean += read[at:start] + REDACTED
        at = end
    return clean + read[at:]


def _fits(rule: Rule, value: str, text: str, start: int, field: str) -> bool:
    if rule.sure is not None and rule.sure(value):
        return True
    # the nearest clause speaks about the value, not the one before it
    before = _CLAUSE.split(text[max(0, start - _BEFORE) : start])[-1]
    if rule.needs is not None:
        end = start + len(value)
        return bool(rule.needs.search(field) or rule.needs.search(f"{before} {text[end : end + _AFTER]}"))
    return rule.never is None or not (rule.never.search(field) or rule.never.search(before))


class _Name(NamedTuple):
    """What a field's name comes to: without values, and what it says (as it was, or as it is then)."""

    clean: str
    declared: bool
    of_a_person: bool
    person: bool


def _look_at(name: str) -> _Name:
    clean = scan_text(name)
    both = (name, clean)
    return _Name(clean, any(map(is_declared, both)), any(map(is_of_a_person, both)), any(map(is_person, both)))


_remembered = lru_cache(8192)(_look_at)


def _object(value: dict[Any, Any], person: bool, depth: int, nested: int) -> dict[str, Any]:
    clean: dict[str, Any] = {}
    same = True
    for key, item in value.items():
        name = key if isinstance(key, str) else REDACTED
        says = _remembered(name) if len(name) <= _MAX_CACHED_CHARS else _look_at(name)
        if (says.declared or (person and says.of_a_person)) and not isinstance(item, bool):
            same = False
            continue
        kept = _value(item, name, person or says.person, depth, nested)
        if says.clean != key:  # the name is a field's name in both spellings
            kept = _value(kept, says.clean, person or says.person, depth, nested)
            same = False
        same = same and kept is item
        clean[says.clean] = kept
    return value if same else clean


def _value(value: Any, field: str, person: bool, depth: int, nested: int) -> Any:
    if isinstance(value, str):
        return _text(value, field, person, depth, nested)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, (int, float)):
        return _number(value, field)
    if depth > _MAX_DEPTH:
        return REDACTED
    if isinstance(value, dict):
        return _object(value, person, depth + 1, nested)
    if isinstance(value, (list, tuple)):
        clean = [_value(item, field, person, depth + 1, nested) for item in value]
        return value if all(map(_is, clean, value)) else clean
    return REDACTED


def _is(one: Any, other: Any) -> bool:
    return one is other


def _number(value: float, field: str) -> Any:
    if not 1e7 <= abs(value) < 1e21:  # shorter than any number of a person, or longer (or none at all)
        return value
    written = str(int(value) if value == int(value) else value)
    return value if scan_text(written, field) == written else REDACTED


def _text(text: str, field: str, person: bool, depth: int, nested: int) -> str:
    if len(text) > MAX_CHARS:
        return REDACTED
    found = _opened(text, person, depth, nested)
    if found is not None:
        return found
    clean = scan_text(text, field)
    if clean is text:
        return text
    found = _opened(clean, person, depth, nested)  # percent escapes may have hidden what it is
    return clean if found is None else found


def _opened(text: str, person: bool, depth: int, nested: int) -> str | None:
    """A text that is JSON itself, read as JSON; None where it is none."""
    if not _JSON.match(text):
        return None
    repeated: list[bool] = []

    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(found)
        if len(made) < len(found):
            repeated.append(True)
        return made

    try:
        inner = json.loads(text, object_pairs_hook=pairs, parse_constant=_refuse)
    except ValueError:
        return None  # only looks like it: read as a text
    except RecursionError:
        return REDACTED
    if nested >= _MAX_NESTED:
        return REDACTED
    clean = _value(inner, "", person, depth + 1, nested + 1)
    if clean is inner and not repeated:  # of a name that stands twice only the last value was read
        return text
    try:
        written = json.dumps(clean, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except ValueError:
        return REDACTED  # a number that JSON cannot write
    return written if len(written) <= MAX_CHARS else REDACTED


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")
