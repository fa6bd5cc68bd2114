"""`firsthand doctor`: is everything well, and if not, what to do."""

import sys
from pathlib import Path

import click

from warehouse.cli.common import EXIT_PROBLEM, options, print_json, settings

COLOURS = {"ok": "green", "warn": "yellow", "fail": "red"}


@click.command(epilog="Examples:\n\n  firsthand doctor\n\n  firsthand doctor --json")
@options
def doctor(data: str | None, config: Path | None, as_json: bool) -> None:
    """Check configuration, disk, spool, catalog, bucket, geo database, clock and key file.

    Ends with exit code 1 if anything fails. It writes only one small probe, which it deletes.
    """
    found = settings(config, data)
    from warehouse.cli.checks import FAIL, run

    findings = []
    for finding in run(found, config):
        findings.append(finding)
        if not as_json:
            click.echo(
                f"{click.style(finding.state.ljust(4), fg=COLOURS[finding.state])}  {finding.check:<8} {finding.text}"
            )
            if finding.todo:
                click.echo(f"{'':15}→ {finding.todo}")
    if as_json:
        print_json([finding._asdict() for finding in findings])
    sys.exit(EXIT_PROBLEM if any(finding.state == FAIL for finding in findings) else 0)
