"""The firewall itself: declared fields, then detection, over one JSON object or one text. Pure.

    look     one pass over the bytes; most objects end here and leave as they came        (look.py)
    splice   texts directly under the object's own names are replaced where they lie,
             and most objects with a value in them end here                                (splice.py)
    decode
    declare  what a field's name or the source says is personal                            (declared.py, policy.py)
    detect   only the rules whose look hit, over each text, each number and each key       (rules/)
    encode   always once it was decoded: of a repeated name only the last value was read

JSON inside a text is opened, two levels deep. A text is read up to 32 KB; what is longer is cut there and counted,
because what nobody looked at may not pass. Whatever throws here must refuse the event: the caller does
(`steps/scrub.py`).
"""

import re
from collections.abc import Set
from functools import lru_cache
from typing import Any, Final

import msgspec

from consent.pii.actions import REDACTED, acted
from consent.pii.declared import declared_class, describes_person
from consent.pii.hashing import PREFIX, Key, aliases, is_pseudonym, pseudonym
from consent.pii.look import DECLARES, FIRST_RULE, HIDDEN, hints, places, rules_in
from consent.pii.model import CLASSES, Rule, candidates, find
from consent.pii.policy import DEFAULT, Policy
from consent.pii.rules import PII_RULES
from consent.pii.samples import Samples
from consent.pii.spelling import plain
from consent.pii.splice import Spot, named
from consent.pii.urls import CAMPAIGN_PARAMS, clean_url

MAX_CHARS: Final = 32 * 1024
MAX_NESTED: Final = 2
MAX_VALUES: Final = 200  # a text with more is somebody's address book: it goes as a whole
# What stands in the place of a rule in a count: the field's name said it, an id had the form, it was too much to read
DECLARED: Final = "declared"
IDENTIFIER: Final = "identifier"
LIMIT: Final = "limit"
OTHERS: Final = (DECLARED, IDENTIFIER, LIMIT)
_SMALLEST_NUMBER: Final = 10**7
_SHORTEST: Final = 4
_FEW: Final = 8
_CACHED_CHARS: Final = 128
_GONE: Any = object()
Span = tuple[int, int, str, Rule]  # start, end, value
_PLAIN_NAME = re.compile(r"[$A-Za-z_\u4e00-\u9fff][A-Za-z0-9_ $\-\u4e00-\u9fff]{0,39}")
_MANY_DIGITS = re.compile(r"\d{5}")


