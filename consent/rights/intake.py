"""From what somebody typed or sent to the forms that are kept: hashed with every live key, under every subject."""

from collections.abc import Iterable
from typing import Final

from consent.keys import KeyRing
from consent.pii.keys import Keys
from consent.rights.forms import Forms, Identifier, forms_of
from consent.subjects import subjects_of

NAMED: Final = ("user_id", "anonymous_id", "email", "phone")


def forms_for(named: Iterable[tuple[str, str]], keys: Keys, ring: KeyRing, site: str) -> Forms:
    """`named`: (one of `NAMED`, value). `keys`: those that the collector hashes with, wherever they are kept."""
    named = list(named)
    forms = forms_of([Identifier(name, value) for name, value in named], keys.all)  # type: ignore[arg-type]
    for name, value in named:
        device, person = (value, None) if name == "anonymous_id" else (None, value)
        forms.subjects += subjects_of(ring, site, device, person)
    return forms
