"""A desk for all tests of a module, and one for a single test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.collector.desk import NOW, Desk
from tests.collector.desk import desk as made


@pytest.fixture(scope="module")
def shared_desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with made(tmp_path_factory.mktemp("desk")) as found:
        yield found


@pytest.fixture
def desk(shared_desk: Desk) -> Desk:
    """A worker with one source, mode opt_out; tests of a module share it, so it says only what a request caused."""
    shared_desk.now = NOW
    return shared_desk


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """An empty data directory."""
    return tmp_path / "data"
