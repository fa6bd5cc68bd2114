"""`firsthand shell`: interactive SQL over the same views, for the operator; not locked."""

import contextlib
from pathlib import Path
from typing import Any

import click

from warehouse.cli.common import options, settings, store_config, store_errors

BANNER = "Firsthand SQL (DuckDB). Tables: events, events_raw, bad_events. End statements with ;  \\q leaves."


@click.command(epilog="Example:\n\n  firsthand shell")
@options
def shell(data: str | None, config: Path | None, as_json: bool) -> None:
    """An interactive SQL shell. It sees the snapshot that was newest when it began; `\\r` takes the newest."""
    found = settings(config, data)
    from warehouse.query import Reader

    with contextlib.suppress(ImportError):  # line editing is a comfort
        import readline  # noqa: F401
    with store_errors("cannot read the tables"):
        reader = Reader(store_config(found), locked=False)
    click.echo(BANNER)
    buffer = ""
    while True:
        try:
            line = input("   ...> " if buffer else "firsthand> ")
        except (EOFError, KeyboardInterrupt):
            break
        if not buffer and line.strip() in ("\\q", "exit", "quit"):
            break
        if not buffer and line.strip() == "\\r":
            reader.close()
            reader = Reader(store_config(found), locked=False)
            continue
        buffer += line + "\n"
        if buffer.strip().endswith(";"):
            _run(reader, buffer)
            buffer = ""
    reader.close()


def _run(reader: Any, sql: str) -> None:
    import duckdb

    try:
        relation = reader.duck.sql(sql)
        if relation is not None:
            click.echo(str(relation))
    except duckdb.Error as error:
        click.echo(str(error), err=True)
