"""INSERT … ON CONFLICT, which SQLite and PostgreSQL spell alike and SQLAlchemy keeps in two places."""

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from sqlalchemy import Connection, Table


def insert(connection: Connection, table: Table) -> Any:
    """The INSERT of the database in use, which knows ON CONFLICT; a worker need not load the other one."""
    return import_module(f"sqlalchemy.dialects.{connection.dialect.name}").insert(table)


def upsert(connection: Connection, table: Table, rows: Sequence[dict[str, Any]], add: Sequence[str] = ()) -> None:
    """Insert rows, or replace what is not in the primary key; columns in `add` are added to what is there."""
    if not rows:
        return
    made = insert(connection, table)
    keys = [column.name for column in table.primary_key.columns]
    changed = {
        name: (table.c[name] + made.excluded[name]) if name in add else made.excluded[name]
        for name in rows[0]
        if name not in keys
    }
    connection.execute(made.on_conflict_do_update(index_elements=keys, set_=changed), list(rows))
