"""Tests lie where their module does: collector/steps/gate.py is tested by tests/collector/steps/test_gate.py."""

import pytest

from tests.tree.files import ending, paths, read

# Modules that a test of another name covers, because only what they are part of can be seen to work
ELSEWHERE: dict[str, str] = {}

SOURCES = [
    p
    for p in ending(".py", under=("collector/", "consent/", "warehouse/"))
    if not p.endswith(("__init__.py", "__main__.py"))
]


def mirrored(path: str) -> str:
    folder, _, name = path.rpartition("/")
    return f"tests/{folder}/test_{name}"


@pytest.mark.parametrize("path", SOURCES)
def test_each_module_has_its_tests(path: str) -> None:
    where = ELSEWHERE.get(path, mirrored(path))
    assert where in paths(), (
        f"{path} is tested nowhere: write {mirrored(path)}, or say in ELSEWHERE which test shows it"
    )


def test_exceptions_are_still_needed() -> None:
    assert [p for p in ELSEWHERE if p not in SOURCES] == []
    assert [p for p in ELSEWHERE if mirrored(p) in paths()] == []


def test_each_test_file_belongs_to_something() -> None:
    """A module that was renamed takes its tests along."""
    packages = {p.rpartition("/")[0].rpartition("/")[2] for p in SOURCES}
    known = {mirrored(p) for p in SOURCES} | set(ELSEWHERE.values())
    known |= {f"tests/{f}/test_{f.rpartition('/')[2]}.py" for f in {p.rpartition("/")[0] for p in SOURCES}}
    lost = [
        p
        for p in ending(".py", under=("tests/collector/", "tests/consent/", "tests/warehouse/"))
        if p.rpartition("/")[2].startswith("test_")
        and p not in known
        and p.rpartition("/")[0].rpartition("/")[2] in packages
        and "def test_" in read(p)
    ]
    assert lost == []
