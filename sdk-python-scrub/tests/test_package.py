"""The distribution: nothing but the standard library, from Python 3.9 on, typed, introduced."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest
from interpreters import interpreters

ROOT = Path(__file__).parent.parent
SOURCES = sorted((ROOT / "src" / "firsthand_scrub").glob("*.py"))

SMOKE = """
from firsthand_scrub import scrub
told = {"note": "write to ada@example.com or call 13800138000", "contact": 13800138000, "id": "11010519491231002X"}
print(scrub({"event": "X", "properties": told, "context": {}})["properties"])
"""


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: p.name)
def test_every_file_is_python_39_introduced_and_imports_nothing_else(path: Path) -> None:
    tree = ast.parse(path.read_text(), feature_version=(3, 9))
    assert ast.get_docstring(tree)
    roots = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            roots |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            roots.add(str(node.module).split(".")[0])
    assert roots <= {"firsthand_scrub", *sys.stdlib_module_names}
    if not path.name.startswith("__"):
        assert f"`{path.name}`" in (ROOT / "README.md").read_text()


@pytest.mark.parametrize(("version", "program"), sorted(interpreters().items()))
def test_it_works_the_same_in_each_python(version: str, program: str) -> None:
    environ = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run([program, "-S", "-c", SMOKE], env=environ, capture_output=True, text=True, check=True)
    said = "{'note': 'write to :redacted or call :redacted', 'contact': ':redacted', 'id': ':redacted'}\n"
    assert done.stdout == said, version


def test_typed() -> None:
    assert (ROOT / "src" / "firsthand_scrub" / "py.typed").exists()
