"""`firsthand shell`: interactive SQL over the same views, for the operator; not locked.

With --json it is for programs that keep one session open: no banner and no prompt, and each statement is answered with
one line, a list of objects or `{"error": …}`.
"""

import contextlib
import json
from pathlib import Path
from typing import Any

import click

from warehouse.cli.common import need_data, options, settings, store_config, store_errors
from warehouse.cli.progress import progress

BANNER = "Firsthand SQL (DuckDB). Tables: events, events_raw, bad_events. End statements with ;  \\q leaves."


@click.command(epilog="Examples:\n\n  firsthand shell\n\n  firsthand shell --json < statements.sql")
@options
def shell(data: str | None, config: Path | None, as_json: bool) -> None:
    """An interactive SQL shell. It sees the snapshot that was newest when it began; `\\r` takes the newest.

    With --json each statement is answered with one line, a list of objects.
    """
    found = settings(config, data)
    need_data(found, found.catalog_uri)
    from warehouse.query import Reader

    with contextlib.suppress(ImportError):  # line editing is a comfort
        import readline  # noqa: F401
    with store_errors("cannot read the tables"):
        reader = Reader(store_config(found), locked=False)
    if not as_json:
        click.echo(BANNER)
    buffer = ""
    while True:
        try:
            line = input("" if as_json else "   ...> " if buffer else "firsthand> ")
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
            _run(reader, buffer, as_json)
            buffer = ""
    reader.close()


def _run(reader: Any, sql: str, as_json: bool) -> None:
    import duckdb

    from warehouse.query import QueryError, Result

    try:
        with progress("reading the tables", as_json):
            relation = reader.duck.sql(sql)  # which reads when it is shown
            if as_json:
                shown = json.dumps([] if relation is None else Result(relation).objects(), ensure_ascii=False)
            else:
                shown = "" if relation is None else str(relation)
        if shown:
            click.echo(shown)
    except (duckdb.Error, QueryError) as error:
        if as_json:
            click.echo(json.dumps({"error": str(error)}, ensure_ascii=False))
        else:
            click.echo(str(error), err=True)
