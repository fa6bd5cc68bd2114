"""People who may enter: read, made, changed. Functions over a connection; the caller holds the transaction.

A login is a mail address or any name, compared in lower case. Nobody can take the last administrator away, and a change
of roles, sites or state ends the person's sessions, so that it holds from the next click.
"""

import hashlib
import secrets
from collections.abc import Iterable
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Row, delete, func, insert, select, update

from consent.console.roles import PERMISSIONS, ROLES
from consent.console.tables import links, sessions, users

EVERY_SITE: Final = "*"
LINK_SECONDS: Final = 3 * 86_400.0


class UserError(ValueError):
    """A change that cannot be made; the text is a key of the catalogue."""


class User(msgspec.Struct, frozen=True):
    """A person. `sites` holds site ids or `*`; `has_password` is False until the link was used."""

    id: str
    login: str
    roles: tuple[str, ...]
    sites: tuple[str, ...]
    active: bool
    created: float
    seen: float | None
    has_password: bool

    def may(self, permission: str) -> bool:
        """Whether a role of this person has the permission."""
        return any(role in PERMISSIONS[permission] for role in self.roles)

    def sees(self, site: str) -> bool:
        return EVERY_SITE in self.sites or site in self.sites

    @property
    def everywhere(self) -> bool:
        """Whether pages about the whole installation are open to this person."""
        return EVERY_SITE in self.sites


def fingerprint(token: str) -> str:
    """How a token is kept."""
    return hashlib.sha256(token.encode()).hexdigest()


def count(connection: Connection) -> int:
    return int(connection.execute(select(func.count()).select_from(users)).scalar_one())


def everybody(connection: Connection) -> list[User]:
    return [_user(row) for row in connection.execute(select(users).order_by(users.c.login))]


def _known(connection: Connection, identifier: str) -> User:
    return _user(connection.execute(select(users).where(users.c.id == identifier)).one())


def by_id(connection: Connection, identifier: str) -> User | None:
    row = connection.execute(select(users).where(users.c.id == identifier)).first()
    return _user(row) if row else None


def by_login(connection: Connection, login: str) -> User | None:
    row = connection.execute(select(users).where(users.c.login == login.strip().lower())).first()
    return _user(row) if row else None


def password_of(connection: Connection, identifier: str) -> str | None:
    """The stored hash; None if there is none."""
    found: str | None = connection.execute(select(users.c.password).where(users.c.id == identifier)).scalar()
    return found


def create(
    connection: Connection, login: str, roles: Iterable[str], sites: Iterable[str], now: float,
    password: str | None = None,
) -> User:  # fmt: skip
    """A new person; `password` is a hash. Raises UserError."""
    name = login.strip().lower()
    if not 3 <= len(name) <= 200 or not name.isprintable() or " " in name:
        raise UserError("users.badLogin")
    if by_login(connection, name):
        raise UserError("users.taken")
    identifier = secrets.token_hex(8)
    connection.execute(
        insert(users).values(
            id=identifier, login=name, password=password, roles=_roles(roles), sites=_sites(sites), active=True,
            created=now,
        )
    )  # fmt: skip
    return _known(connection, identifier)


def change(
    connection: Connection, user: User, roles: Iterable[str], sites: Iterable[str], active: bool
) -> User:  # fmt: skip
    """New roles, sites and state. Raises UserError when nobody would be left to let people in."""
    values = {"roles": _roles(roles), "sites": _sites(sites), "active": active}
    connection.execute(select(users.c.id).order_by(users.c.id).with_for_update()).all()  # two who demote each other
    connection.execute(update(users).where(users.c.id == user.id).values(**values))
    if not any(u.active and u.may("users.manage") and u.everywhere for u in everybody(connection)):
        raise UserError("users.lastAdmin")
    end_sessions(connection, user.id)
    return _known(connection, user.id)


def set_password(connection: Connection, identifier: str, password: str) -> None:
    """Store a hash. Whoever was in with the old one is out."""
    connection.execute(update(users).where(users.c.id == identifier).values(password=password))
    connection.execute(delete(links).where(links.c.user == identifier))
    end_sessions(connection, identifier)


def rehash(connection: Connection, identifier: str, password: str) -> None:
    """The same password with newer parameters."""
    connection.execute(update(users).where(users.c.id == identifier).values(password=password))


def bind_oidc(connection: Connection, identifier: str, subject: str) -> None:
    connection.execute(update(users).where(users.c.id == identifier).values(oidc_subject=subject))


def by_oidc(connection: Connection, subject: str) -> User | None:
    row = connection.execute(select(users).where(users.c.oidc_subject == subject)).first()
    return _user(row) if row else None


def is_bound(connection: Connection, identifier: str) -> bool:
    """Whether this person belongs to an account of the OpenID provider already."""
    return connection.execute(select(users.c.oidc_subject).where(users.c.id == identifier)).scalar() is not None


def saw(connection: Connection, identifier: str, now: float) -> None:
    connection.execute(update(users).where(users.c.id == identifier).values(seen=now))


def end_sessions(connection: Connection, identifier: str, but: str = "") -> int:
    """End a person's sessions, all but the one with this fingerprint; how many there were."""
    ended = connection.execute(delete(sessions).where(sessions.c.user == identifier, sessions.c.token != but))
    return ended.rowcount


def make_link(connection: Connection, user: User, now: float) -> str:
    """A token with which the person sets a password, once, within three days. Older ones stop working."""
    token = secrets.token_urlsafe(32)
    connection.execute(delete(links).where((links.c.user == user.id) | (links.c.expires < now)))
    connection.execute(insert(links).values(token=fingerprint(token), user=user.id, expires=now + LINK_SECONDS))
    return token


def by_link(connection: Connection, token: str, now: float) -> User | None:
    """Whom a link is for; None if it is used, too old, or of somebody who may not enter."""
    where = (links.c.token == fingerprint(token), links.c.expires >= now, users.c.active.is_(True))
    row = connection.execute(select(users).join(links, links.c.user == users.c.id).where(*where)).first()
    return _user(row) if row else None


def _roles(roles: Iterable[str]) -> list[str]:
    chosen = set(roles)
    if not chosen or not chosen <= set(ROLES):
        raise UserError("users.badRoles")
    return [role for role in ROLES if role in chosen]


def _sites(sites: Iterable[str]) -> list[str]:
    chosen = sorted({s.strip() for s in sites if s.strip()})
    if not chosen:
        raise UserError("users.badSites")
    return [EVERY_SITE] if EVERY_SITE in chosen else chosen


def _user(row: Row[Any]) -> User:
    r = row._mapping
    return User(
        r["id"], r["login"], tuple(r["roles"]), tuple(r["sites"]), r["active"], r["created"], r["seen"],
        r["password"] is not None,
    )  # fmt: skip
