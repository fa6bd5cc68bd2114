"""The first user: made through a link that only the owner of the data directory can know, once.

`firsthand up` prints it; it also lies in `keys/console-setup-token`, readable by its owner only. Using it means taking
the file away, which one process can do once, so two people with the same link do not both become the first.
"""

import contextlib
import hmac
import os
import secrets
from pathlib import Path
from typing import Final

from consent.console import users
from consent.store import Store

_MIN_CHARS: Final = 20


def token_path(data_dir: Path) -> Path:
    return data_dir / "keys" / "console-setup-token"


def offer(data_dir: Path) -> str:
    """The token, made if there is none. Call it while there is no user. Raises OSError."""
    path = token_path(data_dir)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = read(data_dir)
    if found is None:
        path.unlink(missing_ok=True)
        with contextlib.suppress(FileExistsError):  # another process made it just now: theirs counts
            fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            try:
                os.write(fd, secrets.token_urlsafe(24).encode() + b"\n")
                os.fsync(fd)
            finally:
                os.close(fd)
        found = read(data_dir)
    if found is None:
        raise OSError(f"{path} cannot be read back; delete it and start again")
    return found


def read(data_dir: Path) -> str | None:
    """The token that waits to be used; None if there is none."""
    try:
        token = token_path(data_dir).read_text("ascii").strip()
    except (FileNotFoundError, UnicodeDecodeError):
        return None
    return token if len(token) >= _MIN_CHARS else None


def is_right(data_dir: Path, given: str) -> bool:
    token = read(data_dir)
    return token is not None and hmac.compare_digest(given.encode(), token.encode())


def use(data_dir: Path, given: str) -> bool:
    """Take the token away; True for the one who did. The next start offers a new one if no user was made after all."""
    if not is_right(data_dir, given):
        return False
    try:
        token_path(data_dir).unlink()
    except FileNotFoundError:
        return False
    return True


def withdraw(data_dir: Path) -> None:
    """There is a user: no link may wait any longer."""
    token_path(data_dir).unlink(missing_ok=True)


def prepare(data_dir: Path, store: Store) -> None:
    """Called before the workers start: offer the link while there is no user, take it away when there is one."""
    with store.read() as connection:
        nobody = users.count(connection) == 0
    if nobody:
        offer(data_dir)
    else:
        withdraw(data_dir)


def address(data_dir: Path, base: str) -> str:
    """Where the console is, with the first user's link while it waits to be used."""
    token = read(data_dir)
    return f"{base}/console/setup?token={token}" if token else f"{base}/console"
