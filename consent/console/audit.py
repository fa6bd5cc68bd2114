"""Every change that somebody makes in the console, written down in the transaction that makes it."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import JSON, Column, Connection, Double, Integer, MetaData, String, Table, insert

metadata = MetaData()
entries = Table(
    "console_audit",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("site", String(64)),
    Column("at", Double),
    Column("actor", String(300)),
    Column("action", String(64)),
    Column("target", String(300)),
    Column("detail", JSON),
)


def append(
    connection: Connection, site: str, actor: str, action: str, target: str, detail: Mapping[str, Any], now: float
) -> None:  # fmt: skip
    connection.execute(
        insert(entries).values(site=site, at=now, actor=actor, action=action, target=target, detail=dict(detail))
    )


def newest(connection: Connection) -> list[Any]:
    return list(connection.execute(entries.select().order_by(entries.c.seq.desc()).limit(100)))
