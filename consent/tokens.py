"""Consent tokens: a JWT (RFC 7519) by which a collector knows, without asking anybody, what a person chose.

    {"alg":"HS256","kid":"t1","typ":"consent+jwt"} . claims . HMAC-SHA256

The header is compared, byte for byte, with the few we write: nothing a client sends chooses an algorithm (RFC 8725
§3.1). Checking costs 4 µs; a reader remembers the tokens it has seen, because a person's events carry the same one
all day. `seq` is the number of the newest receipt: a gate that heard of a later one knows that the token is behind.
"""

import hmac
from base64 import urlsafe_b64decode
from functools import lru_cache
from typing import Final

import msgspec
from msgspec import Struct

from consent.canonical import base64url
from consent.keys import KeyRing, Secret
from consent.subjects import short

HOURS: Final = 24
MAX_CHARS: Final = 2_048
CACHED: Final = 16_384
ISSUER: Final = "firsthand"


class TokenError(ValueError):
    """Not a token of ours: forged, cut or of another site. Quotes nothing of it."""


class Claims(Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """What a token says; times in seconds since the epoch. See tests/contract/schema/consent_token.json."""

    iss: str
    aud: str
    sub: str
    jti: str
    iat: int
    exp: int
    seq: int
    granted: tuple[str, ...]
    denied: tuple[str, ...]
    policy_version: str
    jurisdiction: str


class Token(Struct, frozen=True):
    """A checked token: its claims and the 64 bits a gate knows its subject by."""

    claims: Claims
    subject: int


def issue(key: Secret, claims: Claims) -> str:
    """The token of these claims. Raises ValueError if it would live longer than 24 hours."""
    if not claims.iat < claims.exp <= claims.iat + HOURS * 3600:
        raise ValueError(f"a token lives at most {HOURS} hours")
    signed = f"{_header(key.kid)}.{base64url(msgspec.json.encode(claims))}"
    return f"{signed}.{_mac(key, signed)}"


class TokenReader:
    """Checks tokens against the keys of a ring; remembers the good ones."""

    def __init__(self, ring: KeyRing) -> None:
        self._keys = {_header(key.kid): key for key in ring.token}
        self.read = lru_cache(CACHED)(self._read)

    def _read(self, text: str) -> Token:
        """The token, whatever its age and site: both are for the caller to compare. Raises TokenError."""
        header, _, rest = text.partition(".")
        body, _, mac = rest.partition(".")
        key = self._keys.get(header)
        if key is None or len(text) > MAX_CHARS or not text.isascii():
            raise TokenError("this is no consent token of ours")
        if not hmac.compare_digest(mac, _mac(key, f"{header}.{body}")):
            raise TokenError("the signature of the consent token is wrong")
        try:
            claims = msgspec.json.decode(urlsafe_b64decode(body + "=" * (-len(body) % 4)), type=Claims)
            return Token(claims, short(claims.sub))
        except (msgspec.MsgspecError, ValueError):
            raise TokenError("the consent token cannot be read") from None


def _header(kid: str) -> str:
    return base64url(b'{"alg":"HS256","kid":"%s","typ":"consent+jwt"}' % kid.encode())


def _mac(key: Secret, signed: str) -> str:
    return base64url(hmac.digest(key.secret, signed.encode(), "sha256"))
