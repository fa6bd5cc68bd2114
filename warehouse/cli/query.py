"""`firsthand query`: one SQL query, read-only."""

import csv
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click

from warehouse.cli.common import need_data, options, print_json, settings, store_config, store_errors
from warehouse.cli.progress import progress

MAX_SHOWN = 200
MIN_COLUMN = 12


@click.command(
    epilog='Examples:\n\n  firsthand query "select event, count(*) from events group by 1 order by 2 desc"\n\n'
    '  firsthand query "select * from bad_events" --csv > bad.csv\n\n'
    "  echo 'select count(*) from events_raw' | firsthand query - --json"
)
@click.argument("sql")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV with a header line.")
@options
def query(sql: str, as_csv: bool, data: str | None, config: Path | None, as_json: bool) -> None:
    """Run one SQL query (DuckDB's dialect) and print its rows. SQL may be - for standard input.

    \b
    Tables: events      one row per event (exact)
            events_raw  the table as it is stored
            bad_events  events that were refused, and why
            pii_report  what the firewall did, by hour, source, field, class, action and rule
            deliveries  sessions: numbers that arrived, numbers that are missing
            lost        what devices say that they lost, by reason
    """
    if as_csv and as_json:
        raise click.UsageError("give --csv or --json, not both")
    found = settings(config, data)
    need_data(found, found.catalog_uri)
    text = sys.stdin.read() if sql == "-" else sql
    from warehouse.query import Reader

    with store_errors("cannot read the tables"), ExitStack() as stack:
        with progress("reading the tables", as_json):
            result = stack.enter_context(Reader(store_config(found))).query(text)
        if as_json:
            print_json(result.objects())
        elif as_csv:
            _csv(result)
        else:
            _table(result)


def _csv(result: Any) -> None:
    writer = csv.writer(sys.stdout)
    writer.writerow(result.columns)
    for row in _rows(result):
        writer.writerow(row)


def _table(result: Any) -> None:
    from rich.console import Console

    rows: list[list[str]] = []
    more = 0
    for row in _rows(result):
        if len(rows) < MAX_SHOWN:
            rows.append(["" if value is None else str(value) for value in row])
        else:
            more += 1
    console = Console(markup=False, highlight=False, width=None if sys.stdout.isatty() else 200)
    if _fits(result.columns, rows, console.width):
        from rich.table import Table

        table = Table(*result.columns)
        for cells in rows:
            table.add_row(*cells)
        console.print(table)
    else:
        _records(result.columns, rows)
    if more:
        click.echo(f"… {more} more rows; use --csv or --json for all", err=True)


def _rows(result: Any) -> Iterator[list[Any]]:
    """As lists, not objects: two columns may have one name."""
    from warehouse.query import plain

    for row in result:
        yield [plain(value) for value in row]


def _fits(columns: list[str], rows: list[list[str]], width: int) -> bool:
    """Whether a table can still be read: columns of words get at least twelve cells each, short ones what they need."""
    from rich.cells import cell_len

    needed = [min(MIN_COLUMN, max(map(cell_len, cells))) + 3 for cells in zip(columns, *rows, strict=True)]
    return sum(needed) < width


def _records(columns: list[str], rows: list[list[str]]) -> None:
    """One line a value, as psql shows rows that are too wide."""
    width = max(map(len, columns))
    for number, cells in enumerate(rows, 1):
        click.echo(f"── {number} ".ljust(width + 20, "─"))
        for name, value in zip(columns, cells, strict=True):
            click.echo(f"{name:<{width}}  {value}".rstrip())
    if not rows:
        click.echo("no rows")
