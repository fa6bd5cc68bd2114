"""Whom a receipt is about, without saying who: `s1.<kid>.<128 bits of a keyed hash as base64url>`.

The ledger never holds an id of a person. Kind and site are part of the message, so one id on two sites, or as a
device's and as a person's, gives subjects that cannot be joined.
"""

import hmac
from base64 import urlsafe_b64decode
from functools import lru_cache
from typing import Literal

from consent.canonical import base64url
from consent.keys import KeyRing, Secret

PREFIX = "s1"
CACHED = 32_768
Who = Literal["device", "person"]


def subject_of(key: Secret, site: str, who: Who, id: str) -> str:
    """The subject of an anonymousId (`device`) or a userId (`person`)."""
    message = b"\x1f".join((site.encode(), who.encode(), id.encode("utf-8", "replace")))
    return f"{PREFIX}.{key.kid}.{base64url(hmac.digest(key.secret, message, 'sha256')[:16])}"


class Subjects:
    """Subjects as a gate needs them: text and the 64 bits it is known by, remembered."""

    def __init__(self, key: Secret) -> None:
        self._key = key
        self.of = lru_cache(CACHED)(self._of)

    def _of(self, site: str, who: Who, id: str) -> tuple[str, int]:
        subject = subject_of(self._key, site, who, id)
        return subject, short(subject)


def subjects_of(ring: KeyRing, site: str, anonymous_id: str | None, user_id: str | None) -> list[str]:
    """All subjects that these ids may stand under, the newest key's first."""
    ids: list[tuple[Who, str | None]] = [("device", anonymous_id), ("person", user_id)]
    return [subject_of(key, site, who, id) for key in reversed(ring.subject) for who, id in ids if id]


def short(subject: str) -> int:
    """64 bits of a subject, by which a gate remembers it. Raises ValueError for what is no subject."""
    return int.from_bytes(urlsafe_b64decode(subject[-22:] + "==")[:8], "big")
