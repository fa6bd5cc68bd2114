"""The site's HMAC keys: made at the first start, readable by their owner only, or brought by somebody who keeps keys.

    <data>/keys/pii.json   {"current": "k2", "keys": {"k1": "<base64url of 32 random bytes>", "k2": "…"}}   mode 0600
    the environment        FIRSTHAND_PII_KEYS="k2:…,k1:…"          the first is the current one
    a command              pii_key_command="vault kv get …"        prints the same JSON as the file

New values are hashed with the current key; the others are live: what they hashed can still be found. Losing a key means
that nobody can be found any more by a raw identifier; leaking it means that pseudonyms can be guessed. So a file that
others may read is refused, and no key is ever logged. To retire a key is to destroy it: every pseudonym it made is then
nobody's, which is the cheapest erasure there is, and the widest.
"""

import json
import secrets
import shlex
import subprocess
from base64 import urlsafe_b64decode, urlsafe_b64encode
from pathlib import Path
from typing import Any, NamedTuple

from consent.keyfile import write_secret
from consent.pii.hashing import Key

KEY_BYTES = 32
COMMAND_SECONDS = 30


class KeyFileError(RuntimeError):
    """The keys cannot be used; the message says what to do."""


class KeyChangeError(ValueError):
    """A change of keys cannot be made; the message says why."""


class Keys(NamedTuple):
    """`current` hashes; `all` live keys, the current one first."""

    current: Key
    all: tuple[Key, ...]


def open_keys(path: Path, inline: str = "", command: str = "") -> Keys:
    """The live keys, from wherever the site keeps them; the file is made at first use. Raises KeyFileError."""
    if inline:
        return _inline(inline)
    if command:
        return _told(command)
    try:
        missing = not path.exists()
    except OSError as error:  # a directory that may not be entered
        raise _unreadable(path, error) from error
    if missing:
        _create(path)
    return read(path)


def load_or_create(path: Path) -> Key:
    """The current key of the file; creates it on first use. Raises KeyFileError."""
    return open_keys(path).current


def read(path: Path) -> Keys:
    """The keys of a file. Raises KeyFileError if others may read it, or it is damaged, or a key is too short."""
    try:
        if path.stat().st_mode & 0o077:
            raise KeyFileError(f"{path} can be read by other users; run: chmod 600 {path}")
        stored = json.loads(path.read_text())
    except OSError as error:
        raise _unreadable(path, error) from error
    except ValueError as error:
        raise _damaged(str(path)) from error
    return _keys(stored, str(path))


def rotate(path: Path, kid: str = "") -> Keys:
    """A new key, which becomes the current one; the others stay live. Raises KeyFileError, KeyChangeError."""
    keys = open_keys(path)
    taken = {key.kid for key in keys.all}
    kid = kid or next(f"k{n}" for n in range(len(taken) + 1, 10_000) if f"k{n}" not in taken)
    if kid in taken or not kid.replace("-", "").replace("_", "").isalnum() or not kid.isascii() or len(kid) > 32:
        raise KeyChangeError(
            f"{kid!r} cannot be the name of a new key: 1 to 32 letters and digits, and none that is there"
        )
    _write(path, kid, {kid: secrets.token_bytes(KEY_BYTES)} | {key.kid: key.secret for key in keys.all}, replace=True)
    return read(path)


def retire(path: Path, kid: str) -> Keys:
    """Destroy a key: nobody can be found by what it hashed, ever.

    Raises KeyFileError, and KeyChangeError for an unknown key or the current one.
    """
    keys = read(path)
    if kid == keys.current.kid:
        raise KeyChangeError(f"{kid} is the current key; `firsthand keys rotate` first")
    if kid not in {key.kid for key in keys.all}:
        raise KeyChangeError(f"there is no key {kid}; `firsthand keys list` shows them")
    _write(path, keys.current.kid, {k.kid: k.secret for k in keys.all if k.kid != kid}, replace=True)
    return read(path)


def _inline(text: str) -> Keys:
    pairs = [entry.strip().partition(":") for entry in text.split(",") if entry.strip()]
    stored = {"current": pairs[0][0] if pairs else "", "keys": {kid: secret for kid, _, secret in pairs}}
    return _keys(stored, "pii_keys")


def _told(command: str) -> Keys:
    try:
        done = subprocess.run(shlex.split(command), capture_output=True, timeout=COMMAND_SECONDS, check=True)
        stored = json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError) as error:
        # Its output may hold a key: only what kind of error it was is said
        raise KeyFileError(f"pii_key_command failed: {type(error).__name__}; run it by hand") from None
    except ValueError:
        raise KeyFileError('pii_key_command printed no JSON; expected {"current": "k1", "keys": {"k1": "…"}}') from None
    return _keys(stored, "pii_key_command")


def _keys(stored: Any, where: str) -> Keys:
    try:
        found = {kid: _decoded(secret) for kid, secret in stored["keys"].items()}
        kid = stored["current"]
        older = tuple(Key(name, secret) for name, secret in found.items() if name != kid)
        current = Key(kid, found[kid], older)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _damaged(where) from error
    for name, secret in found.items():
        if len(secret) < KEY_BYTES:
            raise KeyFileError(f"{where}: key {name} is shorter than {KEY_BYTES} bytes")
    return Keys(current, (current, *older))


def _unreadable(path: Path, error: OSError) -> KeyFileError:
    return KeyFileError(f"{path} cannot be read: {error.strerror}; who runs Firsthand must own it")


def _damaged(where: str) -> KeyFileError:
    return KeyFileError(f"{where} is damaged; restore it from a backup (a new key breaks old pseudonyms)")


def _decoded(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _create(path: Path) -> None:
    # Of two workers that start together one wins and both read the same key
    _write(path, "k1", {"k1": secrets.token_bytes(KEY_BYTES)}, replace=False)


def _write(path: Path, current: str, secrets_: dict[str, bytes], replace: bool) -> None:
    body = {"current": current, "keys": {kid: urlsafe_b64encode(secret).decode() for kid, secret in secrets_.items()}}
    write_secret(path, json.dumps(body).encode(), replace)
