"""From what somebody typed or sent to the forms that are kept: hashed with every live key, under every subject."""

from collections.abc import Iterable
from typing import Final

from consent.keys import KeyRing
from consent.pii.checks import digits_of
from consent.pii.keys import Keys
from consent.rights.forms import Forms, Identifier, forms_of
from consent.rights.requests import RequestError
from consent.subjects import subjects_of

NAMED: Final = ("user_id", "anonymous_id", "email", "phone")
LEAST_DIGITS: Final = 5


def forms_for(named: Iterable[tuple[str, str]], keys: Keys, ring: KeyRing, site: str) -> Forms:
    """`named`: (one of `NAMED`, value). `keys`: those that the collector hashes with, wherever they are kept.

    Raises RequestError for a value that can be nobody's.
    """
    named = [(name, _checked(name, value.strip())) for name, value in named]
    forms = forms_of([Identifier(name, value) for name, value in named], keys.all)  # type: ignore[arg-type]
    for name, value in named:
        device, person = (value, None) if name == "anonymous_id" else (None, value)
        forms.subjects += subjects_of(ring, site, device, person)
    return forms


def _checked(name: str, value: str) -> str:
    """A typing mistake is found by nobody later: what it hashes to is in no table, and the request ends as done."""
    if not value:
        raise RequestError("request.blank")
    before, _, after = value.rpartition("@")
    if name == "email" and not (before and after):
        raise RequestError("request.email")
    if name == "phone" and len(digits_of(value)) < LEAST_DIGITS:
        raise RequestError("request.phone")
    return value
