"""Copies of others' browser files, taken from their npm packages: `python -m consent.console.vendor`.

They are in the repository so that a server needs no Node. A test compares each with its package, byte by byte; NOTICE
names the licences. Run this after changing a version in package.json, and commit what it wrote.
"""

import shutil
from pathlib import Path
from typing import Final

TARGET: Final = Path(__file__).parent / "static" / "vendor"
# file here → file in its package
COPIES: Final = {
    "htmx.min.js": "htmx.org/dist/htmx.min.js",
    "uPlot.iife.min.js": "uplot/dist/uPlot.iife.min.js",
    "uPlot.min.css": "uplot/dist/uPlot.min.css",
}


def copy(modules: Path) -> None:
    """Write all copies from a `node_modules`. Raises FileNotFoundError if `npm ci` was not run."""
    TARGET.mkdir(parents=True, exist_ok=True)
    for name, source in COPIES.items():
        shutil.copyfile(modules / source, TARGET / name)


if __name__ == "__main__":
    copy(Path("node_modules"))
