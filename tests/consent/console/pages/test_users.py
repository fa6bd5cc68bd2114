"""The page Users: people are added by link, changed, and every change is written down."""

import re

from consent.console import users
from tests.consent.console.conftest import here, quick_hashes, shared_place
from tests.consent.console.visitors import Place

__all__ = ["here", "quick_hashes", "shared_place"]


def test_somebody_is_added_by_a_link_that_is_shown_once(here: Place) -> None:
    admin = here.inside("adder", "admin")
    answer = admin.post("/console/users", login="newcomer", role=["analyst", "auditor"], sites="default")
    link = re.search(r"http://console\.test(/console/link\?token=[\w-]+)", answer.text)
    assert answer.status_code == 200 and link
    assert "/console/link?token=" not in admin.get("/console/users").text
    visitor = here.visitor()
    token = link[1].partition("token=")[2]
    assert visitor.get(link[1]).status_code == 200
    visitor.post("/console/link", link[1], token=token, password="my own sentence", again="my own sentence")
    assert visitor.get("/console/users").status_code == 403


def test_what_is_wrong_is_said_and_nothing_is_made(here: Place) -> None:
    admin = here.inside("mistaken", "admin")
    answer = admin.post("/console/users", login="mistaken", role="viewer", sites="*")
    assert answer.status_code == 422
    assert "already" in answer.text


def test_roles_are_changed_and_written_down(here: Place) -> None:
    admin = here.inside("changer", "admin", "auditor")
    user = here.user("changed", "viewer")
    path = f"/console/users/{user.id}"
    answer = admin.post(path, "/console/users", role="auditor", sites="default, other", active="1")
    assert answer.headers["location"] == "/console/users?said=saved"
    with here.house.store.read() as connection:
        found = users.by_id(connection, user.id)
    assert found is not None
    assert (found.roles, found.sites) == (("auditor",), ("default", "other"))
    audit = admin.get("/console/s/default/audit?of=house").text
    assert "changed a user" in audit and "changer" in audit and "changed" in audit
    assert admin.post("/console/users/nobody", "/console/users", role="viewer", sites="*").status_code == 404


def test_a_new_link_can_be_made(here: Place) -> None:
    admin = here.inside("linker", "admin")
    user = here.user("forgot", "viewer")
    answer = admin.post(f"/console/users/{user.id}/link", "/console/users")
    assert "/console/link?token=" in answer.text
