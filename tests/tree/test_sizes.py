"""A file is one idea: never over 400 lines, mostly under 150."""

import pytest

from tests.tree.files import ending, read

SOURCES = (".py", ".ts", ".js", ".mjs", ".html", ".css", ".sh", ".lua", ".yaml")
MOST = 400
MOSTLY = 150
SHARE = 0.75

# Written by a program or given as data: path → why it may be long
EXEMPT: dict[str, str] = {}


def lines(path: str) -> int:
    return len(read(path).splitlines())


@pytest.mark.parametrize("path", [p for p in ending(*SOURCES) if p not in EXEMPT])
def test_no_file_is_over_400_lines(path: str) -> None:
    assert lines(path) <= MOST, f"{path} has {lines(path)} lines: it holds more than one idea; split it"


def test_most_files_are_under_150_lines() -> None:
    sizes = [lines(p) for p in ending(*SOURCES) if p not in EXEMPT]
    short = sum(size < MOSTLY for size in sizes)
    assert short >= SHARE * len(sizes), f"only {short} of {len(sizes)} files are under {MOSTLY} lines"


def test_exemptions_are_needed() -> None:
    assert [p for p in EXEMPT if lines(p) <= MOST] == []
