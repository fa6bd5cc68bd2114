"""Tokens: `fha_` and 43 letters (256 random bits), shown once when made. Each has roles, sites, an end, and a name.

The name is who acts, in the audit log: `token <name>`. For four eyes a token is its maker as well: whoever made it in
the console cannot approve what it wrote, nor the other way round. For what the machine's owner makes by the command
line that would say nothing, since they may publish alone anyway.
"""

import hashlib
import re
from collections.abc import Iterable
from typing import Any, Final

import sqlalchemy as sa
from msgspec import Struct
from sqlalchemy import Connection

from consent.admin import Admin, AdminError, audit
from consent.api.tables import api_token
from consent.canonical import base64url
from consent.console.roles import PERMISSIONS, ROLES

PREFIX: Final = "fha_"
NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,55}")
EVERY_SITE: Final = "*"
HOUSE: Final = ""  # the audit log of what is about the whole installation
DAY_MS: Final = 86_400_000
MOST_DAYS: Final = 366
USED_EVERY: Final = 60_000  # between writes of `used_at`


class Token(Struct, frozen=True, rename="camel"):
    """A token without its secret; times in milliseconds. `sites` holds ids or `*`."""

    name: str
    roles: tuple[str, ...]
    sites: tuple[str, ...]
    made_by: str
    made_at: int
    expires_at: int
    revoked_at: int | None
    used_at: int | None

    @property
    def actor(self) -> str:
        """Who acts, as the audit log says it; no login can be that, because it has a blank."""
        return f"token {self.name}"

    def may(self, permission: str) -> bool:
        return not PERMISSIONS[permission].isdisjoint(self.roles)

    def sees(self, site: str) -> bool:
        return EVERY_SITE in self.sites or site in self.sites

    @property
    def everywhere(self) -> bool:
        return EVERY_SITE in self.sites

    def live(self, now: int) -> bool:
        return self.revoked_at is None and now < self.expires_at


def make(
    connection: Connection, admin: Admin, name: str, roles: Iterable[str], sites: Iterable[str], days: int
) -> tuple[Token, str]:  # fmt: skip
    """A new token, and its secret, the only time it is known. Raises AdminError."""
    chosen = set(roles)
    places = sorted({s.strip() for s in sites if s.strip()})
    if not NAME.fullmatch(name):
        raise AdminError("token.name")
    if not chosen or not chosen <= set(ROLES):
        raise AdminError("token.roles", roles=", ".join(ROLES))
    if not places:
        raise AdminError("token.sites")
    if not 1 <= days <= MOST_DAYS:
        raise AdminError("token.days", most=MOST_DAYS)
    if connection.execute(sa.select(api_token.c.name).where(api_token.c.name == name)).first():
        raise AdminError("token.taken", name=name)
    secret = PREFIX + base64url(admin.random(32))
    connection.execute(api_token.insert().values(
        name=name, hash=_hash(secret), roles=[r for r in ROLES if r in chosen],
        sites=[EVERY_SITE] if EVERY_SITE in places else places, made_by="" if admin.owner else admin.name,
        made_at=admin.now, expires_at=admin.now + days * DAY_MS,
    ))  # fmt: skip
    audit.record(connection, admin, HOUSE, "token.add", name, {"roles": sorted(chosen), "sites": places, "days": days})
    return _known(connection, name), secret


def listed(connection: Connection) -> list[Token]:
    """All tokens that ever were, the newest first."""
    return [_token(row) for row in connection.execute(sa.select(api_token).order_by(api_token.c.made_at.desc()))]


def revoke(connection: Connection, admin: Admin, name: str) -> Token:
    """Take a token back; it opens nothing from the next request on. Raises AdminError for an unknown one."""
    token = _known(connection, name)
    if token.revoked_at is None:
        connection.execute(api_token.update().where(api_token.c.name == name).values(revoked_at=admin.now))
        audit.record(connection, admin, HOUSE, "token.revoke", name)
    return _known(connection, name)


def find(connection: Connection, secret: str, now: int) -> Token | None:
    """The live token of that secret; None if there is none."""
    if not secret.startswith(PREFIX) or len(secret) > 100:
        return None
    row = connection.execute(sa.select(api_token).where(api_token.c.hash == _hash(secret))).first()
    token = _token(row) if row else None
    return token if token is not None and token.live(now) else None


def is_seldom(token: Token, now: int) -> bool:
    """Is it time to write down that it was used?"""
    return token.used_at is None or now - token.used_at > USED_EVERY


def used(connection: Connection, token: Token, now: int) -> None:
    connection.execute(api_token.update().where(api_token.c.name == token.name).values(used_at=now))


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _known(connection: Connection, name: str) -> Token:
    row = connection.execute(sa.select(api_token).where(api_token.c.name == name)).first()
    if row is None:
        raise AdminError("token.unknown", name=name)
    return _token(row)


def _token(row: Any) -> Token:
    r = row._mapping
    return Token(r["name"], tuple(r["roles"]), tuple(r["sites"]), r["made_by"], r["made_at"], r["expires_at"],
                 r["revoked_at"], r["used_at"])  # fmt: skip
