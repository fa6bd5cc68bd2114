"""Tokens that a client carries back to us unread: `<kind>.<parts…>.<signature>`.

Signed with HMAC-SHA256 under a key of their own for each kind, derived from the site's key, so that no token can
pass for another kind and none says anything about the site's pseudonyms. 128 bits of signature are kept. What stands in
the parts may be read by anybody who holds the token: never put an id of a person there.
"""

import hmac
from base64 import urlsafe_b64encode

from consent.pii.hashing import Key

SIGNATURE_BYTES = 16
MAX_CHARS = 160


def sign(key: Key, kind: str, *parts: str) -> str:
    """The token of these parts, which may hold anything but a dot."""
    text = ".".join((kind, *parts))
    return f"{text}.{_signature(key, kind, text)}"


def verify(key: Key, kind: str, token: str) -> tuple[str, ...] | None:
    """The parts of a token of this kind that we signed; None for everything else."""
    if len(token) > MAX_CHARS or not token.isascii():
        return None
    text, _, signature = token.rpartition(".")
    said, *parts = text.split(".")
    if said != kind or not hmac.compare_digest(signature, _signature(key, kind, text)):
        return None
    return tuple(parts)


def _signature(key: Key, kind: str, text: str) -> str:
    own = hmac.digest(key.secret, b"firsthand token\x1f" + kind.encode(), "sha256")
    return encode(hmac.digest(own, text.encode(), "sha256")[:SIGNATURE_BYTES])


def encode(raw: bytes) -> str:
    """base64url without padding."""
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
