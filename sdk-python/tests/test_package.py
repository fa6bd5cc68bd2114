"""The distribution: nothing but the standard library, Python 3.9 syntax, typed, small files, quick to import."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import firsthand

ROOT = Path(__file__).parent.parent
SOURCES = sorted((ROOT / "src" / "firsthand").rglob("*.py"))
README = (ROOT / "README.md").read_text()


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: p.name)
def test_every_file_is_python_39_one_idea_and_introduced(path: Path) -> None:
    tree = ast.parse(path.read_text(), feature_version=(3, 9))
    assert ast.get_docstring(tree)
    assert len(path.read_text().splitlines()) <= 400


def test_only_the_standard_library_is_imported() -> None:
    roots = set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                roots |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0
                roots.add(str(node.module).split(".")[0])
    assert roots - {"firsthand"} <= set(sys.stdlib_module_names)


def test_importing_brings_in_neither_http_nor_tls() -> None:
    code = "import sys, firsthand; print([m for m in ('http.client', 'ssl', 'gzip') if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "[]\n"


def test_the_version_is_one() -> None:
    declared = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(), re.M)
    assert declared
    assert declared[1] == firsthand.__version__


def test_typed() -> None:
    assert (ROOT / "src" / "firsthand" / "py.typed").exists()
    assert set(firsthand.__all__) <= set(dir(firsthand))


def test_every_module_is_on_the_code_map() -> None:
    for path in SOURCES:
        if path.name != "__init__.py":
            assert f"`{path.name}`" in README, path.name


def test_the_readmes_example_runs() -> None:
    blocks = re.findall(r"```python\n(.*?)```", README, re.S)
    assert blocks
    for block in blocks:
        compile(block, "README.md", "exec")
