"""One console with a site of three weeks, and somebody of each role, for the tests of a page."""

from collections.abc import Iterator

import pytest

from consent.console.roles import ROLES
from tests.consent.console.seeds import some_weeks
from tests.consent.console.visitors import NOW, Place, Visitor, cheap_passwords, place


@pytest.fixture(scope="package")
def weeks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with cheap_passwords(), place(tmp_path_factory.mktemp("weeks")) as made:
        some_weeks(made.house, NOW, days=4)
        yield made


@pytest.fixture(scope="package")
def people(weeks: Place) -> dict[str, Visitor]:
    return {role: weeks.inside(f"the-{role}", role) for role in ROLES}
