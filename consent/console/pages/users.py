"""Users: who may enter. A new person gets a link, not a password, so that nobody else ever knows it."""

from typing import Final
from urllib.parse import urlencode

from starlette.responses import Response

from consent.console import users
from consent.console.page import Endpoint, Page
from consent.console.roles import PERMISSIONS, ROLES
from consent.console.users import User, UserError
from consent.console.visit import Refused, Visit


def show(visit: Visit, problem: str = "", status: int = 200, link: str = "", link_for: str = "") -> Response:
    with visit.house.store.write() as connection:
        everybody = users.everybody(connection)
    return visit.render("users.html", status, users=everybody, roles=ROLES, permissions=PERMISSIONS, problem=problem,
                        link=link, link_for=link_for)  # fmt: skip


def add(visit: Visit) -> Response:
    form = visit.form
    try:
        with visit.house.store.write() as connection:
            made = users.create(connection, form.get("login"), form.all("role"), _sites(visit), visit.now)
            token = users.make_link(connection, made, visit.now)
            visit.audit(connection, "user.add", made.login, {"roles": list(made.roles), "sites": list(made.sites)})
    except UserError as error:
        return show(visit, str(error), 422)
    return show(visit, link=_address(visit, token), link_for=made.login)


def change(visit: Visit) -> Response:
    try:
        with visit.house.store.write() as connection:
            user = _asked(visit, users.by_id(connection, visit.path("id")))
            changed = users.change(
                connection, user, visit.form.all("role"), _sites(visit), visit.form.get("active") == "1"
            )
            before, after = _shown(user), _shown(changed)
            visit.audit(connection, "user.change", user.login, {"before": before, "after": after})
    except UserError as error:
        return show(visit, str(error), 422)
    return visit.go(visit.at("users"), "saved")


def new_link(visit: Visit) -> Response:
    with visit.house.store.write() as connection:
        user = _asked(visit, users.by_id(connection, visit.path("id")))
        token = users.make_link(connection, user, visit.now)
        visit.audit(connection, "user.link", user.login, {})
    return show(visit, link=_address(visit, token), link_for=user.login)


def _asked(visit: Visit, user: User | None) -> User:
    if user is None:
        raise Refused(404, "error.404")
    return user


def _sites(visit: Visit) -> list[str]:
    return visit.form.get("sites").replace("，", ",").split(",")


def _shown(user: User) -> dict[str, object]:
    return {"roles": list(user.roles), "sites": list(user.sites), "active": user.active}


def _address(visit: Visit, token: str) -> str:
    base = visit.house.config.public_url or f"{visit.request.url.scheme}://{visit.request.headers.get('host', '')}"
    return f"{base.rstrip('/')}/console/link?{urlencode({'token': token})}"


USERS: Final = Page(
    "users",
    "house",
    "users.manage",
    (
        Endpoint(show),
        Endpoint(add, "POST"),
        Endpoint(change, "POST", "/{id}"),
        Endpoint(new_link, "POST", "/{id}/link"),
    ),
    of_site=False,
)
