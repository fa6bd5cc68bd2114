"""Any Python object → JSON bytes, never an exception.

Encoding happens on the caller's thread, because what the caller passed may change the moment `track()` returns, and
because only its size in bytes can bound the queue. Two ways:

* fast: the C encoder, with a hook for the types that business code really passes (table below). It refuses NaN,
  cycles, strange keys, lone surrogates and anything else JSON cannot say.
* careful: taken when the fast way refused. It walks the value, keeps all that can be kept, and puts a described
  placeholder (`<NaN>`, `<cycle>`, `<unserialisable: shop.Basket>`) where something cannot; each is reported as a
  warning with its path. Neither `repr()` nor `str()` of a foreign object is ever called: they may be slow, raise, or
  hold secrets.

| given | becomes |
|---|---|
| aware `datetime` · naive `datetime`, `date`, `time` | UTC, milliseconds, Z · ISO 8601 as it stands |
| `timedelta` | seconds |
| `Decimal` | a number if a double holds it exactly as written, else its text |
| `UUID` · `Enum` · path | its text · its value · its text |
| dataclass, attrs, msgspec struct, pydantic model · named tuple · `Mapping` | object · array · object |
| numpy scalar | number, text or time, as its `item()` |
| `set`, `frozenset` · `tuple`, `deque` | array, in a stable order · array |
| `bytes`, `bytearray`, `memoryview` | text if UTF-8, else `base64:` and the bytes |
"""

from __future__ import annotations

import binascii
import json
import math
import os
import sys
from collections import deque
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from enum import Enum
from typing import Any, NamedTuple

from firsthand import moment
from firsthand.protocol import MAX_DEPTH

_MAX_INT = 1 << 64  # beyond it a JSON number is nobody's integer any more
_LEVELS = MAX_DEPTH + 1  # the collector counts from properties, one level into the message


class Encoded(NamedTuple):
    """`warnings`: one line for each placeholder, `path: what`, without the value."""

    data: bytes
    warnings: list[str]


def encode(message: dict[str, Any]) -> Encoded:
    """The message as compact UTF-8 JSON. Raises nothing for any value in it."""
    try:
        text = _fast.encode(message)
        data = text.encode()
        # counting brackets is far cheaper than walking, and nearly always settles it
        if text.count("{") + text.count("[") <= _LEVELS or _depth(message) <= _LEVELS:
            return Encoded(data, [])
    except Exception:  # noqa: BLE001, S110 - a caller's object may raise anything; the careful way finds out where
        pass
    warnings: list[str] = []
    plain = _Careful(warnings).value(message, "", 1)
    return Encoded(json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode(), warnings)


def plain_type(value: Any) -> Any:
    """One step from a known type towards JSON (table above). Raises TypeError for others, ValueError for NaN."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.isoformat() if value.tzinfo is None else moment.utc(value)
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if is_instance(value, "decimal", "Decimal"):
        return _decimal(value)
    if is_instance(value, "uuid", "UUID"):
        return str(value)
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return _bytes(bytes(value))
    if isinstance(value, (set, frozenset)):
        # sets of texts differ in order from process to process; their JSON must not
        return sorted(value, key=lambda item: (type(item).__name__, _fast.encode(item)))
    if isinstance(value, deque):
        return list(value)
    if isinstance(value, Mapping):
        return dict(value)
    fields = fields_of(value)
    if fields is not None:
        return fields
    if is_instance(value, "numpy", "generic"):
        return _scalar(value)
    raise TypeError("no JSON form")


def is_instance(value: Any, module: str, name: str) -> bool:
    """`isinstance(value, module.name)` without importing `module`: who has such a value has imported it."""
    kind = getattr(sys.modules.get(module), name, None)
    return isinstance(kind, type) and isinstance(value, kind)


def fields_of(value: Any) -> dict[str, Any] | None:
    """The fields of a dataclass, attrs, msgspec or pydantic object, as they are; None for anything else.

    Told by what their classes declare, so that none of the three needs to be installed.
    """
    kind = type(value)
    for declared in ("__dataclass_fields__", "__attrs_attrs__", "__struct_fields__", "model_fields", "__fields__"):
        names = getattr(kind, declared, None)
        if declared == "__attrs_attrs__" and names is not None:
            names = [attribute.name for attribute in names]
        if isinstance(names, (dict, tuple, list)) and all(isinstance(name, str) for name in names):
            return {name: getattr(value, name) for name in names if hasattr(value, name)}
    return None


def _scalar(value: Any) -> Any:
    """A numpy scalar as Python's own. Some (`longdouble`, `void`) have none and give themselves back."""
    found = value.item()
    if type(found) is type(value) or isinstance(found, complex):
        raise TypeError("no JSON form")
    return found


