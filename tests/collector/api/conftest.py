"""A desk with some days of a site behind it, and a program with a token of each role."""

from collections.abc import Iterator

import pytest

from consent.console.roles import ROLES
from tests.collector.console.office import Office, office
from tests.consent.api.caller import Caller, caller
from tests.consent.console.seeds import some_weeks
from tests.consent.console.visitors import NOW


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("api")
    config = folder / "firsthand.toml"
    config.write_text('[[source]]\nid = "fixed"\nwrite_key = "fh_fixed"\n')
    with office(folder / "data", config) as made:
        some_weeks(made.house, NOW, days=1)
        yield made


@pytest.fixture(scope="module")
def roles(desk: Office) -> dict[str, Caller]:
    return {role: caller(desk, role.replace("_", "-"), role) for role in ROLES}
