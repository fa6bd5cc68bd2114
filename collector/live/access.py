"""Who may watch: a token in a file, shown once in the address, then kept as a cookie.

The token lies below the data directory so that all worker processes share it and the owner can read it
again. The cookie holds a value derived from it, not the token: what leaks from a browser's cookie store
does not go into an address bar. Both are compared in constant time.
"""

import hashlib
import hmac
import os
import secrets
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from typing import Final

COOKIE: Final = "firsthand_live"
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


def cookie_value(token: str) -> str:
    """What the cookie holds for `token`."""
    return hmac.new(token.encode(), b"firsthand live view cookie", hashlib.sha256).hexdigest()


def token_ok(given: str, token: str) -> bool:
    return hmac.compare_digest(given.encode(), token.encode())


def cookie_ok(header: str, token: str) -> bool:
    """Whether a request's `Cookie` header opens the view."""
    try:
        morsel = SimpleCookie(header).get(COOKIE)
    except CookieError:
        return False
    return morsel is not None and hmac.compare_digest(morsel.value.encode(), cookie_value(token).encode())
