"""What stands before the pages: logging in and out, the first user, links to set a password, language and light."""

from math import ceil
from typing import Final

from starlette.responses import Response

from consent.console import first_run, passwords, sessions, throttle, users
from consent.console.i18n import LANGUAGES
from consent.console.page import Endpoint
from consent.console.users import EVERY_SITE, User, UserError
from consent.console.visit import THEMES, Refused, Visit, local

FIRST_ROLES: Final = ("privacy_officer", "admin")
YEAR: Final = 365 * 86_400


def home(visit: Visit) -> Response:
    """The first page that this person may open."""
    sites = visit.sites()
    for _, pages in visit.navigation():
        for page in pages:
            if page.of_site:
                if not sites:
                    continue
                visit.site = sites[0]
            return visit.go(visit.at(page.name))
    raise Refused(403, "error.nothing")


def missing(visit: Visit) -> Response:
    raise Refused(404, "error.404")


def login_page(visit: Visit) -> Response:
    if visit.who is not None:
        return visit.go("/console")
    if first_run.read(visit.house.config.data_dir) is not None:
        with visit.house.store.write() as connection:
            if users.count(connection) == 0:
                return visit.render("first.html")
    return _login(visit, 200, "")


def _login(visit: Visit, status: int, problem: str, **values: int) -> Response:
    onward = local(visit.form.get("next") or visit.query("next"))
    return visit.render("login.html", status, problem=problem, onward=onward, values=values,
                        oidc=visit.house.config.oidc is not None)  # fmt: skip


def login(visit: Visit) -> Response:
    """Right: a new session. Wrong, unknown and inactive are answered alike, and counted before they are looked at."""
    name, password = visit.form.get("login"), visit.form.raw("password")
    keys = throttle.keys_of(name, visit.request.state.address)
    with visit.house.store.write() as connection:
        wait = throttle.wait_of(connection, keys, visit.now)
        if wait > 0:
            response = _login(visit, 429, "login.wait", seconds=ceil(wait))
            response.headers["Retry-After"] = str(ceil(wait))
            return response
        throttle.failed(connection, keys, visit.now)  # until it turns out right: many at once count as many
        user = users.by_login(connection, name)
        stored = users.password_of(connection, user.id) if user is not None else None
    if not passwords.matches(stored, password) or user is None or not user.active or stored is None:
        return _login(visit, 401, "login.wrong")
    again = passwords.hashed(password) if passwords.is_old(stored) else None
    with visit.house.store.write() as connection:
        throttle.succeeded(connection, keys)
        if again:
            users.rehash(connection, user.id, again)
    return enter(visit, user, local(visit.form.get("next")))


def enter(visit: Visit, user: User, onward: str) -> Response:
    """Begin a session with a token of its own; one that the browser had before is over."""
    came = sessions.read_cookie(visit.request, visit.house.config)
    with visit.house.store.write() as connection:
        if came:
            sessions.end(connection, users.fingerprint(came))
        token = sessions.begin(connection, user, visit.now, visit.request.headers.get("user-agent", ""))
        visit.house.audit(connection, "", user.login, "session.begin", user.login, {}, visit.now)
    response = visit.go(onward)
    sessions.set_cookie(response, visit.request, visit.house.config, token)
    sessions.drop_cookie(response, visit.request, visit.house.config, sessions.BEFORE)
    return response


def logout(visit: Visit) -> Response:
    if visit.who is not None:
        with visit.house.store.write() as connection:
            sessions.end(connection, visit.who[1].key)
            visit.audit(connection, "session.end", visit.user.login, {})
    response = visit.go("/console/login")
    sessions.drop_cookie(response, visit.request, visit.house.config)
    return response


def setup_page(visit: Visit) -> Response:
    """The form for the first user, for whoever has the link."""
    token = visit.query("token")
    if not first_run.is_right(visit.house.config.data_dir, token):
        raise Refused(403, "setup.used")
    return visit.render("setup.html", token=token, problem="", login="")


def setup(visit: Visit) -> Response:
    token, name, password = visit.form.get("token"), visit.form.get("login"), visit.form.raw("password")
    data_dir = visit.house.config.data_dir
    if not first_run.is_right(data_dir, token):
        raise Refused(403, "setup.used")
    problem = _password_problem(visit, name)
    if problem is None and not 3 <= len(name) <= 200:
        problem = "users.badLogin"
    if problem:
        return visit.render("setup.html", 422, token=token, problem=problem, login=name)
    hashed = passwords.hashed(password)
    try:
        with visit.house.store.write() as connection:
            if users.count(connection):
                first_run.withdraw(data_dir)
                raise Refused(403, "setup.used")
            user = users.create(connection, name, FIRST_ROLES, (EVERY_SITE,), visit.now, hashed)
            visit.house.audit(connection, "", user.login, "user.first", user.login,
                              {"roles": list(user.roles)}, visit.now)  # fmt: skip
            if not first_run.use(data_dir, token):
                raise Refused(403, "setup.used")
    except UserError as error:
        return visit.render("setup.html", 422, token=token, problem=str(error), login=name)
    return enter(visit, user, "/console")


