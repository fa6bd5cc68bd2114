"""The store of consent: policies, the ledger and what follows from it, in SQLite or PostgreSQL.

    store = open_store("sqlite:////srv/firsthand/consent.db")     # makes and migrates it
    with store.write() as connection: …                           # one transaction; one writer at a time in SQLite
    with store.read() as connection: …

SQLite runs in WAL mode, so readers never wait for the writer. A commit is on the disk before it returns
(`synchronous=FULL`): a receipt that was answered must survive power loss. `secure_delete` overwrites what is deleted,
so that an erased payload does not linger in free pages. A write transaction begins with the lock (`BEGIN IMMEDIATE`),
because one that reads first and writes later could fail half-way in WAL mode.

PostgreSQL needs nothing but a database; several collectors may share it. Times are whole milliseconds since the epoch
in both, so that neither's idea of time zones matters. Documents are canonical JSON as text, for the same reason.
"""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Engine, event

BUSY_SECONDS = 15.0
_WRITES = "firsthand_writes"


class StoreError(ValueError):
    """The store cannot be used; the message says what to do."""


class Store:
    """An open store. Connections are pooled; safe to share between threads."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.is_sqlite = engine.dialect.name == "sqlite"

    @contextlib.contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that will write: committed at the end, rolled back if the block raises."""
        with self._turn(), self.engine.connect() as plain:
            connection = plain.execution_options(**{_WRITES: True})
            with connection.begin():
                yield connection

    @contextlib.contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that only reads."""
        with self.engine.connect() as connection, connection.begin():
            yield connection

    @contextlib.contextmanager
    def _turn(self) -> Iterator[None]:
        """A place in the queue of writers. SQLite itself only lets them poll, and some then wait for very long."""
        if not self.is_sqlite or not self.engine.url.database:
            yield
            return
        fd = os.open(f"{self.engine.url.database}.turn", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX)
            yield
        finally:
            os.close(fd)

    def vacuum(self) -> None:
        """Give freed space back, so that nothing deleted is left in the database's files."""
        if self.is_sqlite:
            raw = self.engine.raw_connection()  # SQLAlchemy would begin a transaction, in which there is no VACUUM
            try:
                for statement in ("VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
                    raw.cursor().execute(statement)
            finally:
                raw.close()
            return
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for name in ("ledger_payload", "consent_state", "subject_link", "consent_change", "dsr_request"):
                connection.exec_driver_sql(f"VACUUM FULL {name}")
            connection.exec_driver_sql("CHECKPOINT")

    def close(self) -> None:
        self.engine.dispose()


def default_url(data_dir: Path) -> str:
    """The SQLite file below the data directory."""
    return f"sqlite:///{data_dir / 'consent.db'}"


def sqlite_path(url: str) -> Path | None:
    """The file of a SQLite address; None for another database."""
    parsed = _parsed(url)
    return Path(parsed.database) if parsed.get_backend_name() == "sqlite" and parsed.database else None


def open_store(url: str, migrate: bool = True) -> Store:
    """Open a store; with `migrate`, make or upgrade its tables first.

    Raises StoreError for an address that is no SQLite or PostgreSQL one, or a store made by a newer version.
    """
    parsed = _parsed(url)
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        engine = _sqlite(parsed)
    elif backend == "postgresql":
        engine = sa.create_engine(
            parsed,
            pool_pre_ping=True,
            pool_size=4,
            max_overflow=4,
            pool_timeout=BUSY_SECONDS,
            connect_args={"connect_timeout": 5},
        )
    else:
        raise StoreError(f"consent_store: {backend} is not supported; use sqlite:///… or postgresql+psycopg://…")
    store = Store(engine)
    if migrate:
        upgrade(store)
    return store


def upgrade(store: Store) -> None:
    """Bring the tables to the newest form. Several processes may do so at the same time."""
    from consent.store.revision import HEAD, current, migrate

    found = current(store.engine)
    if found == HEAD:
        return
    with _alone(store):
        found = current(store.engine)
        if found != HEAD:
            migrate(store.engine, found)


def _parsed(url: str) -> sa.URL:
    try:
        return sa.make_url(url)
    except sa.exc.ArgumentError:
        raise StoreError("consent_store is no database address; use sqlite:///… or postgresql+psycopg://…") from None


def _sqlite(url: sa.URL) -> Engine:
    if url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(url, connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def prepare(raw: Any, record: Any) -> None:
        raw.isolation_level = None  # we begin transactions ourselves, below
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON", "foreign_keys=ON"):
            raw.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get(_WRITES)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


@contextlib.contextmanager
def _alone(store: Store) -> Iterator[None]:
    """Hold the one lock for changes of the tables."""
    if store.is_sqlite:
        path = Path(f"{store.engine.url.database}.lock")
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX)
            yield
        finally:
            os.close(fd)
        return
    with store.engine.connect() as connection:
        connection.execute(sa.text("SELECT pg_advisory_lock(7315420011)"))
        try:
            yield
        finally:
            connection.execute(sa.text("SELECT pg_advisory_unlock(7315420011)"))
            connection.commit()
