"""What lies in the repository, for the tests of its rules."""

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@cache
def paths() -> tuple[str, ...]:
    """Every file that is in git or will be (new and not ignored), relative to the root."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    found = tuple(sorted(p for p in set(listed.split("\0")) if p and (ROOT / p).is_file()))
    assert "pyproject.toml" in found, "the rules are tested in a checkout"
    return found


def ending(*suffixes: str, under: tuple[str, ...] = ("",)) -> list[str]:
    """Paths with one of these endings, below one of these folders."""
    return [p for p in paths() if p.endswith(suffixes) and p.startswith(under)]


def read(path: str) -> str:
    return (ROOT / path).read_text("utf-8")


def is_text(path: str) -> bool:
    return b"\0" not in (ROOT / path).read_bytes()[:8192]


def module_of(path: str) -> str:
    """`collector/steps/gate.py` → `collector.steps.gate`; a package's file is the package."""
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def cells(markdown: str) -> set[str]:
    """What stands in backticks in the first column of the tables of a page."""
    found = set()
    for line in markdown.splitlines():
        first = line.split("|")[1].strip() if line.startswith("|") and line.count("|") > 1 else ""
        found |= {part.strip("`") for part in first.split(" · ") if part.startswith("`") and part.endswith("`")}
    return found
