"""The straight way of `track()`: the same bytes as the long way, for the calls that business code makes all day.

A call costs its caller what happens before it returns. The long way (event.py → scrub.py → encode.py) builds a dict,
walks it and encodes it, 14 µs; this way writes the message as text around two encoded pieces, about 4 µs:

* `properties` go through the C encoder at once. That is also what makes a later change of the caller's dict harmless:
  an event is what it was when `track()` was called. Handing the dict to the worker instead would save the caller a
  microsecond, and would have to copy it deeply, could not say `too_large` to the caller, and could not bound the
  queue.
* the context (library, consent, what the scope says) is the same for thousands of calls and is kept encoded, under the
  choices it was made for. The gate was asked when it was made: a piece exists only if the event may leave.

Whatever is not plain here (an unknown type, NaN, deep nesting, a name that the scrubber does not know as harmless, a
refusal) returns None: the long way then decides, and says why. A property test holds both ways against each other.
"""

from __future__ import annotations

import json.encoder
from collections.abc import Iterable
from typing import Any, Callable, Protocol

from firsthand.encode import plain_type
from firsthand.ids import stamp
from firsthand.protocol import MAX_DEPTH, MAX_IDENTITY_CHARS, MAX_MESSAGE_BYTES, MAX_NAME_CHARS
from firsthand.scope import Scope, current
from firsthand.scrub import KEYS

_MOST_NAMES = 4_096
_MOST_PIECES = 1_024


def compact_encoder(default: Callable[[Any], Any]) -> Callable[[Any], str]:
    """JSON text of a value by the C encoder, kept instead of made anew for each call as `JSONEncoder.encode` does.

    `markers` None: a cycle ends in RecursionError instead of being looked for at every level.
    """
    make, quote = getattr(json.encoder, "c_make_encoder", None), getattr(json.encoder, "c_encode_basestring", None)
    if make is None or quote is None:  # an interpreter without the C accelerator
        return json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=default).encode
    chunks = make(None, default, quote, None, ":", ",", False, False, False)

    def encode(value: Any) -> str:
        found = chunks(value, 0)
        return found[0] if len(found) == 1 else "".join(found)

    return encode


class Names(Protocol):
    """What is asked of the scrubber: does this set hold all of these names?"""

    def issuperset(self, names: Iterable[Any], /) -> bool: ...


class Straight:
    """One client's straight way. `piece(scope, choices)` is the encoded context, or "" if the long way must decide."""

    def __init__(
        self,
        harmless: Names,
        piece: Callable[[Scope | None, dict[str, bool] | None], str],
        always_long: bool,
    ) -> None:
        self.super_properties: dict[str, Any] = {}
        self._harmless, self._piece, self._always_long = harmless, piece, always_long
        self._encode = compact_encoder(plain_type)
        self._quote: Callable[[str], str] = getattr(json.encoder, "encode_basestring")  # noqa: B009 - not in the stubs
        self._names: dict[str, str] = {}
        self._pieces: dict[Any, str] = {}

    def track(self, event: Any, properties: Any, user_id: Any, anonymous_id: Any, consent: Any,
              ) -> tuple[str, bytes] | None:  # fmt: skip
        """Message id and bytes of a `track` message, or None."""
        try:
            name = self._names.get(event) or self._learn(event)
            scope = current.get()
            pieces = self._pieces
            if scope is not None:
                pieces = scope.memo.get(self) or scope.memo.setdefault(self, {})
                user_id = scope.user_id if user_id is None else user_id
                anonymous_id = scope.anonymous_id if anonymous_id is None else anonymous_id
                consent = scope.consent if consent is None else consent
            who = ""
            if anonymous_id is not None:
                if type(anonymous_id) is not str or not 0 < len(anonymous_id) <= MAX_IDENTITY_CHARS:
                    return None
                who = f'"anonymousId":{self._quote(anonymous_id)},'
            if user_id is not None:
                if type(user_id) is int:
                    who = f'{who}"userId":"{user_id}",'
                elif type(user_id) is str and 0 < len(user_id) <= MAX_IDENTITY_CHARS:
                    who = f'{who}"userId":{self._quote(user_id)},'
                else:
                    return None
            # the names say it all if all is granted, which is the usual case. Not True itself is not consent; and True
            # == 1, so a key of choices must be made of bools
            key: Any = None
            if consent is not None:
                for choice in consent.values():
                    if choice is not True:
                        key = tuple([(purpose, choice is True) for purpose, choice in consent.items()])
                        break
                else:
                    key = tuple(consent)
            piece = pieces.get(key) or self._make(scope, pieces, key, consent)
            if self.super_properties:
                properties = {**self.super_properties, **(properties or {})}
            told = ""
            if properties is not None:
                if type(properties) is not dict:
                    return None
                text = self._encode(properties)
                if text.find("{", 1) < 0 and "[" not in text:
                    if not self._harmless.issuperset(properties):
                        return None
                elif (
                    text.count("{") + text.count("[") > MAX_DEPTH
                    or "\\" in text
                    or not self._harmless.issuperset(KEYS.findall(text))
                ):
                    return None
                told = f'"properties":{text},'
            if not (name and who and piece):
                return None
            id_, now = stamp()
            data = (
                f'{{"type":"track","messageId":"{id_}","timestamp":"{now}",{who}"event":{name},{told}"context":{piece}}}'
            ).encode()
            return (id_, data) if len(data) <= MAX_MESSAGE_BYTES else None
        except Exception:  # noqa: BLE001 - whatever it was, the long way meets it too and says what it is
            return None

    def _learn(self, event: Any) -> str:
        if self._always_long or type(event) is not str or not 0 < len(event) <= MAX_NAME_CHARS or event[0] == "$":
            return ""
        name = self._quote(event)
        if len(self._names) < _MOST_NAMES:
            self._names[event] = name
        return name

    def _make(self, scope: Scope | None, pieces: dict[Any, str], key: Any, consent: Any) -> str:
        choices = None if consent is None else {purpose: choice is True for purpose, choice in consent.items()}
        if choices is not None and any(type(purpose) is not str for purpose in choices):
            return ""
        piece = self._piece(scope, choices)
        if piece and len(pieces) < _MOST_PIECES:
            pieces[key] = piece
        return piece
