"""Some weeks of a site, and a program with a token of each role."""

from collections.abc import Iterator

import pytest

from consent.console.roles import ROLES
from tests.consent.api.caller import Caller, caller
from tests.consent.console.seeds import some_weeks
from tests.consent.console.visitors import NOW, Place, cheap_passwords, place


@pytest.fixture(scope="module")
def weeks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with cheap_passwords(), place(tmp_path_factory.mktemp("api"), sites=lambda: ("default", "other")) as made:
        some_weeks(made.house, NOW, days=3)
        yield made


@pytest.fixture(scope="module")
def roles(weeks: Place) -> dict[str, Caller]:
    return {role: caller(weeks, role.replace("_", "-"), role) for role in ROLES}


@pytest.fixture(scope="module")
def officer(roles: dict[str, Caller]) -> Caller:
    return roles["privacy_officer"]


@pytest.fixture(scope="module")
def approver(roles: dict[str, Caller]) -> Caller:
    return roles["approver"]
