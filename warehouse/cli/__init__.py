"""The command `firsthand`. It wires things together and decides nothing.

Commands are imported when they are called, so that `firsthand --help` needs neither DuckDB nor pyiceberg.
"""

import os
from importlib import import_module
from typing import Final

import click

from collector.processes import leave_no_core

COMMANDS: Final = {
    "up": ("warehouse.cli.up:up", "Run everything: collector workers and loader."),
    "serve": ("warehouse.cli.serve:serve", "Run collector workers only."),
    "load": ("warehouse.cli.load:load", "Load the spool into the tables, for ever or once."),
    "maintain": ("warehouse.cli.maintain:maintain", "Compact closed days, expire snapshots, purge files."),
    "query": ("warehouse.cli.query:query", "Run one SQL query over the tables."),
    "shell": ("warehouse.cli.shell:shell", "An interactive SQL shell over the tables."),
    "keys": ("warehouse.cli.keys:keys", "List, rotate and retire the keys of the pseudonyms."),
    "dsr": ("warehouse.cli.dsr:dsr", "Requests of people: access, export, restriction, erasure."),
    "source": ("warehouse.cli.source:source", "Add, list, rotate and pause sources (write keys)."),
    "consent": ("warehouse.cli.consent:consent", "Policies, the map of events, the ledger of receipts."),
    "admin": ("warehouse.cli.admin:admin", "Tokens of the admin API."),
    "config": ("warehouse.cli.config:config", "Show the settings in force, secrets hidden."),
    "doctor": ("warehouse.cli.doctor:doctor", "Check the installation and say what to do."),
}


class Commands(click.Group):
    """A group that knows its commands' names and one-line texts without importing them."""

    def list_commands(self, context: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module, attribute = COMMANDS[name][0].split(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="firsthand-server", prog_name="firsthand")
def main() -> None:
    """Firsthand: first-party behaviour events, with consent, in Iceberg tables that you own.

    \b
    firsthand up                                   start collector and loader
    firsthand source add shop                      make a write key
    firsthand query "select count(*) from events"  look at what came in
    firsthand doctor                               check everything

    All that is written lives below one directory (--data, default .firsthand).
    """
    os.umask(0o077)  # whatever a command writes is for its owner only
    leave_no_core()


__all__ = ["COMMANDS", "main"]
