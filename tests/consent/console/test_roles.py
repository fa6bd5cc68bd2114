"""The table permission × role."""

import json

import pytest

from consent.console.i18n import LANGUAGES, OWN
from consent.console.roles import PERMISSIONS, ROLES, may


def test_every_permission_is_somebodys_and_every_role_has_some() -> None:
    assert all(PERMISSIONS.values())
    assert set().union(*PERMISSIONS.values()) == set(ROLES)


def test_nobody_drafts_and_approves_by_one_role() -> None:
    assert not PERMISSIONS["policy.edit"] & PERMISSIONS["policy.publish"]


def test_an_administrator_reads_nothing_about_people() -> None:
    for permission in ("ledger.view", "ledger.export", "people.view", "people.withdraw", "policy.edit"):
        assert not may(["admin"], permission)


def test_auditor_and_viewer_change_nothing() -> None:
    changes = [p for p in PERMISSIONS if p.endswith((".edit", ".publish", ".rotate", ".withdraw", ".manage"))]
    assert len(changes) == 9
    assert not any(may(["auditor", "viewer"], permission) for permission in changes)


def test_roles_add_up_and_an_unknown_permission_is_a_mistake() -> None:
    assert may(["approver", "admin"], "policy.publish") and may(["approver", "admin"], "users.manage")
    assert not may([], "overview.view")
    with pytest.raises(KeyError):
        may(["admin"], "policy.eat")


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_have_words(language: str) -> None:
    words = json.loads((OWN / f"{language}.json").read_text("utf-8"))
    assert {f"role.{r}" for r in ROLES} | {f"role.{r}.hint" for r in ROLES} <= words.keys()
    assert {f"permission.{p}" for p in PERMISSIONS} == {k for k in words if k.startswith("permission.")}
