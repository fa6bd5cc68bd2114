"""People who may enter: made, changed, never all locked out."""

from pathlib import Path

import pytest

from consent.console import sessions, users
from consent.console.users import UserError
from tests.consent.console.visitors import HASH, NOW, Place, place


def test_logins_are_one_whatever_their_case(here: Place) -> None:
    here.user("Anne@Shop.example", "viewer")
    with here.house.store.write() as connection:
        found = users.by_login(connection, " ANNE@shop.EXAMPLE ")
        assert found is not None and found.login == "anne@shop.example"
        with pytest.raises(UserError, match=r"users\.taken"):
            users.create(connection, "anne@shop.example", ["viewer"], ["*"], NOW)


@pytest.mark.parametrize(
    ("login", "roles", "sites", "problem"),
    [
        ("ab", ["viewer"], ["*"], "users.badLogin"),
        ("a b c", ["viewer"], ["*"], "users.badLogin"),
        ("x" * 201, ["viewer"], ["*"], "users.badLogin"),
        ("new\x00line", ["viewer"], ["*"], "users.badLogin"),
        ("fine", [], ["*"], "users.badRoles"),
        ("fine", ["root"], ["*"], "users.badRoles"),
        ("fine", ["viewer"], [" "], "users.badSites"),
    ],
)
def test_what_cannot_be_a_user(here: Place, login: str, roles: list[str], sites: list[str], problem: str) -> None:
    with pytest.raises(UserError, match=problem), here.house.store.write() as connection:
        users.create(connection, login, roles, sites, NOW)


def test_the_last_who_lets_people_in_stays(tmp_path: Path) -> None:
    with place(tmp_path) as fresh:
        admin = fresh.user("admin", "admin")
        fresh.user("only-here", "admin", sites=("default",))
        for roles, sites, active in (
            (["viewer"], ["*"], True),
            (["admin"], ["default"], True),
            (["admin"], ["*"], False),
        ):
            with pytest.raises(UserError, match=r"users\.lastAdmin"), fresh.house.store.write() as connection:
                users.change(connection, admin, roles, sites, active)
        second = fresh.user("second", "admin")
        with fresh.house.store.write() as connection:
            assert users.change(connection, second, ["viewer"], ["*"], True).roles == ("viewer",)
            assert users.by_id(connection, admin.id) == admin


def test_a_change_of_rights_or_password_ends_sessions(here: Place) -> None:
    user = here.user("mover", "viewer")
    here.user("keeper", "admin")
    with here.house.store.write() as connection:
        token = sessions.begin(connection, user, NOW, "")
        users.change(connection, user, ["auditor"], ["default"], True)
        assert sessions.find(connection, token, here.config, NOW) is None
        token = sessions.begin(connection, user, NOW, "")
        users.set_password(connection, user.id, HASH)
        assert sessions.find(connection, token, here.config, NOW) is None


def test_a_link_works_once_in_time_and_the_newest_only(here: Place) -> None:
    user = here.user("linked", "viewer")
    with here.house.store.write() as connection:
        old = users.make_link(connection, user, NOW)
        new = users.make_link(connection, user, NOW)
        assert users.by_link(connection, old, NOW) is None
        assert users.by_link(connection, new, NOW) == user
        assert users.by_link(connection, new, NOW + users.LINK_SECONDS + 1) is None
        users.set_password(connection, user.id, HASH)
        assert users.by_link(connection, new, NOW) is None


def test_sites_are_seen_by_whom_they_were_given(here: Place) -> None:
    one = here.user("of-one", "viewer", sites=("shop", "blog"))
    every = here.user("of-all", "viewer", sites=("*", "shop"))
    assert one.sees("shop") and not one.sees("default") and not one.everywhere
    assert every.sees("anything") and every.everywhere and every.sites == ("*",)
