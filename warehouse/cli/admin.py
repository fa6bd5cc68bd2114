"""`firsthand admin`: the tokens of the admin API, from the command line of whoever owns the machine."""

from pathlib import Path

import click
import msgspec

from warehouse.cli.common import options, print_json, settings
from warehouse.cli.consent import _admin, _store, known_store

ROLES = ("viewer", "analyst", "privacy_officer", "approver", "auditor", "admin")


@click.group(epilog="Examples:\n\n  firsthand admin token add reports --role viewer\n\n  firsthand admin token list")
def admin() -> None:
    """What opens the admin API (/v1/admin)."""


@admin.group(
    epilog="Examples:\n\n  firsthand admin token add reports --role viewer\n\n  firsthand admin token revoke reports"
)
def token() -> None:
    """Tokens: made and shown once, listed, taken back. What they do stands in the audit log under their name."""


@token.command(epilog="Examples:\n\n  firsthand admin token add reports --role viewer\n\n"
               "  firsthand admin token add ci --role privacy_officer --site shop --days 30 --json")  # fmt: skip
@click.argument("name")
@click.option("--role", "roles", type=click.Choice(ROLES), multiple=True, required=True, help="Repeat it.")
@click.option("--site", "sites", multiple=True, default=("*",), show_default="all", help="Repeat it.")
@click.option("--days", type=int, default=90, show_default=True, help="How long it is good, 366 at most.")
@options
def add(
    name: str, roles: tuple[str, ...], sites: tuple[str, ...], days: int, data: str | None, config: Path | None,
    as_json: bool,
) -> None:  # fmt: skip
    """Make a token called NAME and print it, the only time it is known."""
    from consent.api import tokens

    with _store(settings(config, data)) as store, store.write() as connection:
        made, secret = tokens.make(connection, _admin(), name, roles, sites, days)
    if as_json:
        print_json(msgspec.to_builtins(made) | {"token": secret})
    else:
        click.echo(secret)
        click.echo(f"good for {days} days; it is not shown again", err=True)


@token.command("list", epilog="Examples:\n\n  firsthand admin token list\n\n  firsthand admin token list --json")
@options
def list_(data: str | None, config: Path | None, as_json: bool) -> None:
    """All tokens that ever were, without their secrets."""
    from datetime import UTC, datetime

    from consent.api import tokens

    now = _admin().now
    with known_store(settings(config, data)) as store, store.read() as connection:
        found = tokens.listed(connection)
    if as_json:
        print_json(msgspec.to_builtins(found))
        return
    for one in found:
        state = "revoked" if one.revoked_at else "live" if one.live(now) else "expired"
        until = datetime.fromtimestamp(one.expires_at / 1000, UTC).date().isoformat()
        click.echo(f"{one.name:24} {state:8} until {until}  {', '.join(one.roles)}  {' '.join(one.sites)}")


@token.command(
    epilog="Examples:\n\n  firsthand admin token revoke reports\n\n  firsthand admin token revoke reports --json"
)
@click.argument("name")
@options
def revoke(name: str, data: str | None, config: Path | None, as_json: bool) -> None:
    """Take a token back. It opens nothing from the next request on."""
    from consent.api import tokens

    with known_store(settings(config, data)) as store, store.write() as connection:
        gone = tokens.revoke(connection, _admin(), name)
    if as_json:
        print_json(msgspec.to_builtins(gone))
    else:
        click.echo(f"{name} is revoked")
