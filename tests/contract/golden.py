"""The golden vectors, read in place. `cases("gate")` gives the list of one file."""

import json
from pathlib import Path
from typing import Any

DIRECTORY = Path(__file__).parent / "vectors"


def load(name: str) -> dict[str, Any]:
    """The whole vector file `name` (without its ending)."""
    loaded: dict[str, Any] = json.loads((DIRECTORY / f"{name}.json").read_text())
    return loaded


def cases(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = load(name)["cases"]
    return found


def ids(name: str) -> list[str]:
    return [c["name"] for c in cases(name)]
