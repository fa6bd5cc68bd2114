"""The store: made by migrations, the same tables as the code says, safe to open by many at once."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from consent.store import Store, StoreError, open_store
from consent.store.revision import HEAD, alembic_config, current
from consent.store.tables import metadata, site


def test_migrations_make_the_tables_of_the_code(registry: Store) -> None:
    import consent.admin
    import consent.api.tables
    import consent.console.tables  # - modules with tables of their own are loaded
    import consent.rights.tables  # noqa: F401

    with registry.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_head_is_the_last_migration_and_there_is_one_line_of_them() -> None:
    script = ScriptDirectory.from_config(alembic_config())
    assert script.get_heads() == [HEAD]


def test_many_processes_may_make_it_at_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'c.db'}"
    program = f"from consent.store import open_store; open_store({url!r})"
    running = [subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE) for _ in range(2)]
    for process in running:
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors.decode()
    opened = open_store(url, migrate=False)
    assert current(opened.engine) == HEAD
    opened.close()


def test_a_store_of_a_newer_version_is_left_alone(sqlite_file: Store) -> None:
    with sqlite_file.write() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match="newer"):
        open_store(str(sqlite_file.engine.url))


@pytest.mark.parametrize("url", ["mysql://x/y", "not an address"])
def test_other_databases_are_refused(url: str) -> None:
    with pytest.raises(StoreError, match="sqlite:///"):
        open_store(url)


def test_a_block_that_raises_leaves_nothing(registry: Store, request: pytest.FixtureRequest) -> None:
    name = f"gone-{request.node.callspec.id}"
    with pytest.raises(RuntimeError), registry.write() as connection:
        connection.execute(site.insert().values(id=name, created_at=0, revision=0))
        raise RuntimeError
    with registry.read() as connection:
        assert connection.execute(sa.select(site).where(site.c.id == name)).all() == []


def test_sqlite_is_durable_and_overwrites_what_is_deleted(sqlite_file: Store) -> None:
    with sqlite_file.read() as connection:
        found = [
            connection.exec_driver_sql(f"PRAGMA {p}").scalar() for p in ("journal_mode", "synchronous", "secure_delete")
        ]
    assert found == ["wal", 2, 1]


def test_a_reader_does_not_wait_for_a_writer(sqlite_file: Store) -> None:
    with sqlite_file.write() as writing:
        writing.execute(site.insert().values(id="x", created_at=0, revision=0))
        with sqlite_file.read() as reading:
            assert reading.execute(sa.select(sa.func.count()).select_from(site)).scalar() == 0
        raw = sqlite3.connect(str(sqlite_file.engine.url.database), timeout=0)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            raw.execute("BEGIN IMMEDIATE")
        raw.close()
