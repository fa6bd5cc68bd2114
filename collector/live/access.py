"""Who may watch: a token in a file, shown once in the address, and for each login a cookie of its own.

The token lies below the data directory so that all worker processes share it and the owner can read it
again. The cookie says when it was given and carries a number that nobody else has, signed with the token: any worker
can check it without a list of logins, it opens nothing but the view, and it ends after `LOGIN_SECONDS` although the
token stays. What leaks from a browser's cookie store does not go into an address bar. All is compared in constant time.
"""

import hashlib
import hmac
import os
import secrets
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from typing import Final

COOKIE: Final = "firsthand_live"
LOGIN_SECONDS: Final = 12 * 3600
_MIN_CHARS: Final = 20


def live_token_path(data_dir: Path) -> Path:
    """Where the token is kept below the data directory."""
    return data_dir / "keys" / "live-token"


def live_token(data_dir: Path) -> str:
    """The token of this data directory, made at first use in a file only its owner may read.

    Several processes may ask at once: one of them makes the file, all get the same token. Raises OSError,
    and ValueError if the file was damaged (delete it then; the next start makes a new one).
    """
    path = live_token_path(data_dir)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        _make(path)
    token = path.read_text("ascii").strip()
    if len(token) < _MIN_CHARS:
        raise ValueError(f"{path} holds no usable token; delete it and start again")
    return token


def _make(path: Path) -> None:
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}.tmp")
    fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        os.write(fd, secrets.token_urlsafe(24).encode() + b"\n")
        os.fsync(fd)
    finally:
        os.close(fd)
    try:
        os.link(draft, path)  # unlike a rename it leaves a token alone that another process made first
    except FileExistsError:
        pass  # theirs counts
    finally:
        draft.unlink()


def new_login(token: str, now: float) -> str:
    """A cookie's value for somebody who has shown `token`; `now` in seconds since the epoch."""
    login = f"{int(now)}.{secrets.token_urlsafe(12)}"
    return f"{login}.{_signature(login, token)}"


def _signature(login: str, token: str) -> str:
    return hmac.new(token.encode(), b"firsthand live view " + login.encode(), hashlib.sha256).hexdigest()


def token_ok(given: str, token: str) -> bool:
    return hmac.compare_digest(given.encode(), token.encode())


def cookie_ok(header: str, token: str, now: float) -> bool:
    """Whether a request's `Cookie` header opens the view; `now` in seconds since the epoch."""
    try:
        morsel = SimpleCookie(header).get(COOKIE)
    except CookieError:
        return False
    login, _, signature = (morsel.value if morsel else "").rpartition(".")
    if not hmac.compare_digest(signature.encode(), _signature(login, token).encode()):
        return False
    return now < int(login.partition(".")[0]) + LOGIN_SECONDS  # signed by us, so it is a number
