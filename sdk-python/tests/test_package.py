"""The distribution: nothing but the standard library, Python 3.9 syntax, typed, small files, quick to import."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from tests.contract.scripted import Scripted

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
        if path.parent.name == "integrations" or path.name == "pytest_plugin.py":
            continue  # imported only by who has the framework
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                roots |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0
                roots.add(str(node.module).split(".")[0])
    assert roots - {"firsthand"} <= set(sys.stdlib_module_names)


def test_integrations_import_their_framework_and_nothing_else() -> None:
    for path in (ROOT / "src" / "firsthand" / "integrations").glob("*.py"):
        named = {
            str(node.module).split(".")[0]
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.ImportFrom)
        }
        assert named - {"firsthand", *sys.stdlib_module_names} <= {path.stem, "asgiref"}


def bare(code: str, compiled: Path | None = None) -> str:
    """What an interpreter prints that has nothing but the standard library and this package.

    `compiled`: keep compiled modules there, as an installed package has them.
    """
    environ = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"} if compiled else dict(os.environ)
    command = [sys.executable, "-S", *(["-X", f"pycache_prefix={compiled}"] if compiled else []), "-c", code]
    return subprocess.run(command, cwd=ROOT / "src", env=environ, capture_output=True, text=True, check=True).stdout


def test_importing_takes_15_milliseconds_or_hardly_more_than_what_it_imports(tmp_path: Path) -> None:
    """The second, because this machine may be busy with other things: then all figures grow alike."""
    parts = "json, typing, threading, contextlib, datetime, enum, collections.abc, queue, zlib, atexit, contextvars"
    code = "import time; began = time.process_time(); import {}; print((time.process_time() - began) * 1000)"
    ours, theirs = [], []
    for _ in range(5):
        ours.append(float(bare(code.format("firsthand"), tmp_path)))
        theirs.append(float(bare(code.format(parts), tmp_path)))
    assert min(ours) <= 15 or min(ours) <= 2.5 * min(theirs)


def test_importing_brings_in_neither_http_nor_tls() -> None:
    heavy = ("http.client", "ssl", "gzip", "asyncio", "logging", "uuid", "decimal", "dataclasses", "random", "hashlib")
    code = f"import sys, firsthand; print([m for m in {heavy} if m in sys.modules])"
    found = bare(code)
    assert found == "[]\n"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The distribution as it would be uploaded, built from the sources as they are now."""
    folder = tmp_path_factory.mktemp("wheel")
    ignored = shutil.ignore_patterns("*.egg-info", "__pycache__", "build", "tests")
    shutil.copytree(ROOT, folder / "sdk", ignore=ignored)
    command = [
        sys.executable,
        "-c",
        f"import setuptools.build_meta as b; b.build_wheel({str(folder)!r}); b.build_sdist({str(folder)!r})",
    ]
    subprocess.run(command, cwd=folder / "sdk", capture_output=True, check=True)
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_is_small_and_whole(wheel: Path) -> None:
    assert wheel.stat().st_size <= 60_000
    (source,) = wheel.parent.glob("*.tar.gz")  # it carries the text of the licence, the wheel the licence's name
    with tarfile.open(source) as archive:
        text = archive.extractfile(f"{source.name[:-7]}/LICENSE")
        assert text is not None and text.read() == (ROOT / "LICENSE").read_bytes()
    assert b"License: Apache-2.0" in zipfile.ZipFile(wheel).read("firsthand-0.1.0.dist-info/METADATA")
    inside = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert inside == {"firsthand/py.typed", *(str(p.relative_to(ROOT / "src")) for p in SOURCES)}


def test_the_wheel_works_and_its_lines_are_those_of_the_sources(
    wheel: Path, tmp_path: Path, collector: Scripted
) -> None:
    command = [sys.executable, str(ROOT / "tests" / "smoke.py"), collector.endpoint, str(tmp_path / "spool")]
    environ = {**os.environ, "PYTHONPATH": str(wheel)}
    subprocess.run(command, env=environ, check=True, capture_output=True, timeout=60)
    with zipfile.ZipFile(wheel) as archive:
        for path in SOURCES:
            packed = archive.read(str(path.relative_to(ROOT / "src"))).decode()
            lines, source = packed.split("\n"), path.read_text().split("\n")
            assert len(lines) == len(source)
            assert all(kept.rstrip('"') in line for kept, line in zip(lines, source)), path


def test_the_version_is_one() -> None:
    declared = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(), re.M)
    assert declared
    assert declared[1] == firsthand.__version__


def test_typed() -> None:
    assert (ROOT / "src" / "firsthand" / "py.typed").exists()
    assert all(hasattr(firsthand, name) for name in firsthand.__all__)
    assert not hasattr(firsthand, "no such thing")


def test_every_module_is_on_the_code_map() -> None:
    for path in SOURCES:
        if not path.name.startswith("__"):
            assert f"`{path.name}`" in README, path.name


def test_the_readmes_example_runs() -> None:
    blocks = re.findall(r"```python\n(.*?)```", README, re.S)
    assert blocks
    for block in blocks:
        compile(block, "README.md", "exec")
