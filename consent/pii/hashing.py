"""Keyed pseudonyms.

    p1.<kid>.<base64url(HMAC-SHA256(key[kid], class 0x1f normalised))>

A plain hash of a phone number or an e-mail address is not a pseudonym: the space of Chinese mobile
numbers falls in about an hour on one core. With a key that never leaves the collector it stays shut.
The class is part of the message, so the same text as a phone and as an id gives different pseudonyms.
"""

import hashlib
import re
import unicodedata
from binascii import b2a_base64
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from consent.pii.checks import digits_of

PREFIX = "p1."
# Exactly what `pseudonym` writes: a value that only begins like one is somebody's attempt to be left alone
_PSEUDONYM = re.compile(r"p1\.[A-Za-z0-9_-]{1,32}\.[A-Za-z0-9_-]{43}")
_INNER, _OUTER = (bytes(byte ^ pad for byte in range(256)) for pad in (0x36, 0x5C))
_URL_SAFE = bytes.maketrans(b"+/", b"-_")


@dataclass(frozen=True)
class Key:
    """One HMAC key. `kid` names it in every pseudonym, so that keys can be rotated. `older`: live keys before it."""

    kid: str
    secret: bytes
    older: "tuple[Key, ...]" = ()

    @cached_property
    def _pads(self) -> tuple[Any, Any]:
        # HMAC (RFC 2104) hashes two blocks that depend on the key alone: done once, each value costs half
        block = (self.secret if len(self.secret) <= 64 else hashlib.sha256(self.secret).digest()).ljust(64, b"\0")
        return hashlib.sha256(block.translate(_INNER)), hashlib.sha256(block.translate(_OUTER))

    def digest(self, message: bytes) -> bytes:
        """HMAC-SHA256 of `message`, 32 bytes."""
        inner, outer = self._pads
        within, around = inner.copy(), outer.copy()
        within.update(message)
        around.update(within.digest())
        return around.digest()  # type: ignore[no-any-return]

    @cached_property
    def told(self) -> "Told":
        """Whose older pseudonyms this process has told."""
        return Told()

    def __repr__(self) -> str:  # a key must never reach a log by accident
        return f"Key(kid={self.kid!r})"


class Told:
    """How often the newest pseudonyms were seen, some 65,000 to 131,000 of them, as 64 bits each."""

    HALF = 65_536

    def __init__(self) -> None:
        self._new: dict[int, int] = {}
        self._old: dict[int, int] = {}

    def is_due(self, value: str) -> bool:
        """Whether to tell of it: at the first sighting, and again at the second, fourth, eighth …: the event that told
        may not have reached the disk."""
        known = hash(value)
        seen = (self._new.get(known) or self._old.get(known, 0)) + 1
        if known not in self._new and len(self._new) >= self.HALF:
            self._old, self._new = self._new, {}
        self._new[known] = seen
        return seen & (seen - 1) == 0


def normalise(kind: str, value: str) -> str:
    """The one spelling under which a value is hashed.

    >>> normalise("email", "  Ada@Example.COM ")
    'ada@example.com'
    >>> normalise("phone", "+86 138-0013-8000")
    '+8613800138000'
    """
    text = (value if value.isascii() else unicodedata.normalize("NFKC", value)).strip()
    if kind == "email":
        return text.casefold()
    if kind == "phone":
        digits = digits_of(text) if text.isascii() else "".join(filter(str.isdigit, text))
        return f"+{digits}" if text.startswith("+") else digits
    if kind == "id":
        return "".join(c for c in text if c.isalnum()).upper()
    return text


def is_pseudonym(value: str) -> bool:
    """Whether a value has been hashed already, by this collector or by a server of the same site."""
    return value.startswith(PREFIX) and _PSEUDONYM.fullmatch(value) is not None


def pseudonym(key: Key, kind: str, value: str) -> str:
    """The keyed pseudonym of `value`; a value that already is one passes unchanged."""
    if value.startswith(PREFIX) and is_pseudonym(value):
        return value
    # Not cached: it would keep raw values in memory long after their events
    message = f"{kind}\x1f{normalise(kind, value)}".encode("utf-8", "replace")
    digest = b2a_base64(key.digest(message), newline=False).translate(_URL_SAFE, b"=").decode()
    return f"{PREFIX}{key.kid}.{digest}"


def aliases(key: Key, kind: str, value: str, stands: str) -> dict[str, str]:
    """After a rotation: what the older live keys made of `value`, each with what stands for it now; told now and then.

    So that rows from before and after can be joined. Retiring a key takes its pairs out of the tables again.
    """
    if not key.older or stands == value or not key.told.is_due(stands):
        return {}
    return {pseudonym(old, kind, value): stands for old in key.older}
