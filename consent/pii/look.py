"""The one look: which rules could find something in these bytes? One RE2 set, one linear pass, no decoding.

It serves a whole batch as well as one event: `hints(body)` of a request without personal data is None, and then nothing
of it needs to be walked. False alarms cost a walk; a miss would let a person's data through, so nothing may be missed:

* names of fields are sought with any noise between their letters, values by the coarse pattern of each rule;
* what could hide a value (a backslash, %40, full-width letters and digits, rare blanks) is itself a hint, and then the
  decoded texts are looked at again (`firewall.py`);
* a test compares with the exact rules, on texts that were made to hide.

A set's search does not give up when its memory thrashes, and the memory is large enough that it does not. Should RE2
ever run out of it, Match would say "nothing": so the set's size is tested with the worst texts we could think of.
"""

import re
from typing import Final

import re2

from consent.pii.declared import ADDRESSES, DECLARED, PERSONS, SUFFIXES
from consent.pii.model import candidates
from consent.pii.rules import PII_RULES
from consent.pii.splice import Spot

HIDDEN: Final = 0  # something that may hide a value
DECLARES: Final = 1  # a field's name, or an object that describes a person
FIRST_RULE: Final = 2
_MEMORY: Final = 64 << 20

# Between the letters of a name, inside a JSON string: everything rarer than these is an escape or one of _RARE_BLANKS
_BETWEEN = r"[_\-. ]*"
# The other characters that Python's \s matches. A text that holds one, a key or not, is walked: spelled out between all
# letters they would make the pattern fifty times larger than the cache its search needs
_RARE_BLANKS = r"[\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}]"
# Full-width and mathematical letters and digits: NFKC makes plain ones of them
_WIDE = r"[\x{ff10}-\x{ff5a}\x{ff0b}\x{1d400}-\x{1d7ff}]"
_ESCAPED = r"%[0-9A-Fa-f]{2}"
# Between objects that are looked at together: no JSON holds it, so nothing can reach from one into the next. What
# stands behind it and is no object is a hint too, which saves whoever joins them a look of their own
SEPARATOR: Final = b"\0"
_NO_OBJECT = r"\x{00}[^{]"
# An address matters if it has a query, a fragment, a user, an escape or a segment that may be a token, or is no text
_TO_CUT = r"""(?:"[^"?#@%]*[?#@%]|"[^"]*(?:eyJ|[A-Za-z0-9_]{32})|[^"\s])"""
WIDE: Final = re.compile("[\uff10-\uff5a\uff0b\U0001d400-\U0001d7ff]")


def _spread(name: str) -> str:
    return _BETWEEN.join(re.escape(c) for c in name)


def _names(names: tuple[str, ...]) -> str:
    return f"(?:{'|'.join(_spread(n) for n in names)})"


_DECLARES = (
    rf'(?i)"{_BETWEEN}{_names(tuple(DECLARED))}{_BETWEEN}"\s*:|{_names(SUFFIXES)}{_BETWEEN}"\s*:'
    rf'|"{_BETWEEN}{_names(tuple(sorted(PERSONS)))}{_BETWEEN}"\s*:\s*[{{\[]'
    rf'|"{_BETWEEN}{_names(tuple(sorted(ADDRESSES)))}{_BETWEEN}"\s*:\s*{_TO_CUT}'
)


def _compiled(*patterns: str) -> re2.Set:
    options = re2.Options()
    options.max_mem = _MEMORY
    found = re2.Set.SearchSet(options)
    for pattern in patterns:
        found.Add(pattern)
    found.Compile()
    return found


_RULES = tuple(rule.look for rule in PII_RULES)
_ALL = _compiled(rf"\\|{_RARE_BLANKS}|{_WIDE}|{_ESCAPED}|{_NO_OBJECT}", _DECLARES, *_RULES)
_TEXT = _compiled(*_RULES)
_EACH = tuple((re.compile(rule.core.encode()) if rule.core else re2.compile(rule.look)).search for rule in PII_RULES)
_MARKS = tuple(rule.anchor.encode() for rule in PII_RULES)
_BY_WORD = tuple(rule.by_word for rule in PII_RULES)


def hints(encoded: bytes) -> list[int] | None:
    """What JSON bytes may hold: HIDDEN, DECLARES, or FIRST_RULE + the index of a rule; None for certainly nothing."""
    return _ALL.Match(encoded)  # type: ignore[no-any-return]


def rules_in(text: str) -> list[int]:
    """Indices of the rules that may find something in a text whose escapes are undone."""
    return _TEXT.Match(text.encode("utf-8", "replace")) or []


def places(index: int, encoded: bytes) -> list[Spot]:
    """Where in JSON bytes with nothing hidden a rule may find something: from quote to quote, each once.

    Behind the rule's own index, the first number is behind a quote, the second before the next one; outside of texts
    the stretch between two.
    """
    if _BY_WORD[index]:
        return _places_by_word(index, encoded)
    found: list[Spot] = []
    search, mark = _EACH[index], _MARKS[index]
    at = 0
    while True:
        if mark:
            start = end = encoded.find(mark, at)
            if start < 0:
                return found
        else:
            match = search(encoded, at)
            if match is None:
                return found
            start, end = match.span()
        last = encoded.find(b'"', end - 1 if end - start > 1 else start + 1)
        found.append((index, encoded.rfind(b'"', 0, start + 1) + 1, last))
        at = last if last > start else start + 1  # the quote itself may be what stands before the next value


def _places_by_word(index: int, encoded: bytes) -> list[Spot]:
    """Its look sees the word, which may be a field's name; the values are found by their form."""
    at, text = 0, encoded.decode()
    found: list[Spot] = []
    for start, end, _ in candidates(PII_RULES[index], text):
        if start >= at:
            first, at = text.rfind('"', 0, start + 1), text.find('"', max(start + 1, end - 1))
            found.append((index, len(text[: first + 1].encode()), len(text[:at].encode())))
    return found


__all__ = ["DECLARES", "FIRST_RULE", "HIDDEN", "SEPARATOR", "WIDE", "hints", "places", "rules_in"]
