"""Whom to erase: ids as they stand in the id columns, and every form of an identifier that may stand in a text."""

from collections.abc import Iterable
from functools import cached_property
from typing import Any, Final

import re2
from msgspec import Struct

# Shorter forms would be found in half of all words; in the id columns they count all the same
SHORTEST_FORM: Final = 6
_MEMORY: Final = 512 << 20


class Target(Struct, frozen=True, dict=True):
    """`ids`: exact values of user_id, anonymous_id, subject_key. `forms`: texts that must not be found anywhere.
    `kid`: a retired key, of which no pair may be left that joins its pseudonyms with others (unlink.py)."""

    ids: frozenset[str]
    forms: frozenset[str]
    kid: str = ""

    @cached_property
    def _sought(self) -> list[str]:
        return sorted(form for form in self.ids | self.forms if len(form) >= SHORTEST_FORM)

    @cached_property
    def anywhere(self) -> Any:
        """RE2 over bytes: any form, wherever it stands; None if there is none to seek. May find too much."""
        if not self._sought:
            return None
        options = re2.Options()
        options.max_mem = _MEMORY
        return re2.compile("|".join(re2.escape(form) for form in self._sought).encode(), options)

    @cached_property
    def whole(self) -> str:
        """The same as a pattern for Arrow (RE2 too), for a form that is no part of a longer word or number."""
        return rf"(^|[^A-Za-z0-9])(?:{'|'.join(re2.escape(form) for form in self._sought)})([^A-Za-z0-9]|$)"

    @cached_property
    def exactly(self) -> Any:
        """`whole` over bytes."""
        options = re2.Options()
        options.max_mem = _MEMORY
        return re2.compile(self.whole.encode(), options)


def target_of(ids: Iterable[str], forms: Iterable[str] = (), kid: str = "") -> Target:
    """A target without empty values."""
    return Target(frozenset(i for i in ids if i), frozenset(f for f in forms if f), kid)
