"""Who may do what, for every endpoint of every page and every role; and the attacks that the console must stand."""

import re

import httpx
import pytest

from consent.console.page import Endpoint, Page
from consent.console.pages import PAGES
from consent.console.roles import PERMISSIONS, ROLES
from tests.consent.console.visitors import Place, Visitor, csrf_of

ENDPOINTS = [(page, endpoint) for page in PAGES for endpoint in page.endpoints]
HOSTILE = "'\"><script>window.hurt=1</script><img src=x onerror=hurt()>{{7*7}}"


def address(page: Page, endpoint: Endpoint, site: str = "default") -> str:
    base = f"/console/s/{site}/{page.name}" if page.of_site else f"/console/{page.name}"
    return base + re.sub(r"\{\w+(:\w+)?\}", "0", endpoint.path)


def ask(visitor: Visitor, page: Page, endpoint: Endpoint, site: str = "default") -> httpx.Response:
    if endpoint.method == "GET":
        return visitor.get(address(page, endpoint, site))
    return visitor.send(address(page, endpoint, site), {"csrf": csrf_of(visitor.get("/console/account"))})


@pytest.fixture(scope="module")
def insiders(shared_place: Place) -> dict[str, Visitor]:
    return {role: shared_place.inside(f"a-{role}", role) for role in ROLES}


@pytest.mark.parametrize("role", ROLES)
def test_each_endpoint_is_open_to_the_roles_of_the_table_only(insiders: dict[str, Visitor], role: str) -> None:
    for page, endpoint in ENDPOINTS:
        allowed = role in PERMISSIONS[endpoint.permission or page.permission]
        answer = ask(insiders[role], page, endpoint)
        where = f"{role} {endpoint.method} {address(page, endpoint)}: {answer.status_code}"
        assert answer.status_code != 500, where
        assert (answer.status_code != 403) == allowed, where


@pytest.mark.parametrize(("page", "endpoint"), ENDPOINTS, ids=lambda p: getattr(p, "name", getattr(p, "path", "")))
def test_nobody_sees_nothing(here: Place, page: Page, endpoint: Endpoint) -> None:
    visitor = here.visitor()
    if endpoint.method == "GET":
        answer = visitor.get(address(page, endpoint))
    else:
        answer = visitor.send(address(page, endpoint), {"csrf": csrf_of(visitor.get("/console/login"))})
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/console/login")


def test_a_change_needs_the_sessions_own_token(insiders: dict[str, Visitor]) -> None:
    admin = insiders["admin"]
    stolen = csrf_of(insiders["viewer"].get("/console/account"))
    for token in (None, "", "x", stolen, csrf_of(admin.place.visitor().get("/console/login"))):
        fields = {"login": "forged", "role": "admin", "sites": "*"} | ({} if token is None else {"csrf": token})
        assert admin.send("/console/users", fields).status_code == 403
    assert "forged" not in admin.get("/console/users").text


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://console.test.evil.example"},
        {"origin": "http://console.test@evil.example"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site", "origin": "http://console.test"},
    ],
)
def test_a_change_from_elsewhere_is_refused_even_with_the_token(
    insiders: dict[str, Visitor], headers: dict[str, str]
) -> None:
    admin = insiders["admin"]
    fields = {"csrf": csrf_of(admin.get("/console/users")), "login": "elsewhere", "role": "viewer", "sites": "*"}
    assert admin.send("/console/users", fields, headers=headers).status_code == 403
    assert "elsewhere" not in admin.get("/console/users").text


def test_a_login_from_elsewhere_is_refused(here: Place) -> None:
    """Login CSRF: somebody is made to work in the attacker's account."""
    here.user("trap", "viewer")
    assert here.visitor().send("/console/login", {"login": "trap", "password": "a long sentence"}).status_code == 403


