"""`firsthand config`: the settings in force."""

from pathlib import Path

import click

from collector.settings import misspelt
from warehouse.cli.common import options, print_json, settings


@click.command(epilog="Examples:\n\n  firsthand config --show\n\n  FIRSTHAND_PORT=9000 firsthand config --show --json")
@click.option("--show", is_flag=True, help="Show all settings (the default).")
@options
def config(show: bool, data: str | None, config: Path | None, as_json: bool) -> None:
    """Show the settings in force: defaults, then firsthand.toml, then FIRSTHAND_<SETTING>. Secrets are hidden."""
    values = settings(config, data).shown()
    for variable, meant in misspelt().items():
        click.echo(f"warning: {variable} is no setting and has no effect; is {meant} meant?", err=True)
    if as_json:
        print_json(values)
        return
    width = max(map(len, values))
    for name, value in values.items():
        click.echo(f"{name:<{width}}  {value}")
