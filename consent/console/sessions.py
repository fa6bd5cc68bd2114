"""Who is in. A session is a random token in a cookie and a row in the store, so any worker process knows it.

Always a new token at login: one that was in the browser before, whoever put it there, opens nothing (session fixation).
It ends after a quiet time and after an absolute one, with a new password, and with a change of what the person may do
(OWASP ASVS 3). The cookie is HttpOnly and SameSite=Strict; over TLS its name begins with `__Host-`, so that no other
host or path can have set it (RFC 6265bis).
"""

import secrets
from typing import Final

import msgspec
from sqlalchemy import Connection, delete, insert, select, update
from starlette.requests import Request
from starlette.responses import Response

from consent.console import users
from consent.console.config import ConsoleConfig
from consent.console.tables import sessions
from consent.console.users import User, fingerprint

NAME: Final = "firsthand_console"
BEFORE: Final = "firsthand_before"  # holds the token of forms that are shown to nobody in particular
SEEN_EVERY: Final = 30.0  # seconds between writes of `seen`: a page with many requests is one visit


class Session(msgspec.Struct, frozen=True):
    """An open session. `key` is the token's fingerprint; `csrf` stands in every form of it."""

    key: str
    csrf: str
    created: float
    seen: float
    agent: str


def begin(connection: Connection, user: User, now: float, agent: str) -> str:
    """Open a session and return its token, the only time it is known."""
    token = secrets.token_urlsafe(32)
    connection.execute(
        insert(sessions).values(
            token=fingerprint(token), user=user.id, csrf=secrets.token_urlsafe(24), created=now, seen=now,
            agent=agent[:200],
        )
    )  # fmt: skip
    users.saw(connection, user.id, now)
    return token


def find(connection: Connection, token: str, config: ConsoleConfig, now: float) -> tuple[User, Session] | None:
    """The session of a token and its person; None if there is none, it is over, or the person may not enter."""
    row = connection.execute(select(sessions).where(sessions.c.token == fingerprint(token))).first()
    if row is None:
        return None
    if now - row.seen > config.idle_seconds or now - row.created > config.session_seconds:
        end(connection, row.token)
        return None
    user = users.by_id(connection, row.user)
    if user is None or not user.active:
        return None
    if now - row.seen > SEEN_EVERY:
        connection.execute(update(sessions).where(sessions.c.token == row.token).values(seen=now))
    return user, Session(row.token, row.csrf, row.created, row.seen, row.agent)


def peek(connection: Connection, token: str, config: ConsoleConfig, now: float) -> User | None:
    """Whose session a token still is, without counting this as a visit."""
    row = connection.execute(select(sessions).where(sessions.c.token == fingerprint(token))).first()
    if row is None or now - row.seen > config.idle_seconds or now - row.created > config.session_seconds:
        return None
    user = users.by_id(connection, row.user)
    return user if user is not None and user.active else None


def of_user(connection: Connection, user: User, config: ConsoleConfig, now: float) -> list[Session]:
    """A person's open sessions, newest first. Forgets those that are over, whoever's they are."""
    over = (sessions.c.seen < now - config.idle_seconds) | (sessions.c.created < now - config.session_seconds)
    connection.execute(delete(sessions).where(over))
    rows = connection.execute(select(sessions).where(sessions.c.user == user.id).order_by(sessions.c.created.desc()))
    return [Session(r.token, r.csrf, r.created, r.seen, r.agent) for r in rows]


def end(connection: Connection, key: str) -> None:
    connection.execute(delete(sessions).where(sessions.c.token == key))


# ---- the cookie -------------------------------------------------------------------------------------------------


def is_secure(request: Request, config: ConsoleConfig) -> bool:
    return config.secure or request.url.scheme == "https"


def read_cookie(request: Request, config: ConsoleConfig, name: str = NAME) -> str:
    """The token that came, empty if none did. Over TLS only the cookie that is bound to this host counts."""
    return request.cookies.get(f"__Host-{name}" if is_secure(request, config) else name, "")


def set_cookie(response: Response, request: Request, config: ConsoleConfig, token: str, name: str = NAME) -> None:
    secure = is_secure(request, config)
    response.set_cookie(
        f"__Host-{name}" if secure else name, token, path="/", httponly=True, samesite="strict", secure=secure
    )


def drop_cookie(response: Response, request: Request, config: ConsoleConfig, name: str = NAME) -> None:
    secure = is_secure(request, config)
    response.delete_cookie(
        f"__Host-{name}" if secure else name, path="/", httponly=True, samesite="strict", secure=secure
    )
