"""The keys of consent: one small file `<data>/keys/consent.json`, mode 0600, made at first use, never logged.

* `sign`: Ed25519, signs policy snapshots and checkpoints. Its public half is given to anybody.
* `token`: HMAC-SHA256, for consent tokens. Who has it can make tokens, so it stays on the collectors.
* `subject`: HMAC-SHA256, turns a person's id into the ledger's subject. It is never rotated: a new one would cut every
  person off from what they chose. Deleting it unlinks the ledger from all ids for good.

Rotation adds a key and makes it the current one; older ones stay, to check what they signed. Collectors that share a
PostgreSQL share this file too.
"""

import secrets
from base64 import urlsafe_b64decode
from pathlib import Path
from typing import Final, Literal

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from msgspec import Struct

from consent.canonical import base64url
from consent.keyfile import write_secret
from consent.mistakes import Mistake

Use = Literal["sign", "token", "subject"]
KEY_BYTES: Final = 32
USES: Final[tuple[Use, ...]] = ("sign", "token", "subject")


class KeyRingError(Mistake):
    """The key file cannot be used; the text says what to do (mistakes.py)."""


class Secret(Struct, frozen=True):
    """One key. `made` in milliseconds since the epoch."""

    kid: str
    secret: bytes
    made: int

    def __repr__(self) -> str:  # a key must never reach a log by accident
        return f"Secret(kid={self.kid!r})"


class Signer:
    """An Ed25519 key that signs."""

    def __init__(self, key: Secret) -> None:
        self.kid = key.kid
        self._private = Ed25519PrivateKey.from_private_bytes(key.secret)

    def sign(self, message: bytes) -> bytes:
        return self._private.sign(message)

    @property
    def public(self) -> bytes:
        """The raw public key, 32 bytes."""
        return self._private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


class KeyRing(Struct, frozen=True):
    """All keys, the current one of each use last."""

    sign: tuple[Secret, ...]
    token: tuple[Secret, ...]
    subject: tuple[Secret, ...]

    def signer(self) -> Signer:
        return Signer(self.sign[-1])

    def public_keys(self) -> dict[str, bytes]:
        """Raw Ed25519 public keys by kid."""
        return {key.kid: Signer(key).public for key in self.sign}


class _Stored(Struct):
    kid: str
    secret: str
    made: int


def key_path(data_dir: Path) -> Path:
    return data_dir / "keys" / "consent.json"


def load_or_create(path: Path, now: int) -> KeyRing:
    """The keys; made at first use. Raises KeyRingError if others may read the file or it is damaged."""
    if not path.exists():
        made = {use: [_Stored(f"{use[0]}1", base64url(secrets.token_bytes(KEY_BYTES)), now)] for use in USES}
        _write(path, made, replace=False)
    return load(path)


def rotate(path: Path, use: Use, now: int) -> Secret:
    """Add a key and make it the current one. Raises KeyRingError for `subject`, which must stay."""
    if use == "subject":
        raise KeyRingError("keys.subject")
    ring = load(path)
    stored = {u: [_Stored(k.kid, base64url(k.secret), k.made) for k in getattr(ring, u)] for u in USES}
    stored[use].append(_Stored(f"{use[0]}{len(stored[use]) + 1}", base64url(secrets.token_bytes(KEY_BYTES)), now))
    _write(path, stored, replace=True)
    made: Secret = getattr(load(path), use)[-1]
    return made


def load(path: Path) -> KeyRing:
    """The keys. Raises KeyRingError if there are none, others may read the file, or it is damaged."""
    if not path.exists():
        raise KeyRingError("keys.none", file=path)
    if path.stat().st_mode & 0o077:
        raise KeyRingError("keys.open", file=path)
    try:
        stored = msgspec.json.decode(path.read_bytes(), type=dict[str, list[_Stored]])
        read = {use: tuple(Secret(k.kid, _decoded(k.secret), k.made) for k in stored[use]) for use in USES}
    except (msgspec.MsgspecError, KeyError, ValueError) as error:
        raise KeyRingError("keys.damaged", file=path) from error
    if any(not keys or any(len(k.secret) != KEY_BYTES for k in keys) for keys in read.values()):
        raise KeyRingError("keys.size", file=path, bytes=KEY_BYTES)
    return KeyRing(**read)


def _decoded(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _write(path: Path, stored: dict[Use, list[_Stored]], replace: bool) -> None:
    write_secret(path, msgspec.json.format(msgspec.json.encode(stored), indent=2), replace)
