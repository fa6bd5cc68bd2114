"""The words of the firewall: classes of personal data, actions, and what a rule is made of.

A **rule** finds values of one class in any text, in three looks of rising cost:

    look      one RE2 pattern over the bytes of a whole event; says "perhaps" or "certainly not"
    pattern   the exact form, over one text; linear, because every repeat in it is bounded
    valid     check digits, dates, tables: what the form alone cannot say
    context   words beside the value, or the name of its field, without which a mere run of digits is no phone

A **class** says what becomes of its values unless the source says otherwise, and under which word its pseudonyms are
hashed. The words of `kind` never change: a stored pseudonym must keep its meaning.
"""

import re
from collections.abc import Callable
from typing import Final, Literal, NamedTuple, get_args

Action = Literal["hash", "drop", "mask", "truncate", "keep"]
ACTIONS: Final = frozenset(get_args(Action))


class Class(NamedTuple):
    """One class of personal data: its default action, and the word in front of the value when it is hashed."""

    action: Action
    kind: str
    about: str


CLASSES: Final[dict[str, Class]] = {
    "email": Class("hash", "email", "mail addresses"),
    "phone": Class("hash", "phone", "mobile and fixed-line numbers"),
    "id": Class("hash", "id", "identity numbers: Chinese resident id, national and tax numbers"),
    "ssn": Class("hash", "id", "US social security and taxpayer numbers"),
    "card": Class("drop", "card", "payment cards"),
    "bank": Class("drop", "bank", "bank accounts, IBAN"),
    "passport": Class("hash", "id", "passports, machine-readable lines"),
    "permit": Class("hash", "id", "permits and identity cards of Hong Kong, Macau and Taiwan"),
    "plate": Class("hash", "plate", "Chinese licence plates"),
    "name": Class("drop", "name", "names of people"),
    "address": Class("drop", "address", "postal addresses"),
    "birthday": Class("drop", "birthday", "dates of birth and ages"),
    "health": Class("drop", "health", "medical record numbers and diagnoses"),
    "biometric": Class("drop", "biometric", "faces, fingerprints, voices as data"),
    "ip": Class("truncate", "ip", "network addresses"),
    "device": Class("hash", "device", "IMEI, MAC and advertising ids"),
    "openid": Class("hash", "openid", "WeChat openid and unionid"),
    "user_id": Class("hash", "user_id", "user ids"),
    "secret": Class("drop", "secret", "passwords, tokens, keys, reset links"),
}


class Context(NamedTuple):
    """Words that decide about a value. `needs` must stand in the field's name or beside the value; `never` must not."""

    needs: re.Pattern[str] | None = None
    never: re.Pattern[str] | None = None
    before: int = 24
    after: int = 10


FREE: Final = Context()


class Rule(NamedTuple):
    """How one kind of value is found. The value is the pattern's group `v`."""

    name: str
    cls: str
    look: str
    pattern: re.Pattern[str]
    valid: Callable[[str], bool] = bool
    context: Context = FREE
    # Spellings so particular that no context is needed: +86 138-0013-8000
    sure: Callable[[str], bool] = lambda value: False
    # A character that every value has: the pattern is tried around it only
    anchor: str = ""
    # The same pattern for a text in ASCII, which then takes half the time
    ascii: re.Pattern[str] | None = None
    # A form that every value contains and that Python's own search skips to, because it begins with one character
    core: str = ""
    # The look seeks a word that stands beside a value, perhaps as the field's name, instead of the value
    by_word: bool = False


# A value found in a text: start, end, and what stands there
Found = tuple[int, int, str]


def candidates(rule: Rule, text: str) -> list[Found]:
    """Where the form and the check digits are right, whatever stands beside them."""
    search, valid = rule.pattern.search, rule.valid
    found: list[Found] = []
    match = _anchored(rule, text, 0) if rule.anchor else search(text)
    while match is not None:
        value, done = match["v"], match.end()
        if value is not None and valid(value):
            found.append((match.start("v"), match.end("v"), value))
        match = _anchored(rule, text, done) if rule.anchor else search(text, done)
    return found


def find(rule: Rule, text: str, field: str = "") -> list[Found]:
    """Where `rule` finds values in `text`, which stands under the name `field`; in order, and none over another."""
    found = candidates(rule, text)
    if found and rule.context is not FREE:
        return [one for one in found if rule.sure(one[2]) or _fits(rule.context, text, one[0], one[1], field)]
    return found


def _anchored(rule: Rule, text: str, done: int) -> re.Match[str] | None:
    """The next match behind `done`. No value holds a blank."""
    anchor = rule.anchor
    at = text.find(anchor, done)
    while at >= 0:
        # What touches the character must be a letter or a digit on its right, or trying is no use
        if text[at + 1 : at + 2].isalnum():
            first = max(done, text.rfind(" ", done, at) + 1, at - _AROUND)
            pattern = rule.ascii if rule.ascii is not None and text.isascii() else rule.pattern
            if (match := pattern.search(text, first, at + 4 * _AROUND)) is not None:
                return match
        done = at + 1
        at = text.find(anchor, done)
    return None


def _fits(context: Context, text: str, start: int, end: int, field: str) -> bool:
    if context.needs is None and context.never is None:
        return True
    before = text[max(0, start - context.before) : start]
    # The nearest clause speaks about the value, not the one before it
    before = _CLAUSE.split(before)[-1]
    beside = f"{before} {text[end : end + context.after]}"
    if context.needs is not None:
        return bool(context.needs.search(field) or context.needs.search(beside))
    return context.never is None or not (context.never.search(field) or context.never.search(before))


_AROUND: Final = 66
_CLAUSE = re.compile(r"[。！？；;\n]|\. ")
