"""Logging in and out, links, the account, language and light."""

import pytest

from consent.console import users
from consent.console.visit import local
from tests.consent.console.visitors import NOW, PASSWORD, Place


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("/console/users?x=1", True),
        ("/console", True),
        ("//evil.example", False),
        ("/console//evil.example", False),
        ("/console/\\evil.example", False),
        ("https://evil.example/console/", False),
        ("/consoles", False),
        ("/console/\r\nset-cookie: x", False),
        ("", False),
    ],
)
def test_nobody_is_sent_elsewhere_after_the_login(here: Place, address: str, kept: bool) -> None:
    assert local(address) == (address if kept else "/console")


def test_the_login_leads_back_to_where_it_began(here: Place) -> None:
    here.user("returner", "admin")
    visitor = here.visitor()
    asked = visitor.get("/console/users")
    assert asked.headers["location"] == "/console/login?next=%2Fconsole%2Fusers"
    assert visitor.log_in("returner", onward="/console/users").headers["location"] == "/console/users"
    assert visitor.get("/console/login").headers["location"] == "/console"


def test_home_is_the_first_page_that_is_open(here: Place) -> None:
    assert here.inside("home-viewer", "viewer").get("/console").status_code in (303, 403)
    nowhere = here.inside("nowhere", "admin", sites=("no-such-site",)).get("/console")
    assert nowhere.status_code == 403


def test_somebody_who_is_locked_out_stays_out(here: Place) -> None:
    here.user("gatekeeper", "admin")
    user = here.user("locked", "viewer")
    with here.house.store.write() as connection:
        users.change(connection, user, ["viewer"], ["*"], False)
    assert here.visitor().log_in("locked").status_code == 401


def test_an_invited_person_sets_a_password_and_is_in(here: Place) -> None:
    with here.house.store.write() as connection:
        user = users.create(connection, "invited", ["auditor"], ["*"], NOW)
        token = users.make_link(connection, user, NOW)
    assert here.visitor("203.0.113.50").log_in("invited", "").status_code == 401, "no password is not an empty one"
    visitor = here.visitor()
    page = f"/console/link?token={token}"
    assert visitor.post("/console/link", page, token=token, password="short", again="short").status_code == 422
    done = visitor.post("/console/link", page, token=token, password="my own sentence", again="my own sentence")
    assert done.status_code == 303
    assert visitor.get("/console/s/default/audit").status_code == 200
    assert here.visitor().get(page).status_code == 403


def test_a_new_password_needs_the_old_one_and_ends_other_sessions(here: Place) -> None:
    one = here.inside("changer", "viewer")
    other = here.visitor()
    other.log_in("changer")
    form = {"password": "another long one", "again": "another long one"}
    wrong = one.post("/console/account/password", "/console/account", old="wrong", **form)
    assert wrong.status_code == 422
    right = one.post("/console/account/password", "/console/account", old=PASSWORD, **form)
    assert right.headers["location"] == "/console/account?said=saved"
    assert one.get("/console/account").status_code == 200
    assert other.get("/console/account").status_code == 303
    assert here.visitor().log_in("changer", "another long one").status_code == 303


def test_all_other_sessions_can_be_ended(here: Place) -> None:
    one, other = here.inside("twice", "viewer"), here.visitor()
    other.log_in("twice")
    assert one.get("/console/account").text.count("<tr><td>") == 2
    one.post("/console/account/others", "/console/account")
    assert other.get("/console/account").status_code == 303
    assert one.get("/console/account").status_code == 200


def test_language_and_light_are_kept_and_nothing_else_is(here: Place) -> None:
    visitor = here.visitor()
    back = visitor.post("/console/look", "/console/login", language="zh-CN", back="//evil.example")
    assert back.headers["location"] == "/console"
    assert '<html lang="zh-CN"' in visitor.get("/console/login").text
    visitor.post("/console/look", "/console/login", theme="dark")
    assert 'data-theme="dark"' in visitor.get("/console/login").text
    visitor.post("/console/look", "/console/login", theme='"><script>', language="xx")
    assert 'data-theme="dark"' in visitor.get("/console/login").text
