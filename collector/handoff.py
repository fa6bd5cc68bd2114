"""From a mini-program to the page in its web-view: a token instead of an id in the address.

An address is copied, logged and sent on as a referrer, so it must not carry who somebody is. The mini-program leaves
its id here and gets a token, `h1.<random>.<expiry>.<signature>`; the page hands the token in and gets the id. It works
once and for at most 60 seconds.

Any worker, on any machine, may be asked for what another one took in, so what waits lies where all of them see it: in
files (`<data>/handoff/<name>`, mode 0600) on one machine, in the consent store where that is a PostgreSQL that several
machines share. Its name is a hash of the token's random part and it is sealed (AES-GCM) with a key that is made of that
part, so that whoever reads the directory, the table or a backup holds neither token nor id. Of two that redeem at once
one succeeds: a file is renamed first, a row is deleted and returned in one statement. What nobody fetched is swept
away when something is added.
"""

import functools
import hashlib
import hmac
import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

import msgspec
import sqlalchemy as sa

from collector.tokens import encode, sign, verify
from consent.pii.hashing import Key
from consent.store import Store, StoreError
from consent.store.tables import handoff

KIND = "h1"
LIFE_SECONDS = 60
SWEEP_SECONDS = 5
MOST_WAITING = 20_000
# A key is used for one text, so the nonce need not differ
NONCE = bytes(12)


class Waiting(msgspec.Struct, rename="camel", omit_defaults=True):
    """What is handed over."""

    anonymous_id: str
    session_id: str | None = None


class HandoffFull(Exception):
    """Too many tokens wait, or they cannot be kept now; the client may go on without one."""


class Shelf(Protocol):
    """Where sealed things lie until `until` (seconds since the epoch). May block; safe to use from several threads."""

    def put(self, name: str, sealed: bytes, until: int) -> None:
        """Raises HandoffFull."""

    def take(self, name: str) -> bytes | None:
        """Gives it away, once. Raises HandoffFull if that cannot be known now."""

    def sweep(self, now: float) -> int:
        """Forgets what is over; how many wait."""


class Handoff:
    """The desk over a shelf. `now`: seconds since the epoch."""

    def __init__(self, shelf: Shelf, key: Key, now: Callable[[], float]) -> None:
        self._shelf, self._key, self._now = shelf, key, now
        self._swept = 0.0
        self._waiting = 0

    def leave(self, waiting: Waiting) -> str:
        """A token for it. Raises HandoffFull."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        if self._now() - self._swept >= SWEEP_SECONDS:
            self._swept = self._now()
            self._waiting = self._shelf.sweep(self._now())
        if self._waiting >= MOST_WAITING:
            raise HandoffFull
        self._waiting += 1
        token_id = encode(secrets.token_bytes(16))
        until = int(self._now()) + LIFE_SECONDS
        sealed = AESGCM(self._lock(token_id)).encrypt(NONCE, msgspec.json.encode(waiting), None)
        self._shelf.put(_name(token_id), sealed, until)
        return sign(self._key, KIND, token_id, str(until))

    def redeem(self, token: str) -> Waiting | None:
        """What the token stands for, once; None if it is not ours, too old, or was used. Raises HandoffFull."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        parts = verify(self._key, KIND, token)
        if parts is None or len(parts) != 2 or int(parts[1]) <= self._now():
            return None
        sealed = self._shelf.take(_name(parts[0]))
        try:
            if sealed is not None:
                body = AESGCM(self._lock(parts[0])).decrypt(NONCE, sealed, None)
                return msgspec.json.decode(body, type=Waiting)
        except (InvalidTag, msgspec.MsgspecError):
            pass  # damaged: as if it were not there
        return None

    def _lock(self, token_id: str) -> bytes:
        return hmac.digest(self._key.secret, b"firsthand handoff\x1f" + token_id.encode(), "sha256")


def _name(token_id: str) -> str:
    return hashlib.sha256(token_id.encode()).hexdigest()


class Files:
    """In a directory of this machine."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def put(self, name: str, sealed: bytes, until: int) -> None:
        fd = os.open(self._directory / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(fd, "wb") as file:
            file.write(sealed)
        os.utime(self._directory / name, (until, until))

    def take(self, name: str) -> bytes | None:
        path = self._directory / name
        taken = path.with_suffix(".taken")
        try:
            path.rename(taken)
            sealed = taken.read_bytes()
            taken.unlink()
        except OSError:
            return None
        return sealed

    def sweep(self, now: float) -> int:
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        waiting = 0
        for path in self._directory.iterdir():
            with suppress(FileNotFoundError):  # another worker sweeps too
                if path.stat().st_mtime < now:
                    path.unlink()
                else:
                    waiting += 1
        return waiting


class Rows:
    """In the consent store, which several machines share. `opened` gives it, at the first need."""

    def __init__(self, opened: Callable[[], Store]) -> None:
        self._opened = functools.cache(opened)

    def put(self, name: str, sealed: bytes, until: int) -> None:
        self._run(sa.insert(handoff).values(name=name, sealed=sealed, until=until))

    def take(self, name: str) -> bytes | None:
        taken: bytes | None = self._run(sa.delete(handoff).where(handoff.c.name == name).returning(handoff.c.sealed))
        return taken

    def sweep(self, now: float) -> int:
        self._run(sa.delete(handoff).where(handoff.c.until < int(now)))
        return int(self._run(sa.select(sa.func.count()).select_from(handoff)))

    def _run(self, statement: sa.Executable) -> Any:
        """The first value that it gives, None if there is none. Raises HandoffFull."""
        try:
            with self._opened().write() as connection:
                result = connection.execute(statement)
                return result.scalar() if result.returns_rows else None
        except (sa.exc.SQLAlchemyError, StoreError, OSError) as error:
            raise HandoffFull from error
