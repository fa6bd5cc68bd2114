"""`firsthand maintain`: one round of upkeep now."""

from functools import partial
from pathlib import Path
from typing import Any

import click
import msgspec

from collector.settings import Settings
from warehouse.cli.common import maintain_config, need_data, options, print_json, settings, store_config, store_errors
from warehouse.cli.progress import Tell, erasing, progress


@click.command(epilog="Examples:\n\n  firsthand maintain\n\n  firsthand maintain --purge --json\n\n"
               "  firsthand maintain --erase")  # fmt: skip
@click.option("--compact", "do_compact", is_flag=True, help="Rewrite finished days into few sorted files.")
@click.option("--expire", "do_expire", is_flag=True, help="Take old snapshots out of the metadata.")
@click.option("--purge", "do_purge", is_flag=True, help="Delete files that nothing refers to any more.")
@click.option("--erase", "do_erase", is_flag=True,
              help="Erase everybody whose request is verified; never unless it is named.")  # fmt: skip
@options
def maintain(
    do_compact: bool, do_expire: bool, do_purge: bool, do_erase: bool,
    data: str | None, config: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """One round of upkeep: compact, expire, purge, or those that are named. Safe beside a running loader.

    A file is deleted once it was seen unreferred for orphan_grace_seconds: the first round notes it, a later one
    deletes it.
    """
    found = settings(config, data)
    need_data(found, found.catalog_uri)
    from warehouse.maintain import Maintainer

    if not (do_compact or do_expire or do_purge or do_erase):
        do_compact = do_expire = do_purge = True
    erased = []
    with store_errors("upkeep failed"), progress("looking at the tables", as_json) as tell:
        if do_erase:
            erased = _erase(found, tell)
        upkeep = Maintainer(maintain_config(found), store_config(found))
        done = upkeep.run_once(do_compact, do_expire, do_purge, tell)
    if as_json:
        print_json(msgspec.to_builtins(done) | {"erased": [document["request"] for document in erased]})
        return
    lines = [
        *(f"request {document['request']}: erased and certified" for document in erased),
        *(f"{name}: {what.days} days compacted, {what.files_before} files → {what.files_after}, "
          f"{what.repeats} repeats out" for name, what in done.compacted.items() if what.days),
        *(f"events for {name}: {count} deleted, their days are over" for name, count in done.retained.items()),
        *(f"{name}: {count} snapshots expired" for name, count in done.expired.items() if count),
        *(f"{name}: {gone.files} files ({gone.bytes:,} bytes) deleted, {gone.waiting} wait for their grace to pass"
          for name, gone in done.purged.items() if gone.files or gone.waiting),
    ]  # fmt: skip
    click.echo("\n".join(lines) or "nothing to do")


def _erase(found: Settings, tell: Tell) -> list[dict[str, Any]]:
    from warehouse.cli.nightly import erase_waiting
    from warehouse.cli.work import load_spool

    on_step, on_file = erasing(tell, found.erase_grace_seconds)
    return erase_waiting(found, load=partial(load_spool, found), on_step=on_step, on_file=on_file)
