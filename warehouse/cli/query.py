"""`firsthand query`: one SQL query, read-only."""

import csv
import sys
from pathlib import Path
from typing import Any

import click

from warehouse.cli.common import options, print_json, settings, store_config, store_errors

MAX_SHOWN = 200


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
    found = settings(config, data)
    text = sys.stdin.read() if sql == "-" else sql
    from warehouse.query import Reader

    with store_errors("cannot read the tables"), Reader(store_config(found)) as reader:
        result = reader.query(text)
        if as_json:
            print_json(result.objects())
        elif as_csv:
            _csv(result)
        else:
            _table(result)


def _csv(result: Any) -> None:
    writer = csv.writer(sys.stdout)
    writer.writerow(result.columns)
    for row in result.objects():
        writer.writerow(row.values())


def _table(result: Any) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(*result.columns)
    rows = 0
    for row in result.objects():
        rows += 1
        if rows <= MAX_SHOWN:
            table.add_row(*("" if value is None else str(value) for value in row.values()))
    console = Console(markup=False, width=None if sys.stdout.isatty() else 200)
    console.print(table)
    if rows > MAX_SHOWN:
        click.echo(f"… {rows - MAX_SHOWN} more rows; use --csv or --json for all", err=True)
