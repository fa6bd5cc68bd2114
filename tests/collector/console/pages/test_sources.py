"""The page Sources: made, changed, rotated, paused, installed right."""

import re

import pytest

from collector.sources import read_stored
from tests.collector.console.conftest import here, shared_office
from tests.collector.console.office import Office
from tests.consent.console.visitors import Visitor

__all__ = ["here", "shared_office"]


@pytest.fixture(scope="module")
def admin(shared_office: Office) -> Visitor:
    return shared_office.inside("source-admin", "admin", "auditor")


def test_a_source_is_made_and_its_snippet_can_be_pasted(here: Office, admin: Visitor) -> None:
    made = admin.post("/console/sources", id="shop", kind="web", mode="opt_in", origins="https://shop.example\n\n",
                      query_params="q")  # fmt: skip
    assert made.headers["location"] == "/console/sources/shop?said=saved"
    stored = {s.id: s for s in read_stored(here.settings)}["shop"]
    assert (stored.mode, stored.origins, stored.query_params) == ("opt_in", ["https://shop.example"], ["q"])
    text = admin.get("/console/sources/shop").text
    assert f"data-write-key=&#34;{stored.write_key}&#34;" in text
    assert "http://console.test/sdk.js" in text
    assert "added a source" in admin.get("/console/s/default/audit?of=house").text


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"id": ""}, 422),
        ({"id": "a/b"}, 422),
        ({"id": "x" * 65}, 422),
        ({"id": "fixed"}, 422),
        ({"id": "kind", "kind": "toaster"}, 422),
        ({"id": "mode", "mode": "always"}, 422),
        ({"id": "origin", "origins": "shop.example"}, 422),
        ({"id": "origin", "origins": "https://shop.example/path"}, 422),
    ],
)
def test_what_cannot_be_a_source(here: Office, admin: Visitor, fields: dict[str, str], status: int) -> None:
    before = read_stored(here.settings)
    assert admin.post("/console/sources", **fields).status_code == status
    assert read_stored(here.settings) == before


def test_rotate_pause_and_change_are_written_down(here: Office, admin: Visitor) -> None:
    admin.post("/console/sources", id="moved")
    page = "/console/sources/moved"

    def stored() -> object:
        return {s.id: s for s in read_stored(here.settings)}["moved"]

    old = stored()
    admin.post(f"{page}/rotate", page)
    assert stored().write_key != old.write_key  # type: ignore[attr-defined]
    admin.post(f"{page}/state", page, state="paused")
    assert stored().state == "paused"  # type: ignore[attr-defined]
    admin.post(page, page, mode="exempt", origins="https://a.example")
    assert stored().mode == "exempt" and stored().state == "paused"  # type: ignore[attr-defined]
    assert admin.post(page, page, origins="nonsense").status_code == 422
    text = admin.get("/console/s/default/audit?of=house").text
    assert all(action in text for action in ("rotated a write key", "paused a source", "changed a source"))


def test_a_source_of_the_configuration_is_shown_and_left_alone(here: Office, admin: Visitor) -> None:
    page = "/console/sources/fixed"
    assert "firsthand.toml" in admin.get(page).text
    assert admin.post(f"{page}/rotate", "/console/sources").status_code == 404
    assert admin.get("/console/sources/none").status_code == 404


def test_the_verifier_says_what_is_wrong(here: Office, admin: Visitor) -> None:
    admin.post("/console/sources", id="checked", origins="http://127.0.0.1:9")
    answer = admin.post("/console/sources/checked/verify", "/console/sources/checked", address="http://127.0.0.1:9/")
    assert re.search(r'<li class="bad">.*cannot reach this page', answer.text, re.S)
    answer = admin.post(
        "/console/sources/checked/verify", "/console/sources/checked", address="http://169.254.169.254/"
    )
    assert "not among the source&#39;s allowed origins" in answer.text


def test_only_admins_see_forms(here: Office, admin: Visitor) -> None:
    analyst = here.inside("source-analyst", "analyst")
    admin.post("/console/sources", id="seen")
    for path in ("/console/sources", "/console/sources/seen"):
        assert analyst.get(path).text.count("<form") == admin.get("/console/account").text.count("<form") - 1
