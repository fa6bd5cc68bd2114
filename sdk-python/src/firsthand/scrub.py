"""What an event may not carry out of the process, told by the names of its fields.

The collector's firewall is the place where personal data become keyed pseudonyms; only it has the key. Here only two
things are done, because they need no key and the data need not even be sent:

* secrets and means of payment (`password`, `access_token`, `card-number` …) are left out, at every depth;
* addresses (`url`, `href`, `referrer` …) are cut down (addresses.py).

A name is compared without case, `_`, `-`, `.` and blanks, as the collector does (`consent/pii/declared.py`); a test
holds this list against that one. `Names` remembers which names are harmless: a server uses the same few hundred for
ever, and the straight way (straight.py) may then ask one set about all names of an event at once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Set
from typing import Any

from firsthand.addresses import CAMPAIGN_PARAMS, clean_page, clean_url

SECRETS: frozenset[str] = frozenset(
    {"password", "passwd", "pwd", "secret", "token", "accesstoken", "refreshtoken", "apikey", "authorization", "cookie",
     "cvv", "cvc", "cardnumber", "creditcard", "bankcard", "iban"}
)  # fmt: skip
ADDRESSES: frozenset[str] = frozenset({"url", "href", "pageurl", "referrer", "referer", "search"})
# in JSON text without a backslash this finds every key (and perhaps a value, which costs a look)
KEYS = re.compile(r'"([^"]*)":')
_NOISE = re.compile(r"[_\-.\s]+")
_MAX_KNOWN = 8_192  # callers may build names from data: the set must not grow with it
_MAX_NAME = 128


class _Everything(set):  # type: ignore[type-arg]
    """The harmless names when scrubbing is off."""

    def issuperset(self, _names: object) -> bool:
        return True


class Scrubber:
    """`harmless` holds names that need no look; `allowed` query parameters stay in addresses beside utm_*."""

    def __init__(self, allowed: Set[str] = frozenset(), on: bool = True) -> None:
        self.harmless: set[str] = set() if on else _Everything()
        self._allowed = CAMPAIGN_PARAMS | allowed
        self._on = on

    def needed(self, text: str, context: Mapping[str, Any]) -> bool:
        """Must a message be walked, whose JSON is `text`? Learns names that are harmless."""
        if not self._on:
            return False
        if "\\" in text or "page" in context:
            return True
        declared = [self.kind_of(name) for name in KEYS.findall(text) if name not in self.harmless]
        return any(declared)  # of a list, not of a generator: all names are learnt

    def message(self, message: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
        """A built message of plain values, scrubbed, and the names of what was left out. `message` may be changed."""
        gone: list[str] = []
        for part in ("properties", "traits"):
            if isinstance(message.get(part), dict):
                message[part] = self._object(message[part], gone)
        context = message.get("context")
        if isinstance(context, dict):
            if isinstance(context.get("page"), dict):
                context["page"] = clean_page(context["page"], self._allowed)
            # page has its own rules; consent and library are ours
            rest = {k: v for k, v in context.items() if k not in ("page", "consent", "library")}
            message["context"] = {**self._object(rest, gone), **{k: v for k, v in context.items() if k not in rest}}
        return message, gone

    def kind_of(self, name: str) -> str:
        """`secret`, `address`, or "" for a name that says nothing."""
        plain = _NOISE.sub("", name).lower()
        if plain in SECRETS:
            return "secret"
        if plain in ADDRESSES:
            return "address"
        if len(self.harmless) < _MAX_KNOWN and len(name) <= _MAX_NAME:
            self.harmless.add(name)
        return ""

    def _object(self, value: dict[str, Any], gone: list[str]) -> dict[str, Any]:
        kept = {}
        for name, item in value.items():
            kind = "" if name in self.harmless else self.kind_of(name)
            if kind == "secret" and item is not None and not isinstance(item, bool):
                gone.append(name[:40])
            elif kind == "address":
                kept[name] = self._address(item, gone)
            else:
                kept[name] = self._value(item, gone)
        return kept

    def _value(self, value: Any, gone: list[str]) -> Any:
        if isinstance(value, dict):
            return self._object(value, gone)
        if isinstance(value, list):
            return [self._value(item, gone) for item in value]
        return value

    def _address(self, value: Any, gone: list[str]) -> Any:
        if isinstance(value, str):
            return clean_url(value, self._allowed)
        if isinstance(value, list):
            return [self._address(item, gone) for item in value]
        return self._value(value, gone)
