"""Under which texts a person may stand in the tables: as they were sent, and hashed with every live key.

So are the match keys for ads, which need no key. A key that was retired cannot be asked any more: what it hashed is
nobody's. A phone number is tried with and without its country code: both spellings are hashed as they were sent.
"""

from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

from consent.pii.checks import digits_of
from consent.pii.hashing import Key, is_pseudonym, pseudonym
from consent.pii.identifiers import kind_of_id
from consent.pii.matchkeys import of_email, of_phone

Named = Literal["user_id", "anonymous_id", "email", "phone"]


class Identifier(Struct, frozen=True):
    """One thing that a person is known by."""

    name: Named
    value: str


class Forms(Struct):
    """`ids`: what may stand in an id column. `texts`: what may stand in any text. `raw`: what was never meant to be
    stored. `subjects`: under whom the ledger and the gate know the person."""

    ids: list[str]
    texts: list[str]
    raw: list[str]
    subjects: list[str] = []


def forms_of(identifiers: Iterable[Identifier], keys: Iterable[Key]) -> Forms:
    """All forms of these identifiers, each once."""
    keys = list(keys)
    ids: dict[str, None] = {}
    texts: dict[str, None] = {}
    raw: dict[str, None] = {}
    for one in identifiers:
        value = one.value.strip()
        if one.name in ("email", "phone"):
            for spelling in _spellings(one.name, value):
                found = [pseudonym(key, one.name, spelling) for key in keys]
                ids |= dict.fromkeys(found)
                texts |= dict.fromkeys(found)
                raw[spelling] = None
                texts |= dict.fromkeys((of_email if one.name == "email" else of_phone)(spelling).values())
            continue
        if is_pseudonym(value):
            ids[value] = texts[value] = None
            continue
        kind = kind_of_id(value)
        if kind:
            raw[value] = None
        elif value:
            ids[value] = texts[value] = None
        kinds = [kind] if kind else []
        for key in keys:
            for hashed in (pseudonym(key, k, value) for k in [*kinds, *(["user_id"] if one.name == "user_id" else [])]):
                ids[hashed] = texts[hashed] = None
    return Forms(list(ids), list(texts), list(raw))


def _spellings(name: str, value: str) -> list[str]:
    if name == "email":
        return list(dict.fromkeys((value, value.casefold())))
    digits = digits_of(value)
    found = [value, digits, f"+{digits}"]
    if len(digits) == 11 and digits.startswith("1"):
        found += [f"86{digits}", f"+86{digits}"]
    if len(digits) == 13 and digits.startswith("861"):
        found.append(digits[2:])
    return list(dict.fromkeys(found))
