"""A console for all tests of a module; tests use logins of their own."""

from collections.abc import Iterator

import pytest

from tests.consent.console.provider import provider
from tests.consent.console.visitors import NOW, Place, cheap_passwords, place

__all__ = ["provider"]


@pytest.fixture(scope="module", autouse=True)
def quick_hashes() -> Iterator[None]:
    """Argon2 with less memory; what it costs in earnest is test_passwords.py's business."""
    with cheap_passwords():
        yield


@pytest.fixture(scope="module")
def shared_place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with place(tmp_path_factory.mktemp("console")) as made:
        yield made


@pytest.fixture
def here(shared_place: Place) -> Place:
    shared_place.now = NOW
    return shared_place