def test_a_session_that_was_there_before_the_login_opens_nothing(here: Place) -> None:
    """Session fixation: the attacker plants a cookie, and knows it after the login."""
    here.user("fixed", "viewer")
    for planted in ("planted-by-the-attacker", here.inside("attacker", "viewer").http.cookies["firsthand_console"]):
        victim = here.visitor()
        victim.http.cookies.set("firsthand_console", planted, domain="console.test", path="/")
        page = victim.get("/console/login", follow_redirects=True)
        if "password" not in page.text:
            victim.send("/console/logout", {"csrf": csrf_of(page)})
            page = victim.get("/console/login")
        assert victim.log_in("fixed").status_code == 303
        attacker = here.visitor(cookie=f"firsthand_console={planted}")
        assert attacker.get("/console/account").status_code == 303


def test_logging_out_ends_the_session_on_the_server(here: Place) -> None:
    visitor = here.inside("leaver", "viewer")
    token = visitor.http.cookies["firsthand_console"]
    assert visitor.post("/console/logout", "/console/account").status_code == 303
    assert here.visitor(cookie=f"firsthand_console={token}").get("/console/account").status_code == 303


def test_a_site_that_is_not_theirs_looks_like_none(here: Place) -> None:
    """IDOR between sites: every page of a site, with every role at once."""
    stranger = here.inside("stranger", *ROLES, sites=("other",))
    for page, endpoint in ENDPOINTS:
        for site in ("default", "no-such-site", "%2e%2e"):
            answer = ask(stranger, page, endpoint, site)
            assert answer.status_code == (404 if page.of_site else 403), address(page, endpoint, site)


def test_what_people_wrote_is_text_on_every_page(here: Place) -> None:
    admin = here.inside("writer", *ROLES)
    admin.post("/console/users", login=HOSTILE.replace(" ", ""), role="viewer", sites=HOSTILE)
    for page in PAGES:
        text = admin.get(address(page, page.endpoints[0])).text
        assert "<script>window.hurt" not in text and "<img src=x" not in text, page.name
        assert ">49" not in text
    assert "&lt;script&gt;window.hurt" in admin.get("/console/users").text


@pytest.mark.parametrize("login", ["' or '1'='1", "x'; drop table console_users; --", 'admin" --', "%", "_" * 5])
def test_sql_in_a_login_is_a_login(here: Place, login: str) -> None:
    assert here.visitor("203.0.113.88").log_in(login).status_code in (401, 429)
    assert here.inside(f"after-{abs(hash(login))}", "admin").get("/console/users").status_code == 200


def test_every_answer_carries_the_policies(here: Place) -> None:
    visitor = here.inside("headers", "admin")
    for path in ("/console/login", "/console/users", "/console/nothing", "/console/static/x/y", "/console"):
        answer = visitor.get(path)
        policy = answer.headers["content-security-policy"]
        assert "unsafe" not in policy and "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"


def test_files_are_for_ever_under_their_digest_and_nothing_else_is_served(here: Place) -> None:
    visitor = here.visitor()
    style = here.house.static.address("console.css")
    assert "immutable" in visitor.get(style).headers["cache-control"]
    assert visitor.get(style).headers["content-type"].startswith("text/css")
    digest = here.house.static.digest
    for path in (f"{digest}/../app.py", f"{digest}/%2e%2e/app.py", "0000/console.css", f"{digest}/templates/base.html"):
        assert visitor.get(f"/console/static/{path}").status_code in (303, 404)


def test_a_link_from_elsewhere_takes_one_more_step_because_the_cookie_is_strict(here: Place) -> None:
    answer = here.visitor().get("/console/users?x=%22%3E", headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 200
    assert 'content="0; url=/console/users?x=%22%3E"' in answer.text


def test_a_piece_of_a_page_sends_the_whole_page_to_the_door(here: Place) -> None:
    answer = here.visitor().get("/console/users", headers={"hx-request": "true"})
    assert (answer.status_code, answer.headers["hx-redirect"]) == (401, "/console/login")


def test_a_bug_of_ours_is_a_page_and_tells_nothing(here: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    visitor = here.inside("unlucky", "admin")
    monkeypatch.setattr("consent.console.users.everybody", lambda connection: 1 / 0)
    answer = visitor.get("/console/users")
    assert answer.status_code == 500
    assert "ZeroDivision" not in answer.text
