"""The site's HMAC keys: one small JSON file, made at first run, readable by its owner only.

`{"current": "k1", "keys": {"k1": "<base64url of 32 random bytes>"}}`. Losing it means that new
pseudonyms no longer match old ones; leaking it means that pseudonyms can be guessed. So it is
created with mode 0600, never logged, and a file that others may read is refused.
"""

import contextlib
import json
import os
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from pathlib import Path

from consent.pii.hashing import Key

KEY_BYTES = 32


class KeyFileError(RuntimeError):
    """The key file cannot be used; the message says what to do."""


def load_or_create(path: Path) -> Key:
    """The current key; creates the file on first use.

    Raises KeyFileError if the file is readable by others, damaged, or holds too short a key.
    """
    if not path.exists():
        _create(path)
    if path.stat().st_mode & 0o077:
        raise KeyFileError(f"{path} can be read by other users; run: chmod 600 {path}")
    try:
        stored = json.loads(path.read_text())
        kid = stored["current"]
        encoded = stored["keys"][kid]
        secret = urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
    except (ValueError, KeyError, TypeError) as error:
        raise KeyFileError(f"{path} is damaged; restore it from a backup (a new key breaks old pseudonyms)") from error
    if len(secret) < KEY_BYTES:
        raise KeyFileError(f"{path}: key {kid} is shorter than {KEY_BYTES} bytes")
    return Key(kid, secret)


def _create(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    body = {"current": "k1", "keys": {"k1": urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)).decode()}}
    # Written beside and linked into place: of two workers that start together one wins and both read the same key.
    draft = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(fd, "w") as file:
            json.dump(body, file)
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):  # another worker was first; its key is the site's key
            os.link(draft, path)
    finally:
        draft.unlink()
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
