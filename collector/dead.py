"""Refused events, kept so that a developer can see what was wrong, without keeping what a person said.

The payload of a dead letter is the message's shape: names and types, no values. Two values are worth their risk and
stay, because they name things in the program, not people: `type` and an `event` name of plain form. A name that
itself looks like data (long, an address, a number) is replaced.
"""

import re
from datetime import datetime
from typing import Any

import msgspec

from collector.outcome import Rejected

_PLAIN = re.compile(r"[$A-Za-z_\u4e00-\u9fff][A-Za-z0-9_ $.\-:/\u4e00-\u9fff]{0,63}")
_TOO_MANY_DIGITS = re.compile(r"\d{5}")
MAX_KEYS = 40
MAX_LEVELS = 4


class DeadLetter(msgspec.Struct, omit_defaults=True):
    """One line for the table `bad_events`."""

    received_at: datetime
    source_id: str
    reason: str
    detail: str
    message_id: str | None
    payload: Any = None


def encode(rejected: Rejected, message: Any, source_id: str, received_at: datetime) -> bytes:
    """The line for `rejected`. `message` is what came: JSON bytes (anything with a buffer) or a struct."""
    message_id = rejected.message_id if _looks_like_an_id(rejected.message_id) else None
    letter = DeadLetter(received_at, source_id, rejected.reason.value, rejected.detail, message_id, shape_of(message))
    return msgspec.json.encode(letter)


def shape_of(message: Any) -> Any:
    """Names and types of a message; None if it cannot be read."""
    if isinstance(message, bytes):  # JSON already; encoded once more it would be a string
        message = msgspec.Raw(message)
    try:
        value = msgspec.json.decode(msgspec.json.encode(message))
    except (msgspec.MsgspecError, RecursionError, ValueError, TypeError):
        return None
    if not isinstance(value, dict):
        return _shape(value, 0)
    shape = {k: v for k, v in _shape(value, 0).items() if v != "null"}
    for name in ("type", "event"):
        said = value.get(name)
        if isinstance(said, str) and _harmless(said):
            shape[name] = said
    return shape


def _shape(value: Any, level: int) -> Any:
    if isinstance(value, dict):
        if level >= MAX_LEVELS:
            return "object"
        return {_name(k): _shape(v, level + 1) for k, v in list(value.items())[:MAX_KEYS]}
    if isinstance(value, list):
        return [_shape(value[0], level + 1)] if value and level < MAX_LEVELS else []
    if isinstance(value, bool):
        return "boolean"
    return "null" if value is None else "number" if isinstance(value, (int, float)) else "string"


def _name(name: str) -> str:
    return name if _harmless(name) else ":redacted"


def _harmless(text: str) -> bool:
    return bool(_PLAIN.fullmatch(text)) and not _TOO_MANY_DIGITS.search(text)


def _looks_like_an_id(text: str) -> bool:
    return bool(text) and "@" not in text and not text.isdigit() and text.isascii() and text.isprintable()