def _password_problem(visit: Visit, name: str) -> str | None:
    if visit.form.raw("password") != visit.form.raw("again"):
        return "password.differ"
    return passwords.problem_of(visit.form.raw("password"), name)


def link_page(visit: Visit) -> Response:
    return visit.render("link.html", token=visit.query("token"), user=_of_link(visit, visit.query("token")), problem="")


def link(visit: Visit) -> Response:
    """Set the password that a link is for, and enter with it."""
    token = visit.form.get("token")
    user = _of_link(visit, token)
    problem = _password_problem(visit, user.login)
    if problem:
        return visit.render("link.html", 422, token=token, user=user, problem=problem)
    hashed = passwords.hashed(visit.form.raw("password"))
    with visit.house.store.write() as connection:
        if users.by_link(connection, token, visit.now) is None:  # somebody else used it meanwhile
            raise Refused(403, "link.used")
        users.set_password(connection, user.id, hashed)
        visit.house.audit(connection, "", user.login, "password.set", user.login, {}, visit.now)
    return enter(visit, user, "/console")


def _of_link(visit: Visit, token: str) -> User:
    with visit.house.store.write() as connection:
        user = users.by_link(connection, token, visit.now)
    if user is None:
        raise Refused(403, "link.used")
    return user


def look(visit: Visit) -> Response:
    """Language and light, kept in the browser."""
    response = visit.go(local(visit.form.get("back")))
    for name, allowed in (("language", LANGUAGES), ("theme", THEMES)):
        if (value := visit.form.get(name)) in allowed:
            response.set_cookie(
                f"firsthand_{name}", value, max_age=YEAR, path="/console", httponly=True, samesite="strict",
                secure=sessions.is_secure(visit.request, visit.house.config),
            )  # fmt: skip
    return response


def account_page(visit: Visit, problem: str = "", status: int = 200) -> Response:
    with visit.house.store.write() as connection:
        open_ = sessions.of_user(connection, visit.user, visit.house.config, visit.now)
    return visit.render("account.html", status, problem=problem, open=open_)


def change_password(visit: Visit) -> Response:
    """Asks for the old one, under the same limit as the login. All other sessions end."""
    user = visit.user
    keys = throttle.keys_of(user.login, visit.request.state.address)
    with visit.house.store.write() as connection:
        if throttle.wait_of(connection, keys, visit.now) > 0:
            return account_page(visit, "login.soon", 429)
        throttle.failed(connection, keys, visit.now)
        stored = users.password_of(connection, user.id)
    if not passwords.matches(stored, visit.form.raw("old")):
        return account_page(visit, "password.old", 422)
    problem = _password_problem(visit, user.login)
    if problem:
        return account_page(visit, problem, 422)
    hashed = passwords.hashed(visit.form.raw("password"))
    with visit.house.store.write() as connection:
        throttle.succeeded(connection, keys)
        users.set_password(connection, user.id, hashed)
        visit.audit(connection, "password.set", user.login, {})
    return enter(visit, user, "/console/account?said=saved")


def end_others(visit: Visit) -> Response:
    with visit.house.store.write() as connection:
        users.end_sessions(connection, visit.user.id, but=visit.session.key)
        visit.audit(connection, "session.endOthers", visit.user.login, {})
    return visit.go("/console/account", "saved")


# path, endpoint, whether it is open to people who are not logged in
ENDPOINTS: Final = (
    ("/console", Endpoint(home), False),
    ("/console/login", Endpoint(login_page), True),
    ("/console/login", Endpoint(login, "POST"), True),
    ("/console/logout", Endpoint(logout, "POST"), True),
    ("/console/setup", Endpoint(setup_page), True),
    ("/console/setup", Endpoint(setup, "POST"), True),
    ("/console/link", Endpoint(link_page), True),
    ("/console/link", Endpoint(link, "POST"), True),
    ("/console/look", Endpoint(look, "POST"), True),
    ("/console/account", Endpoint(account_page), False),
    ("/console/account/password", Endpoint(change_password, "POST"), False),
    ("/console/account/others", Endpoint(end_others, "POST"), False),
)
