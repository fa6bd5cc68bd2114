"""What a source says about its own fields: the `pii` list of a `[[source]]`, checked when it is read.

    pii = [
      { class = "email", action = "drop" },                              # every mail address of this source
      { field = "properties.note", action = "mask" },                    # whatever is found in this field
      { field = "properties.sku", class = "phone", action = "keep" },    # looks like a phone and is none
      { field = "properties.buyer.*", declare = "name" },                # holds names, whatever it looks like
      { rule = "address_en", mode = "shadow" },                          # count, do not act; "off": do not even look
    ]

A field is a path of names from `properties`, `traits`, `context` or `page` on; `*` is any one name, `**` any number of
them, elements of a list have the path of the list. The last entry that fits decides. An unknown word is an error: a
typing mistake must not let through what it was meant to stop.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final

from msgspec import Struct

from consent.pii.model import ACTIONS, CLASSES, Action
from consent.pii.rules import PII_RULES

MODES: Final = ("on", "shadow", "off")
_NAMES: Final = frozenset(rule.name for rule in PII_RULES)


class PolicyError(ValueError):
    """A `pii` entry cannot be used; the message says which word and what is expected."""


class Entry(Struct, frozen=True, forbid_unknown_fields=True, rename={"cls": "class"}, omit_defaults=True):
    """One line of a source's `pii` list."""

    field: str = ""
    cls: str = ""
    action: str = ""
    declare: str = ""
    rule: str = ""
    mode: str = ""


class Policy(Struct, frozen=True):
    """Entries in force for one source, ready for use. The empty one means the defaults."""

    entries: tuple[Entry, ...] = ()
    off: frozenset[int] = frozenset()
    shadow: frozenset[int] = frozenset()
    declares: tuple[tuple[str, str], ...] = ()

    def action(self, cls: str, path: str) -> Action:
        """What becomes of a value of `cls` at `path`."""
        return _action(self.entries, cls, path) if self.entries else CLASSES[cls].action

    def declared(self, path: str) -> str | None:
        """The class that the source declares `path` to hold."""
        for pattern, cls in reversed(self.declares):
            if _compiled(pattern).fullmatch(path):
                return cls
        return None

    def may_declare(self, encoded: bytes) -> bool:
        """Whether a JSON object may hold a field that the source declares: by the last name of its path."""
        return any(mark in encoded for mark in _marks(self.declares))


DEFAULT: Final = Policy()


def policy_of(entries: Iterable[Any], shadow: Iterable[str] = (), off: Iterable[str] = ()) -> Policy:
    """The policy of `entries` (of `Entry`), with the rules that all sources shadow or turn off. Raises PolicyError."""
    checked = tuple(_checked(entry) for entry in entries)
    modes = dict.fromkeys(shadow, "shadow") | dict.fromkeys(off, "off")
    for entry in checked:
        if entry.rule:
            modes[entry.rule] = entry.mode
    for name in modes:
        if name not in _NAMES:
            raise PolicyError(f"pii: there is no rule {name!r}; rules are {', '.join(sorted(_NAMES))}")
    at = {rule.name: index for index, rule in enumerate(PII_RULES)}
    return Policy(
        tuple(entry for entry in checked if entry.action),
        frozenset(at[name] for name, mode in modes.items() if mode == "off"),
        frozenset(at[name] for name, mode in modes.items() if mode == "shadow"),
        tuple((entry.field, entry.declare) for entry in checked if entry.declare),
    )


def _checked(entry: Entry) -> Entry:
    for name, value, allowed in (
        ("class", entry.cls, CLASSES), ("declare", entry.declare, CLASSES), ("action", entry.action, ACTIONS),
        ("mode", entry.mode, MODES), ("rule", entry.rule, _NAMES),
    ):  # fmt: skip
        if value and value not in allowed:
            raise PolicyError(f"pii: {name} {value!r} is unknown; use one of {', '.join(sorted(allowed))}")
    said = {n for n in ("field", "cls", "action", "declare", "rule", "mode") if getattr(entry, n)}
    if said not in ({"cls", "action"}, {"field", "action"}, {"field", "cls", "action"}, {"field", "declare"},
                    {"field", "declare", "action"}, {"rule", "mode"}):  # fmt: skip
        raise PolicyError(
            "pii: an entry has class and action, field (perhaps with class) and action, field and declare, "
            "or rule and mode"
        )
    if entry.field and entry.field.split(".")[0] not in ("properties", "traits", "context", "page", "*", "**"):
        raise PolicyError(f"pii: field {entry.field!r} begins with none of properties, traits, context, page")
    return entry


@lru_cache(4096)
def _action(entries: tuple[Entry, ...], cls: str, path: str) -> Action:
    for entry in reversed(entries):
        if (not entry.cls or entry.cls == cls) and (not entry.field or _compiled(entry.field).fullmatch(path)):
            return entry.action  # type: ignore[return-value]  # checked above
    return CLASSES[cls].action


@lru_cache(1024)
def _compiled(field: str) -> re.Pattern[str]:
    parts = [r"[^.]+" if p == "*" else r".+" if p == "**" else re.escape(p) for p in field.split(".")]
    return re.compile(r"\.".join(parts))


@lru_cache(1024)
def _marks(declares: tuple[tuple[str, str], ...]) -> tuple[bytes, ...]:
    # A wildcard at the end may be any name: then every object is walked
    return tuple(b"" if "*" in (last := field.rpartition(".")[2]) else last.encode() for field, _ in declares)
