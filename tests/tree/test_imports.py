"""Who may import whom: the contracts of import-linter hold, miss no module, and can be broken."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.tree.files import ROOT, ending, module_of, read

PACKAGES = ("collector", "consent", "warehouse")
SOURCES = ending(".py", under=tuple(f"{p}/" for p in PACKAGES))
CONTRACTS = tomllib.loads(read("pyproject.toml"))["tool"]["importlinter"]["contracts"]
# The layer above: it wires things together
WIRING = {"warehouse.cli"}

# What breaks each contract: a file and a line for it
BREAKS = {
    "warehouse above collector above consent": ("consent/decide.py", "import collector.row"),
    "of the collector the warehouse sees protocol, reasons, the spool's reader and what the loader writes down": (
        "warehouse/row.py",
        "import collector.settings",
    ),
    "only the command line wires things together": ("collector/app.py", "import click"),
    "the spool stands alone": ("collector/spool/reader.py", "import collector.settings"),
    "steps, enrichments, decisions and forms of an event know no server and no store": (
        "collector/steps/gate.py",
        "import starlette.requests",
    ),
    "rows become columns without a catalog": ("warehouse/row.py", "import pyiceberg"),
    "nothing imports the tests": ("collector/row.py", "import tests.stores"),
}


def lint(where: Path) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-cache"]
    return subprocess.run(program, cwd=where, capture_output=True, text=True)


def test_contracts_hold() -> None:
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("tree")
    for path in [*SOURCES, "pyproject.toml"]:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, root / path)
    return root


@pytest.mark.parametrize("contract", [c["name"] for c in CONTRACTS])
def test_each_contract_can_be_broken(contract: str, copy: Path) -> None:
    path, line = BREAKS[contract]
    kept = (copy / path).read_text()
    (copy / path).write_text(f"{kept}\n{line}\n")
    try:
        done = lint(copy)
    finally:
        (copy / path).write_text(kept)
    assert done.returncode == 1, done.stdout + done.stderr
    broken = " ".join(done.stdout.partition("Broken contracts")[2].split())
    assert " ".join(contract.split()) in broken


def test_modules_that_contracts_name_exist() -> None:
    modules = {module_of(path) for path in SOURCES}
    named = {m for c in CONTRACTS for key in ("source_modules", "forbidden_modules") for m in c.get(key, ())}
    assert {m for m in named if m.split(".")[0] in PACKAGES} <= modules


def test_no_module_of_the_warehouse_is_left_out() -> None:
    contract = next(c for c in CONTRACTS if "warehouse.loader" in c.get("source_modules", ()))
    parts = {".".join(module_of(p).split(".")[:2]) for p in SOURCES if p.startswith("warehouse/")}
    assert parts - {"warehouse"} - WIRING == set(contract["source_modules"])
