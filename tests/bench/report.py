"""What was measured: one list of figures, printed as a table and kept as JSON."""

# ruff: noqa: E501 - request bodies and figures are clearest on one line

import json
import os
import platform
import time
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table


class Figure(msgspec.Struct):
    """One measured value. `target` is what it should reach, in words; `met` None where there is no target."""

    group: str
    name: str
    value: float
    unit: str
    target: str = ""
    met: bool | None = None
    detail: dict[str, Any] = {}


class Report:
    """Collects figures and writes them as they come, so that a broken run leaves what it measured."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.directory = directory
        self.figures: list[Figure] = []
        self._path = directory / f"bench-{time.strftime('%Y%m%d-%H%M%S')}.json"

    def add(self, figure: Figure) -> None:
        self.figures.append(figure)
        self._path.write_text(
            json.dumps({"machine": machine(), "figures": msgspec.to_builtins(self.figures)}, indent=1)
        )

    def show(self) -> None:
        table = Table(title=f"{machine()}")
        for column in ("group", "what", "value", "unit", "target", "met"):
            table.add_column(column)
        for f in self.figures:
            met = "" if f.met is None else "yes" if f.met else "NO"
            table.add_row(
                f.group, f.name, f"{f.value:,.3g}" if f.value < 1000 else f"{f.value:,.0f}", f.unit, f.target, met
            )
        Console(width=140).print(table)
        print(f"JSON: {self._path}")


def machine() -> str:
    """The class of machine, not its name."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()}, Python {platform.python_version()}, {time.strftime('%Y-%m-%d')}"
