"""INSERT … ON CONFLICT, which SQLite and PostgreSQL spell alike and SQLAlchemy keeps in two places."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def upsert(connection: Connection, table: Table, rows: Sequence[dict[str, Any]], add: Sequence[str] = ()) -> None:
    """Insert rows, or replace what is not in the primary key; columns in `add` are added to what is there."""
    if not rows:
        return
    made = (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(table)
    keys = [column.name for column in table.primary_key.columns]
    changed = {
        name: (table.c[name] + made.excluded[name]) if name in add else made.excluded[name]
        for name in rows[0]
        if name not in keys
    }
    connection.execute(made.on_conflict_do_update(index_elements=keys, set_=changed), list(rows))
