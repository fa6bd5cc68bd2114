"""`firsthand load`: the loader, for ever or once."""

import signal
import threading
from pathlib import Path
from typing import Any

import click
import msgspec

from warehouse.cli.common import (
    loader_config,
    maintain_config,
    make_data,
    options,
    print_json,
    settings,
    store_config,
    store_errors,
)
from warehouse.cli.progress import progress


@click.command(epilog="Examples:\n\n  firsthand load\n\n  firsthand load --once --json")
@click.option("--once", is_flag=True, help="Load what is sealed now, print what was done, and end.")
@options
def load(once: bool, data: str | None, config: Path | None, as_json: bool) -> None:
    """Load the spool into the tables.

    Without --once it runs until SIGTERM or SIGINT, then loads what is sealed once more. Running two loaders on
    one spool is safe but gains nothing.
    """
    found = settings(config, data, lines=not once)
    make_data(found)
    if once:
        _once(found, as_json)
        return
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    from warehouse.loader import Loader
    from warehouse.losses import LossBook
    from warehouse.maintain import Maintainer

    loader = Loader(loader_config(found), store_config(found))
    upkeep = Maintainer(maintain_config(found), store_config(found))
    thread = threading.Thread(target=upkeep.run, args=(stop,), name="maintain", daemon=True)
    thread.start()
    from warehouse.cli import tasks

    threading.Thread(target=tasks.run, args=(found, stop), name="requests", daemon=True).start()
    if found.erase_at:
        from warehouse.cli import nightly

        threading.Thread(target=nightly.run, args=(found, stop), name="erase", daemon=True).start()
    book = LossBook(found.data_dir, store_config(found))
    threading.Thread(target=book.run, args=(stop, lambda: loader.total.commits), name="losses", daemon=True).start()
    loader.run(stop)
    loader.close()


def _once(found: Any, as_json: bool) -> None:
    from warehouse.loader import Loader

    with progress("loading", as_json) as tell:
        most = 0

        def on_progress(rows: int, left: int) -> None:
            nonlocal most
            most = max(most, left)
            tell(f"{rows:,} events, {left} segments left", most - left, most)

        loader = Loader(loader_config(found), store_config(found), on_progress)
        try:
            with store_errors("the events stay in the spool, because they cannot be loaded"):
                report = loader.run_once()
        finally:
            loader.close()
    if as_json:
        print_json(msgspec.to_builtins(report))
        return
    click.echo(
        f"{report.committed_events} events and {report.committed_bad} refused ones from {report.segments} segments; "
        f"{report.duplicates} repeats left out"
    )
    if report.damaged_frames or report.poison_rows or report.missing_segments:
        click.echo(
            f"attention: {report.damaged_frames} damaged frames (see quarantine/), {report.poison_rows} lines "
            f"that were no rows (see bad_events), {report.missing_segments} missing segments",
            err=True,
        )