def _decimal(value: Any) -> Any:
    if not value.is_finite():
        raise ValueError("not a finite number")
    as_float = float(value)
    return as_float if type(value)(repr(as_float)) == value else str(value)


def _bytes(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return "base64:" + binascii.b2a_base64(value, newline=False).decode()


def _depth(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + max(map(_depth, value.values()), default=0)
    if isinstance(value, (list, tuple)):
        return 1 + max(map(_depth, value), default=0)
    return 0 if value is None or isinstance(value, (str, int, float)) else _depth(plain_type(value))


def _described(value: Any) -> str:
    kind = type(value)
    try:
        return f"<unserialisable: {kind.__module__}.{kind.__qualname__}>"
    except Exception:  # noqa: BLE001 - a metaclass may raise as well
        return "<unserialisable>"


class _Careful:
    """One walk over one message; remembers the containers it is inside of."""

    def __init__(self, warnings: list[str]) -> None:
        self._warnings = warnings
        self._inside: set[int] = set()

    def value(self, value: Any, path: str, level: int) -> Any:
        try:
            return self._value(value, path, level)
        except Exception:  # noqa: BLE001 - a caller's object raised while being read: described, reported
            return self._placeholder(path, _described(value))

    def _value(self, value: Any, path: str, level: int) -> Any:
        if value is None or value is True or value is False:
            return value
        if isinstance(value, Enum):
            return self.value(value.value, path, level)
        if isinstance(value, str):
            return _whole(value)
        if isinstance(value, int):
            return self._int(int(value), path)
        if isinstance(value, float):
            return self._float(float(value), path)
        if is_instance(value, "decimal", "Decimal") and not value.is_finite():
            return self._float(math.nan if value.is_nan() else math.copysign(math.inf, value), path)
        if isinstance(value, (set, frozenset)):
            try:
                value = plain_type(value)
            except Exception:  # noqa: BLE001 - its members have no order; any order will do
                value = list(value)
        if isinstance(value, (dict, list, tuple)):
            return self._container(value, path, level)
        plain = plain_type(value)
        return self.value(plain, path, level)

    def _container(self, value: Any, path: str, level: int) -> Any:
        if id(value) in self._inside:
            return self._placeholder(path, "<cycle>")
        if level > _LEVELS:
            return self._placeholder(path, "<too deep>")
        self._inside.add(id(value))
        try:
            if isinstance(value, dict):
                return self._object(value, path, level)
            return [self.value(item, f"{path}[{i}]", level + 1) for i, item in enumerate(list(value))]
        finally:
            self._inside.discard(id(value))

    def _object(self, value: dict[Any, Any], path: str, level: int) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key, item in list(value.items()):
            name = self._key(key, path)
            while name in result:
                name += "'"
            result[name] = self.value(item, f"{path}.{name[:40]}" if path else name[:40], level + 1)
        return result

    def _key(self, key: Any, path: str) -> str:
        if isinstance(key, str) and not isinstance(key, Enum):
            return _whole(key)
        plain = self.value(key, f"{path} key", _LEVELS)
        return plain if isinstance(plain, str) else json.dumps(plain)

    def _int(self, value: int, path: str) -> Any:
        if -_MAX_INT < value < _MAX_INT:
            return value
        return self._placeholder(path, f"<integer of {value.bit_length()} bits>")

    def _float(self, value: float, path: str) -> Any:
        if math.isfinite(value):
            return value
        return self._placeholder(path, "<NaN>" if math.isnan(value) else "<Infinity>" if value > 0 else "<-Infinity>")

    def _placeholder(self, path: str, text: str) -> str:
        text = _whole(text[:120])
        self._warnings.append(f"{path}: {text}")
        return text


def _whole(text: str) -> str:
    """Text that UTF-8 can carry: surrogate pairs joined, lone halves replaced by U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return str.__str__(text)  # the plain text, even of a subclass that prints itself otherwise


_fast = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=plain_type)
