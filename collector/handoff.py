"""From a mini-program to the page in its web-view: a token instead of an id in the address.

An address is copied, logged and sent on as a referrer, so it must not carry who somebody is. The mini-program leaves
its id here and gets a token, `h1.<random>.<expiry>.<signature>`; the page hands the token in and gets the id. It works
once and for at most 60 seconds.

Any worker may be asked for what another one took in, so what waits lies in files, `<data>/handoff/<hash>`, mode 0600,
one a token, named by a hash, so that whoever lists the directory holds no token. Redeeming renames the file first: of
two that come at once, one succeeds. Files older than a token can live are swept away when one is added.
"""

import hashlib
import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import msgspec

from collector.tokens import encode, sign, verify
from consent.pii.hashing import Key

KIND = "h1"
LIFE_SECONDS = 60
SWEEP_SECONDS = 5
MOST_WAITING = 20_000


class Waiting(msgspec.Struct, rename="camel", omit_defaults=True):
    """What is handed over."""

    anonymous_id: str
    session_id: str | None = None


class HandoffFull(Exception):
    """Too many tokens wait; the client may go on without one."""


class Handoff:
    """The desk of one data directory. `now`: seconds since the epoch."""

    def __init__(self, directory: Path, key: Key, now: Callable[[], float]) -> None:
        self._directory, self._key, self._now = directory, key, now
        self._swept = 0.0
        self._waiting = 0

    def leave(self, waiting: Waiting) -> str:
        """A token for it. Raises HandoffFull."""
        self._sweep()
        if self._waiting >= MOST_WAITING:
            raise HandoffFull
        self._waiting += 1
        token_id = encode(secrets.token_bytes(16))
        path = self._path(token_id)
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(fd, "wb") as file:
            file.write(msgspec.json.encode(waiting))
        return sign(self._key, KIND, token_id, str(int(self._now()) + LIFE_SECONDS))

    def redeem(self, token: str) -> Waiting | None:
        """What the token stands for, once; None if it is not ours, too old, or was used."""
        parts = verify(self._key, KIND, token)
        if parts is None or len(parts) != 2 or int(parts[1]) <= self._now():
            return None
        path = self._path(parts[0])
        taken = path.with_suffix(".taken")
        try:
            path.rename(taken)
            body = taken.read_bytes()
            taken.unlink()
            return msgspec.json.decode(body, type=Waiting)
        except (OSError, msgspec.MsgspecError):
            return None

    def _path(self, token_id: str) -> Path:
        return self._directory / hashlib.sha256(token_id.encode()).hexdigest()

    def _sweep(self) -> None:
        if self._now() - self._swept < SWEEP_SECONDS:
            return
        self._swept = self._now()
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._waiting = 0
        for path in self._directory.iterdir():
            with suppress(FileNotFoundError):  # another worker sweeps too
                if self._now() - path.stat().st_mtime > LIFE_SECONDS:
                    path.unlink()
                else:
                    self._waiting += 1
