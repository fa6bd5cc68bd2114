"""Who may enter the console. A new person gets a link, not a password, so that nobody else ever knows it."""

from typing import Annotated, Final
from urllib.parse import urlencode

from msgspec import Meta
from sqlalchemy import Connection

from consent.admin import audit
from consent.api.call import Call
from consent.api.operation import Ask, Give, Operation
from consent.api.tokens import HOUSE
from consent.console import users
from consent.console.users import User
from consent.routes.door import Refused

Names = Annotated[tuple[Annotated[str, Meta(max_length=64)], ...], Meta(max_length=100)]


class NewUser(Ask, frozen=True):
    """`sites`: ids, or `*` for all."""

    login: Annotated[str, Meta(min_length=3, max_length=200)]
    roles: Names
    sites: Names


class ChangedUser(Ask, frozen=True):
    """All three, as they are to be; the person's sessions end."""

    roles: Names
    sites: Names
    active: bool


class ConsoleUser(Give, frozen=True):
    """Times in milliseconds; `hasPassword` is false until the link was used."""

    id: str
    login: str
    roles: tuple[str, ...]
    sites: tuple[str, ...]
    active: bool
    created_at: int
    seen_at: int | None
    has_password: bool


class UserLink(Give, frozen=True):
    """A person, and the link with which they set a password: once, within three days. It is shown here only."""

    user: ConsoleUser
    link: str


def listed(call: Call) -> list[ConsoleUser]:
    with call.store.read() as connection:
        return [_person(user) for user in users.everybody(connection)]


def add(call: Call) -> UserLink:
    asked: NewUser = call.body
    with call.store.write() as connection:
        made = users.create(connection, asked.login, asked.roles, asked.sites, call.now)
        token = users.make_link(connection, made, call.now)
        _note(call, connection, "user.add", made.login, {"roles": list(made.roles), "sites": list(made.sites)})
    return UserLink(_person(made), _link(call, token))


def change(call: Call) -> ConsoleUser:
    asked: ChangedUser = call.body
    with call.store.write() as connection:
        user = _asked(call, connection)
        changed = users.change(connection, user, asked.roles, asked.sites, asked.active)
        _note(call, connection, "user.change", user.login, {"before": _rights(user), "after": _rights(changed)})
    return _person(changed)


def link(call: Call) -> UserLink:
    with call.store.write() as connection:
        user = _asked(call, connection)
        token = users.make_link(connection, user, call.now)
        _note(call, connection, "user.link", user.login, {})
    return UserLink(_person(user), _link(call, token))


def _asked(call: Call, connection: Connection) -> User:
    user = users.by_id(connection, call.path("id"))
    if user is None:
        raise Refused(404, "user.unknown", "there is no user of that id")
    return user


def _note(call: Call, connection: Connection, action: str, target: str, detail: dict[str, object]) -> None:
    audit.record(connection, call.admin, HOUSE, action, target, detail)


def _rights(user: User) -> dict[str, object]:
    return {"roles": list(user.roles), "sites": list(user.sites), "active": user.active}


def _person(user: User) -> ConsoleUser:
    seen = int(user.seen * 1000) if user.seen is not None else None
    return ConsoleUser(user.id, user.login, user.roles, user.sites, user.active, int(user.created * 1000), seen,
                  user.has_password)  # fmt: skip


def _link(call: Call, token: str) -> str:
    url = call.request.url
    base = call.house.config.public_url or f"{url.scheme}://{call.request.headers.get('host', '')}"
    return f"{base.rstrip('/')}/console/link?{urlencode({'token': token})}"


OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation("GET", "/users", "users.manage", listed, "Who may enter", list[ConsoleUser]),
    Operation("POST", "/users", "users.manage", add, "Let somebody in", UserLink, NewUser, status=201),
    Operation(
        "PUT", "/users/{id}", "users.manage", change, "Roles, sites and state of a person", ConsoleUser, ChangedUser
    ),
    Operation("POST", "/users/{id}/link", "users.manage", link, "A new link to set a password", UserLink, status=201),
)
