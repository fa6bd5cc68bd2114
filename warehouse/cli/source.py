"""`firsthand source`: who may send, under which write key."""

from pathlib import Path
from typing import Any

import click
import msgspec
from rich.cells import cell_len, set_cell_size

from collector import sources
from collector.context import WeChatApp
from collector.settings import Settings, SettingsError, load
from collector.sources import StoredSource
from warehouse.cli.common import make_data, options, print_json


@click.group(
    epilog="Examples:\n\n  firsthand source add shop --origin https://shop.example\n\n  firsthand source list --json"
)
def source() -> None:
    """Add, list, rotate and pause sources. A running collector takes a change over within a second.

    Sources in firsthand.toml ([[source]]) are listed too, but changed only there.
    """


@source.command(epilog="Examples:\n\n  firsthand source add shop --origin https://shop.example\n\n"
                "  firsthand source add orders --kind server --json")  # fmt: skip
@click.argument("name")
@click.option("--kind", type=click.Choice(sources.KINDS), default="web", show_default=True)
@click.option("--mode", type=click.Choice(["opt_in", "opt_out", "exempt"]), default=None,
              help="What no choice of the person means.  [default: the setting default_mode, opt_in]")  # fmt: skip
@click.option("--origin", "origins", multiple=True, help="Allowed browser origin; repeat it. None given: any.")
@click.option("--query-param", "params", multiple=True, help="Query parameter that page addresses may keep.")
@click.option("--hash-user-id/--keep-user-id", default=None, help="Store userId as a keyed pseudonym.")
@options
def add(
    name: str, kind: str, mode: str | None, origins: tuple[str, ...], params: tuple[str, ...],
    hash_user_id: bool | None, data: str | None, config: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Make a source called NAME and print its write key."""
    settings = load(config, data)
    make_data(settings)
    sources.check_id(name)
    sources.check_origins(origins)
    stored = sources.read_stored(settings)
    if any(s.id == name for s in [*stored, *sources.read_configured(config)]):
        raise SettingsError(f"there is a source {name} already; `firsthand source list` shows it")
    made = StoredSource(
        name, sources.new_write_key(), kind, mode, list(origins), hash_user_id=hash_user_id, query_params=list(params)
    )
    sources.write_stored(settings, [*stored, made])
    effective_mode = mode or settings.default_mode
    if as_json:
        print_json({"writeKey": made.write_key, "id": name, "kind": kind, "mode": effective_mode})
        return
    click.echo(made.write_key)
    if effective_mode == "opt_in":
        click.echo(
            "opt_in: events are kept only with context.consent.categoryPreferences; "
            "clients that send no consent need --mode opt_out",
            err=True,
        )


@source.command("list", epilog="Example:\n\n  firsthand source list --json")
@options
def list_(data: str | None, config: Path | None, as_json: bool) -> None:
    """All sources, with their keys."""
    settings = load(config, data)
    found = sources.resolve([*sources.read_configured(config), *sources.read_stored(settings)], settings).values()
    if as_json:
        print_json([_shown(s) for s in found])
        return
    if not found:
        click.echo("no source yet; `firsthand source add NAME` makes one", err=True)
    lines = [(s.id, s.write_key, s.kind, s.mode, s.state, ", ".join(s.origins) or "any origin") for s in found]
    widths = [max(map(cell_len, column)) for column in zip(*lines, strict=True)]  # a Chinese character takes two cells
    for line in lines:
        click.echo("  ".join(set_cell_size(word, width) for word, width in zip(line, widths, strict=True)).rstrip())


@source.command(epilog="Example:\n\n  firsthand source rotate shop")
@click.argument("name")
@options
def rotate(name: str, data: str | None, config: Path | None, as_json: bool) -> None:
    """Give NAME a new write key. The old one stops working within a second."""
    settings = load(config, data)
    made = _change(settings, config, name, write_key=sources.new_write_key())
    if as_json:
        print_json({"writeKey": made.write_key, "id": made.id})
    else:
        click.echo(made.write_key)


@source.command(
    short_help="Refuse NAME's events, or take them again.",
    epilog="Example:\n\n  firsthand source pause shop\n\n  firsthand source pause shop --resume",
)
@click.argument("name")
@click.option("--resume", is_flag=True, help="Take events again.")
@options
def pause(name: str, resume: bool, data: str | None, config: Path | None, as_json: bool) -> None:
    """Refuse NAME's events with 403 (clients stop sending), or take them again with --resume."""
    settings = load(config, data)
    made = _change(settings, config, name, state="live" if resume else "paused")
    if as_json:
        print_json({"id": made.id, "state": made.state})
    else:
        click.echo(f"{made.id} is {made.state}")


@source.command(short_help="Tell NAME which mini-program it is.",
                epilog="Examples:\n\n  firsthand source wechat mini --appid wx0123456789abcdef --secret-file FILE\n\n"
                "  firsthand source wechat mini --remove")  # fmt: skip
@click.argument("name")
@click.option("--appid", help="The mini-program's AppID.")
@click.option("--secret-file", type=click.File(), help="File that holds the AppSecret, or - to read it from stdin.")
@click.option("--remove", is_flag=True, help="Forget them: logins are answered 404.")
@options
def wechat(
    name: str, appid: str | None, secret_file: Any, remove: bool, data: str | None, config: Path | None, as_json: bool
) -> None:
    """Tell NAME which mini-program it is, so that the collector can exchange its login codes.

    The AppSecret is read from a file, because what stands on a command line is seen by every process.
    """
    settings = load(config, data)
    if not remove and not (appid and secret_file):
        raise SettingsError("give --appid and --secret-file, or --remove")
    app = None if remove or appid is None else WeChatApp(appid, secret_file.read().strip())
    made = _change(settings, config, name, wechat=app)
    if as_json:
        print_json({"id": made.id, "appid": app.appid if app else None})
    else:
        click.echo(f"{made.id} exchanges codes of {app.appid}" if app else f"{made.id} exchanges no codes")


def _change(settings: Settings, config: Path | None, name: str, **changes: Any) -> StoredSource:
    stored = sources.read_stored(settings)
    found = next((s for s in stored if s.id == name), None)
    if found is None:
        if any(s.id == name for s in sources.read_configured(config)):
            raise SettingsError(f"source {name} stands in the configuration file; change it there")
        raise SettingsError(f"there is no source {name}; `firsthand source list` shows what there is")
    changed = msgspec.structs.replace(found, **changes)
    sources.write_stored(settings, [changed if s.id == name else s for s in stored])
    return changed


def _shown(one: Any) -> dict[str, Any]:
    return {
        "id": one.id, "writeKey": one.write_key, "kind": one.kind, "mode": one.mode, "state": one.state,
        "origins": list(one.origins),
    }  # fmt: skip
