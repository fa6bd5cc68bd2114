"""What a command is doing and how far it is, on one line, for whoever waits at a terminal.

On standard error and gone in the end, so that what a command prints is the same with and without it. Programs
(`--json`) and files are told nothing.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, Protocol


class Tell(Protocol):
    """What is being done now (still the same if empty), and how much of how much, if that is known."""

    def __call__(self, doing: str = "", done: int = 0, total: int | None = None) -> None: ...


@contextmanager
def progress(doing: str, quiet: bool) -> Iterator[Tell]:
    """Shown while the block runs, unless it is to be `quiet` or nobody looks on."""
    if quiet or not sys.stderr.isatty():
        yield lambda doing="", done=0, total=None: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        shown.add_task(doing, total=None)
        [task] = shown.tasks

        def tell(doing: str = "", done: int = 0, total: int | None = None) -> None:
            # Not by update(): it cannot forget a total, and stops the clock when one is reached
            task.description, task.completed, task.total = doing or task.description, done, total

        yield tell


# The steps of an erasure (warehouse/cli/erasing.py, warehouse/erase/run.py)
_ERASING: Final = {
    "suppress": "keeping new events out", "ledger": "emptying the ledger", "drain": "loading what waits",
    "rewrite": "rewriting files", "swap": "putting them in place", "known": "listing what was there",
    "expire": "expiring snapshots", "purge": "looking for files of nobody", "delete": "deleting files",
    "scan": "searching what is left", "finish": "finishing", "certificate": "signing the certificate",
}  # fmt: skip


def erasing(tell: Tell, grace: float) -> tuple[Callable[[str], None], Callable[[int, int], None]]:
    """`on_step` and `on_file` of an erasure (warehouse.erase.Erasure), which waits `grace` seconds for readers."""

    def on_step(step: str) -> None:
        waits = f", then {grace:g} s for readers that have begun" if step == "expire" and grace else ""
        tell(_ERASING.get(step, step) + waits)

    return on_step, lambda n, of: tell(done=n, total=of)
