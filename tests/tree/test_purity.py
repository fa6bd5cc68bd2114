"""The pure centre asks nobody for the time, for luck, for the environment or for a file. They come in as arguments."""

import ast
import json
import re
from collections.abc import Iterator

import pytest

from tests.tree.files import ending, read

PYTHON = ending(
    ".py", under=("collector/", "consent/", "warehouse/", "sdk-python/src/", "sdk-python-scrub/src/", "examples/")
)

# Files that may read the environment, and why nobody else can do it for them
READS_ENVIRONMENT = {
    "collector/settings.py": "the one reader of settings",
    "sdk-python/src/firsthand/settings.py": "the one reader of the SDK's settings",
    "collector/serve.py": "hands the settings to the worker processes, which inherit nothing else",
    "warehouse/cli/supervisor.py": "passes the environment on to child processes",
    "warehouse/cli/up.py": "passes PYTHONPATH on to the demo's order service",
}

PURE = [
    p
    for p in PYTHON
    if p.startswith(("collector/steps/", "collector/enrich/", "consent/pii/rules/", "sdk-python-scrub/src/"))
    or p
    in {
        "collector/context.py", "collector/dead.py", "collector/event.py", "collector/halves.py", "collector/known.py",
        "collector/loose.py",
        "collector/outcome.py", "collector/pipeline.py", "collector/protocol.py", "collector/row.py",
        "collector/shared.py",
        "consent/admin/simulate.py", "consent/canonical.py", "consent/decide.py", "consent/gate.py", "consent/heard.py",
        "consent/receipts.py", "consent/subjects.py", "consent/tokens.py", "consent/ledger/chain.py", 
        "consent/jurisdictions.py", "consent/merge.py", "consent/model.py",
        "consent/policy.py", "consent/pii/declared.py", "consent/rights/deadlines.py", "consent/rights/forms.py",
        "consent/pii/hashing.py", "consent/pii/urls.py",
        "consent/pii/actions.py", "consent/pii/checks.py", "consent/pii/firewall.py", "consent/pii/look.py",
        "consent/pii/model.py", "consent/pii/identifiers.py", "consent/pii/policy.py", "consent/pii/spelling.py",
        "warehouse/dedupe.py", "warehouse/schema.py",
        "sdk-python/src/firsthand/batch.py", "sdk-python/src/firsthand/event.py",
        "sdk-python/src/firsthand/gate.py", "sdk-python/src/firsthand/retry.py",
    }
]  # fmt: skip
NOT_PURE = {
    "collector/enrich/build_geo.py": "a program: it makes the database that is shipped",
    "collector/enrich/geo.py": "opens the database and sees when its file was replaced",
    "collector/enrich/__init__.py": "knows where the shipped database lies",
}

CLOCKS = {
    "time.time", "time.time_ns", "time.monotonic", "time.perf_counter", "time.sleep",
    "datetime.now", "datetime.utcnow", "datetime.today", "date.today",
}  # fmt: skip
WORLD = {"os", "sys", "io", "random", "secrets", "uuid", "socket", "subprocess", "threading", "tempfile", "shutil",
         "urllib.request", "http.client", "asyncio"}  # fmt: skip
READERS = {"open", "input", "print"}


def dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def uses_environment(tree: ast.AST) -> bool:
    names = {dotted(n) for n in ast.walk(tree) if isinstance(n, ast.Attribute | ast.Name)}
    return bool(names & {"os.environ", "os.getenv", "os.environb", "environ", "getenv"} - {"environ"})


def impurities(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (a.name for a in node.names if a.name in WORLD)
        elif isinstance(node, ast.ImportFrom) and node.module in WORLD:
            yield node.module
        elif isinstance(node, ast.Call):
            called = dotted(node.func)
            if called in READERS or any(called == c or called.endswith(f".{c}") for c in CLOCKS):
                yield f"{called}()"


@pytest.mark.parametrize("path", PYTHON)
def test_only_settings_read_the_environment(path: str) -> None:
    assert uses_environment(ast.parse(read(path))) == (path in READS_ENVIRONMENT), (
        f"{path}: take settings as arguments, or say in READS_ENVIRONMENT why not; take out what no longer reads it"
    )


@pytest.mark.parametrize("path", [p for p in PURE if p not in NOT_PURE])
def test_pure_modules_use_no_clock_no_luck_and_no_disk(path: str) -> None:
    assert sorted(set(impurities(ast.parse(read(path))))) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import time\ntime.time()", ["time.time()"]),
        ("from datetime import datetime\ndatetime.now()", ["datetime.now()"]),
        ("import random", ["random"]),
        ("from os import path", ["os"]),
        ("open('x')", ["open()"]),
        ("from datetime import UTC, datetime\ndatetime(2000, 1, 1, tzinfo=UTC)", []),
    ],
)
def test_what_counts_as_impure(source: str, found: list[str]) -> None:
    assert list(impurities(ast.parse(source))) == found


def test_exceptions_are_still_there() -> None:
    assert set(NOT_PURE) <= set(PURE)
    assert set(READS_ENVIRONMENT) <= set(PYTHON)


# ---- JavaScript: the compiler keeps the DOM out of the core; what the language itself offers is kept out here -------


@pytest.mark.parametrize("path", ending(".ts", under=("sdk-js/src/core/",)))
def test_the_core_takes_clock_and_luck_from_its_ports(path: str) -> None:
    code = re.sub(r"/\*.*?\*/|//[^\n]*", "", read(path), flags=re.S)
    assert (
        re.findall(r"\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bperformance\.|\bprocess\.|\bglobalThis\b", code)
        == []
    )


def test_the_core_is_compiled_without_a_platform() -> None:
    options = json.loads(read("sdk-js/tsconfig.core.json"))
    assert options["compilerOptions"]["types"] == []
    assert not any("dom" in lib.lower() for lib in options["compilerOptions"]["lib"])
    assert options["include"] == ["src/core"]
    assert "tsconfig.core.json" in json.loads(read("sdk-js/package.json"))["scripts"]["typecheck"]


def test_the_core_imports_only_itself() -> None:
    for path in ending(".ts", under=("sdk-js/src/core/",)):
        outside = [m for m in re.findall(r"""from ['"]([^'"]+)['"]""", read(path)) if not m.startswith("./")]
        assert outside == [], path
