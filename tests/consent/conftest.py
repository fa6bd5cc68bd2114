"""One consent store of each kind for the session; tests keep apart by the names of their sites."""

import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
import sqlalchemy as sa

from consent.store import Store, open_store

_sites = count(1)


@pytest.fixture(scope="session")
def sqlite_consent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path_factory.mktemp('consent') / 'consent.db'}")
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def postgres_consent_url(postgres: str) -> str:
    """A database of its own in the session's PostgreSQL."""
    name = f"consent_{os.getpid()}"
    engine = sa.create_engine(postgres, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return postgres.rpartition("/")[0] + f"/{name}"


@pytest.fixture(scope="session")
def postgres_consent(postgres_consent_url: str) -> Iterator[Store]:
    opened = open_store(postgres_consent_url)
    yield opened
    opened.close()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.stores)])
def registry(request: pytest.FixtureRequest) -> Store:
    """The same test on both databases."""
    found: Store = request.getfixturevalue(f"{request.param}_consent")
    return found


@pytest.fixture
def sqlite_file(tmp_path: Path) -> Iterator[Store]:
    """A SQLite store of the test's own."""
    opened = open_store(f"sqlite:///{tmp_path / 'own.db'}")
    yield opened
    opened.close()


@pytest.fixture
def site() -> str:
    """A site that no other test uses."""
    return f"site{next(_sites)}"
