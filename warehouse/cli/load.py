"""`firsthand load`: the loader, for ever or once."""

import signal
import sys
import threading
import time
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

    bar = Progress(as_json)
    loader = Loader(loader_config(found), store_config(found), bar.show)
    try:
        with store_errors("the events stay in the spool, because they cannot be loaded"):
            report = loader.run_once()
    finally:
        bar.close()
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


class Progress:
    """A progress bar on a terminal once loading takes longer than two seconds."""

    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet or not sys.stderr.isatty()
        self._started = time.monotonic()
        self._bar: Any = None
        self._task: Any = None
        self._done = 0

    def show(self, rows: int, left: int) -> None:
        """`rows` committed so far, `left` segments to go."""
        self._done += 1
        if self._quiet or (self._bar is None and time.monotonic() - self._started < 2):
            return
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        if self._bar is None:
            columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
            self._bar = Progress(*columns, console=Console(stderr=True))
            self._task = self._bar.add_task("loading", total=None)
            self._bar.start()
            self._first_left = left
        total = max(self._first_left, left, 1)
        self._bar.update(
            self._task,
            total=total,
            completed=total - left,
            description=f"{rows:,} events, {left} segments left",
        )

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()
