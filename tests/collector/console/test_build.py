"""The operators' pages obey the table of roles like all others, and a broken store keeps nobody from collecting."""

import logging
from pathlib import Path

import pytest

from collector.console.build import prepare_console
from collector.settings import Settings
from consent.console import first_run
from consent.console.roles import PERMISSIONS, ROLES
from consent.pii.hashing import Key, pseudonym
from consent.rights import requests
from tests.collector.console.office import Office, office
from tests.consent.console.test_app import address, ask
from tests.consent.console.visitors import csrf_of

OPERATORS = ("live", "sources", "health")


def pages(office: Office) -> list[tuple[object, object]]:
    return [(p, e) for p in office.house.pages if p.name in OPERATORS for e in p.endpoints if not e.on_loop]


@pytest.mark.parametrize("role", ROLES)
def test_each_endpoint_is_open_to_the_roles_of_the_table_only(here: Office, role: str) -> None:
    visitor = here.inside(f"op-{role}", role)
    for page, endpoint in pages(here):
        allowed = role in PERMISSIONS[endpoint.permission or page.permission]  # type: ignore[attr-defined]
        answer = ask(visitor, page, endpoint)  # type: ignore[arg-type]
        assert answer.status_code != 500
        assert (answer.status_code != 403) == allowed, f"{role} {address(page, endpoint)}"  # type: ignore[arg-type]


def test_people_of_one_site_see_no_page_about_the_whole(here: Office) -> None:
    visitor = here.inside("of-one-site", *ROLES, sites=("default",))
    for page, endpoint in pages(here):
        assert ask(visitor, page, endpoint).status_code == 403  # type: ignore[arg-type]


def test_nobody_watches_without_a_login(here: Office) -> None:
    visitor = here.visitor()
    assert visitor.get("/console/live/events").status_code == 303
    assert here.hub.watchers == 0
    stranger = here.inside("no-watcher", "viewer")
    assert stranger.get("/console/live/events").status_code == 403
    assert here.hub.watchers == 0


def test_people_are_looked_for_under_the_keys_that_the_collector_hashes_with(tmp_path: Path) -> None:
    """Wherever they are kept. Under a new key of the file nobody would be found, and their erasure would do nothing."""
    with office(tmp_path / "data", pii_keys=f"e1:{'A' * 43}") as here:
        keys = here.config.pseudonym_keys()
        assert keys.current == Key("e1", bytes(32))
        officer = here.inside("officer-of-keys", "privacy_officer")
        page = "/console/s/default/requests"
        officer.post(f"{page}/open", page, kind="access", law="gdpr", email="ada@example.com")
        with here.house.store.read() as connection:
            [request] = requests.listed(connection, "default")
        assert pseudonym(keys.current, "email", "ada@example.com") in request.forms.ids
        assert not (tmp_path / "data" / "keys" / "pii.json").exists()


def test_before_the_workers_start_the_link_is_offered(tmp_path: Path) -> None:
    prepare_console(Settings(data=str(tmp_path / "data")))
    assert first_run.read(tmp_path / "data")


def test_a_store_that_cannot_be_opened_is_said_and_no_more(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "consent.db").mkdir()
    with caplog.at_level(logging.ERROR):
        prepare_console(Settings(data=str(tmp_path)))
    assert "cannot use its store" in caplog.text


def test_a_form_of_the_operators_needs_its_token(here: Office) -> None:
    admin = here.inside("op-csrf", "admin")
    assert admin.send("/console/sources", {"id": "forged"}).status_code == 403
    token = csrf_of(admin.get("/console/sources"))
    assert admin.send("/console/sources", {"csrf": token, "id": "meant"}).status_code == 303
    assert "forged" not in admin.get("/console/sources").text