class Scrubber:
    """One object or text of one event on its way through. `counts` takes `{"properties.note:email:hash:email": 1}`:
    where, class, action, and the rule that found it or one of `OTHERS`. `samples` takes forms of values, `aliases`
    what older keys made of values that were hashed; `query_params` may stay in addresses beside `utm_*`."""

    __slots__ = (
        "_aliases", "_counts", "_hidden", "_key", "_numbers", "_policy", "_query_params", "_rules", "_samples",
        "_suspicious",
    )  # fmt: skip

    def __init__(
        self, key: Key, counts: dict[str, int], policy: Policy = DEFAULT, samples: Samples | None = None,
        aliases: dict[str, str] | None = None, query_params: Set[str] = frozenset(),
    ) -> None:  # fmt: skip
        self._key, self._counts, self._policy, self._samples = key, counts, policy, samples
        self._aliases, self._query_params = aliases, query_params
        self._numbers = self._hidden = False
        self._rules: list[int] = []
        self._suspicious: dict[str, list[int]] = {}

    def json(self, encoded: bytes, where: str, person: bool = False, nested: int = 0) -> bytes:
        """A JSON object (bytes) as it may be stored. `where` is its path, `person` whether it describes a person.

        Raises msgspec.MsgspecError, RecursionError or ValueError for what cannot be read.
        """
        found = hints(encoded)
        policy = self._policy
        declares = bool(policy.declares) and policy.may_declare(encoded)
        if found is None:
            if not person and not declares:
                return encoded
            found = []
        hidden = HIDDEN in found
        walk = person or hidden or declares or DECLARES in found
        spots: list[Spot] = []
        if not hidden:
            self._use([hint - FIRST_RULE for hint in found if hint >= FIRST_RULE], hidden)
            for index in self._rules:
                spots += places(index, encoded)
        if spots and not walk and (done := self._spliced(encoded, where, spots)) is not None:
            return done
        value = msgspec.json.decode(encoded)
        if walk:
            value = self._declare(value, where, person, nested)
        if hidden:
            texts: list[str] = []
            _collect(value, texts)
            if self._use(rules_in("\n".join(texts)), hidden):
                value = self._detect(value, where, "")
        elif spots:
            self._suspect(encoded, spots)
            value = self._detect(value, where, "")
        return msgspec.json.encode({} if value is _GONE else value)

    def text(self, text: str, where: str, field: str = "") -> str | None:
        """One text as it may be stored, None if nothing of it may. `field` is the name under which it stands."""
        if len(text) > MAX_CHARS:
            text = text[:MAX_CHARS]
            self._count(where, "unread", "truncate", LIMIT)
        read = plain(text)
        cleaned = self._scan(text, where, field) if self._use(rules_in(f"{field}\n{read}"), read is not text) else text
        return None if cleaned is _GONE else cleaned

    def _use(self, rules: list[int], hidden: bool) -> bool:
        off = self._policy.off
        self._rules = [index for index in rules if index not in off] if off else rules
        self._hidden = hidden
        return bool(self._rules)

    # ---- declared ---------------------------------------------------------------------------------------------

    def _declare(self, value: Any, path: str, person: bool, nested: int) -> Any:
        if isinstance(value, dict):
            fields = ((name, self._field(name, v, f"{path}.{name}", person, nested)) for name, v in value.items())
            return {name: v for name, v in fields if v is not _GONE}
        if isinstance(value, list):
            found = (self._element(v, path, person, nested) for v in value)
            return [v for v in found if v is not _GONE]
        return self._opened(value, path, person, nested) if isinstance(value, str) else value

    def _element(self, value: Any, path: str, person: bool, nested: int) -> Any:
        cls = self._policy.declared(path) if self._policy.declares else None
        if cls is not None and isinstance(value, (str, int, float)) and not isinstance(value, bool):
            return self._act(cls, path, str(value), DECLARED, whole=True)
        return self._declare(value, path, person, nested)

    def _field(self, name: str, value: Any, path: str, person: bool, nested: int) -> Any:
        cls = (self._policy.declared(path) if self._policy.declares else None) or declared_class(name, person)
        if cls is None or value is None or isinstance(value, bool):
            return self._declare(value, path, person or describes_person(name), nested)
        if cls == "url":
            return self._address(value, path, nested)
        if isinstance(value, (dict, list)):
            if self._policy.action(cls, path) == "keep":
                return self._declare(value, path, True, nested)
            self._count(path, cls, "drop", DECLARED)  # a declared name over a structure: nobody can say what is inside
            return _GONE
        return self._act(cls, path, str(value), DECLARED, whole=True) if value != "" else value

    def _address(self, value: Any, path: str, nested: int) -> Any:
        if isinstance(value, str):
            return clean_url(value, CAMPAIGN_PARAMS | self._query_params)
        if isinstance(value, list):
            return [self._address(v, path, nested) for v in value]
        return self._declare(value, path, False, nested)

    def _opened(self, text: str, path: str, person: bool, nested: int) -> str:
        """A text that is JSON itself, scrubbed like JSON."""
        inner = text.strip()
        if nested >= MAX_NESTED or len(inner) < 2 or inner[0] + inner[-1] not in ("{}", "[]", '""'):
            return text
        try:
            encoded = msgspec.json.encode(msgspec.json.decode(inner))
        except (msgspec.MsgspecError, RecursionError, ValueError):
            return text  # looks like JSON and is none: read as a text
        one = Scrubber(self._key, self._counts, self._policy, self._samples, self._aliases, self._query_params)
        return one.json(encoded, path, person, nested + 1).decode()

    # ---- detected: in place, and a path is only spelled out for what was found -------------------------------

    def _detect(self, value: Any, path: str, field: str) -> Any:
        if isinstance(value, dict):
            self._detect_object(value, path)
        elif isinstance(value, list):
            self._detect_list(value, path, field)
        elif isinstance(value, str):
            return self._scan(value, path, field) if self._suspects(value) else value
        return value

    def _detect_object(self, value: dict[str, Any], path: str) -> None:
        changed, names = None, False
        suspicious, plain_texts = self._suspicious, not self._hidden
        for name, inner in value.items():
            kind = type(inner)
            if kind is str:
                if inner in suspicious if plain_texts else len(inner) >= _SHORTEST and self._suspects(inner):
                    found = self._scan(inner, f"{path}.{name}", name)
                    if found is not inner:
                        changed = [*(changed or ()), (name, found)]
            elif kind is dict:
                self._detect_object(inner, f"{path}.{name}")
            elif kind is list:
                self._detect_list(inner, f"{path}.{name}", name)
            elif kind is int or kind is float:
                found = self._number(inner, path, name)
                if found is not inner:
                    changed = [*(changed or ()), (name, found)]
            # A name may be data as well: {"ada@x.example": 3}
            if name in suspicious if plain_texts else len(name) > _SHORTEST and self._suspects(name):
                names = True
        for name, found in changed or ():
            if found is _GONE:
                del value[name]
            else:
                value[name] = found
        if names:
            shown_names = [(self._scan(name, f"{path}.:key", ""), inner) for name, inner in value.items()]
            value.clear()
            value.update((REDACTED if name is _GONE else name, inner) for name, inner in shown_names)

    def _detect_list(self, value: list[Any], path: str, field: str) -> None:
        for at, inner in enumerate(value):
            if isinstance(inner, (int, float)):
                value[at] = self._number(inner, path.removesuffix(f".{field}"), field)
            else:
                value[at] = self._detect(inner, path, field)
        if any(inner is _GONE for inner in value):
            value[:] = [inner for inner in value if inner is not _GONE]

    def _number(self, value: float, path: str, name: str) -> Any:
        if (self._numbers or self._hidden) and not -_SMALLEST_NUMBER < value < _SMALLEST_NUMBER:
            written = str(int(value)) if value == int(value) else str(value)
            scanned = self._scan(written, f"{path}.{name}", name)
            return value if scanned is written else scanned
        return value

    def _spliced(self, encoded: bytes, path: str, spots: list[Spot]) -> bytes | None:
        """The JSON with suspicious texts replaced where they lie, if all are values of the object's own names.

        None if any is something else, and then nothing was done. Most events with a value end here, and decoding and
        walking them would cost as much as all that is in them.
        """
        texts = named(encoded, spots, bool(self._policy.entries)) if len(spots) <= _FEW else None
        if texts is None:
            return None
        at, left = 0, b""
        gone: list[tuple[str, str]] = []
        for first, (last, name, text, rules) in texts.items():
            stands = self._scan(text, f"{path}.{name}", name, rules)
            if stands is _GONE:
                gone.append((name, text))
            elif stands is not text:  # nothing in it was escaped, and what takes its place needs no escape
                left += encoded[at:first] + stands.encode()
                at = last
        left += encoded[at:]
        return msgspec.json.encode(_without(msgspec.json.decode(left), gone)) if gone else left

    def _suspect(self, encoded: bytes, spots: list[Spot]) -> None:
        """Which texts of a JSON document a rule may touch: most texts of an event then cost one look-up.

        Nothing is hidden in it, so each text stands between its quotes as it is; what a place overlaps is suspicious as
        a whole.
        """
        self._suspicious, self._numbers = {}, False
        for index, first, last in spots:
            for text in encoded[first:last].decode().split('"'):
                self._suspicious.setdefault(text, []).append(index)
            # An even number of quotes before it: it stands outside of all texts
            self._numbers = self._numbers or encoded.count(b'"', 0, first) % 2 == 0

    def _suspects(self, text: str) -> bool:
        if not self._hidden:
            return text in self._suspicious
        text = plain(text)
        if text.count("@") > MAX_VALUES:
            return True
        return any(candidates(PII_RULES[index], text) for index in self._rules)

    def _scan(self, text: str, path: str, field: str, rules: list[int] | None = None) -> Any:
        """`text` with the values in it replaced; _GONE if it was one value and is dropped. `rules`: which to ask."""
        if len(text) > MAX_CHARS:
            text = text[:MAX_CHARS]
            self._count(path, "unread", "truncate", LIMIT)
        if len(text) < 2 or (text.startswith(PREFIX) and is_pseudonym(text)):
            return text
        read = plain(text) if self._hidden else text
        if len(read) > MAX_VALUES and read.count("@") > MAX_VALUES:
            self._count(path, "unread", "drop", LIMIT)
            return REDACTED
        spans: list[Span] = []
        if rules is None:
            rules = self._rules if self._hidden else self._suspicious.get(text, self._rules)
        for index in rules:
            found = find(rule := PII_RULES[index], read, field)
            if not found:
                continue
            if index in self._policy.shadow:
                self._count(path, rule.cls, "shadow", rule.name, found[0][2], len(found))
                continue
            if spans:  # the rule that came first keeps what it claimed
                found = [f for f in found if not any(f[0] < other[1] and other[0] < f[1] for other in spans)]
            for start, end, value in found:
                spans.append((start, end, value, rule))
            if len(spans) > MAX_VALUES:
                self._count(path, "unread", "drop", LIMIT)
                return REDACTED
        if not spans:
            return text
        if len(spans) == 1:
            start, end, value, rule = spans[0]
            if len(read.strip()) == end - start:
                return self._act(rule.cls, path, value, rule.name, whole=True)
            return f"{read[:start]}{self._act(rule.cls, path, value, rule.name, whole=False)}{read[end:]}"
        spans.sort(key=_start)
        pieces: list[str] = []
        at = 0
        for start, end, value, rule in spans:
            pieces += (read[at:start], self._act(rule.cls, path, value, rule.name, whole=False))
            at = end
        return "".join([*pieces, read[at:]])

    def _act(self, cls: str, path: str, value: str, rule: str, whole: bool) -> Any:
        policy, about = self._policy, CLASSES[cls]
        action = policy.action(cls, path) if policy.entries else about.action
        if action == "hash":
            stands: str | None = pseudonym(self._key, about.kind, value)
            if self._key.older and self._aliases is not None:
                self._aliases.update(aliases(self._key, about.kind, value, stands or ""))
        else:
            stands = acted(cls, action, value, self._key)
        self._count(path, cls, "drop" if stands is None else action, rule, value)
        if stands is None:
            return _GONE if whole else REDACTED
        return stands

    def _count(self, path: str, cls: str, action: str, rule: str, value: str = "", times: int = 1) -> None:
        key = (_key if len(path) <= _CACHED_CHARS else _key.__wrapped__)(path, cls, action, rule)
        counts = self._counts
        counts[key] = counts.get(key, 0) + times
        if value and self._samples is not None:
            self._samples.note(key, cls, value)


