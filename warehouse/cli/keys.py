"""`firsthand keys`: the keys of the pseudonyms."""

import time
from functools import partial
from pathlib import Path

import click

from collector.settings import Settings
from warehouse.cli.common import fail, need_data, options, print_json, settings, store_config, store_errors
from warehouse.cli.progress import erasing, progress

NOTICED_SECONDS = 5.0  # until every worker has read the file again


@click.group(epilog="Examples:\n\n  firsthand keys list\n\n  firsthand keys rotate")
def keys() -> None:
    """The keys that turn addresses, numbers and ids into pseudonyms."""


@keys.command("list", epilog="Examples:\n\n  firsthand keys list\n\n  firsthand keys list --json")
@options
def list_(data: str | None, config: Path | None, as_json: bool) -> None:
    """The live keys by name, never their secrets."""
    found = settings(config, data)
    need_data(found, found.pii_keys or found.pii_key_command)
    _print(found, as_json)


@keys.command(epilog="Examples:\n\n  firsthand keys rotate\n\n  firsthand keys rotate --kid y2027 --json")
@click.option("--kid", default="", help="Name of the new key.  [default: the next number]")
@options
def rotate(kid: str, data: str | None, config: Path | None, as_json: bool) -> None:
    """Make a new current key. Running collectors take it within seconds; older keys still find people.

    A person seen before and after has two pseudonyms: a join over them ends here.
    """
    from collector.keys import pii_path
    from consent.pii import keys as stored

    found = settings(config, data)
    _in_the_file(found)
    try:
        stored.rotate(pii_path(found), kid)
    except stored.KeyFileError as error:
        fail(str(error))
    _print(found, as_json)


@keys.command(epilog="Examples:\n\n  firsthand keys retire k1 --yes\n\n  firsthand keys retire k1 --yes --json")
@click.argument("kid")
@click.option("--yes", is_flag=True, help="It cannot be undone; a backup of the file would undo it.")
@click.option("--grace", type=float, default=60.0, show_default=True, metavar="SECONDS",
              help="For readers of the tables, before files with pairs of the key are deleted.")  # fmt: skip
@options
def retire(kid: str, yes: bool, grace: float, data: str | None, config: Path | None, as_json: bool) -> None:
    """Destroy an old key: what it hashed is nobody's from then on, and cannot be found for an erasure either.

    Pairs that joined it with newer pseudonyms (pii_alias) go from the tables too. Killed or without the store, run it
    again.
    """
    from collector.keys import pii_path
    from consent.pii import keys as stored
    from warehouse.cli.erasing import unlink
    from warehouse.cli.work import load_spool
    from warehouse.erase import Erasure
    from warehouse.erase import job as jobs

    found = settings(config, data)
    _in_the_file(found)
    if not yes:
        fail(f"everything that {kid} hashed would be nobody's for ever; say --yes if you mean it")
    with progress("waiting until every worker has read the file again", as_json) as tell:
        try:
            if f"unlink-{kid}" not in jobs.unfinished(found.data_dir):
                stored.retire(pii_path(found), kid)
                # Written down at once: the key is gone, and whoever runs this again must find what is left to do
                jobs.save(found.data_dir, jobs.Job(f"unlink-{kid}", time.time_ns() // 1_000_000, [], [], kid=kid))
                time.sleep(NOTICED_SECONDS if grace else 0)
        except stored.KeyFileError as error:
            fail(str(error))
        with store_errors(f"{kid} is destroyed, but its pairs are still in the tables; run this again"):
            on_step, on_file = erasing(tell, grace)
            how = Erasure(found.data_dir, store_config(found), grace, load=partial(load_spool, found),
                          on_step=on_step, on_file=on_file)  # fmt: skip
            unlink(kid, how, time.time_ns() // 1_000_000)
    _print(found, as_json)


def _in_the_file(found: Settings) -> None:
    if found.pii_keys or found.pii_key_command:
        fail("the keys come from the settings (pii_keys or pii_key_command); change them where they are kept")
    need_data(found, None)


def _print(found: Settings, as_json: bool) -> None:
    from collector.keys import live_keys
    from consent.pii.keys import KeyFileError

    try:
        live = live_keys(found)
    except KeyFileError as error:
        fail(str(error))
    if as_json:
        print_json([{"kid": key.kid, "current": key is live.current} for key in live.all])
    else:
        for key in live.all:
            click.echo(f"{key.kid}{'  current' if key is live.current else ''}")
