"""One office for the tests of a module."""

from collections.abc import Iterator

import pytest

from tests.collector.console.office import Office, office
from tests.consent.console.visitors import NOW, cheap_passwords


@pytest.fixture(scope="module")
def shared_office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("office")
    config = folder / "firsthand.toml"
    config.write_text('[[source]]\nid = "fixed"\nwrite_key = "fh_fixed"\n')
    with cheap_passwords(), office(folder / "data", config) as made:
        yield made


@pytest.fixture
def here(shared_office: Office) -> Office:
    shared_office.now = NOW
    return shared_office