def _without(value: Any, gone: list[tuple[str, str]]) -> Any:
    """Without these pairs of name and text, wherever they stand."""
    if isinstance(value, dict):
        return {name: _without(v, gone) for name, v in value.items() if not (isinstance(v, str) and (name, v) in gone)}
    return [_without(v, gone) for v in value] if isinstance(value, list) else value


def _start(span: Span) -> int:
    return span[0]


def _collect(value: Any, texts: list[str]) -> None:
    if isinstance(value, str):
        texts.append(plain(value))
    elif isinstance(value, dict):
        for name, inner in value.items():
            texts.append(plain(name))
            _collect(inner, texts)
    elif isinstance(value, list):
        for inner in value:
            _collect(inner, texts)
    elif isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) >= _SMALLEST_NUMBER:
        texts.append(str(int(value)) if value == int(value) else str(value))


@lru_cache(8192)
def _key(path: str, cls: str, action: str, rule: str) -> str:
    return f"{shown(path)}:{cls}:{action}:{rule}"


@lru_cache(4096)
def shown(path: str) -> str:
    """A path for the report: names that look like data themselves are replaced, six levels at most."""
    if path.isascii() and len(path) <= 60 and path.replace(".", "a").isidentifier() and not _MANY_DIGITS.search(path):
        return path
    names = path.split(".")[:6]
    return ".".join(n if _PLAIN_NAME.fullmatch(n) and not _MANY_DIGITS.search(n) else REDACTED for n in names)
