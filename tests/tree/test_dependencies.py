"""Each direct dependency has a reason in CONTRIBUTING.md and a pinned version; none of them an address."""

import ast
import json
import re
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, distribution, packages_distributions

import pytest
from packaging.requirements import Requirement

from tests.tree.files import cells, ending, read

PROJECT = tomllib.loads(read("pyproject.toml"))["project"]
PYTHON = {"": PROJECT["dependencies"], **PROJECT["optional-dependencies"]}
NODE = json.loads(read("package.json"))
WORKSPACES = {path: json.loads(read(path)) for path in ending("package.json")}


def name_of(requirement: str) -> str:
    """`pyiceberg[sql-sqlite]==0.12.0` → `pyiceberg`."""
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found
    return canonical(found[0])


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pins() -> dict[str, str]:
    lines = [line for line in read("constraints.txt").splitlines() if line and not line.startswith("#")]
    return {canonical(name): version for name, _, version in (line.partition("==") for line in lines)}


DIRECT = [name_of(r) for group in PYTHON.values() for r in group]
JAVASCRIPT = sorted(
    {
        name
        for package in WORKSPACES.values()
        for key in ("dependencies", "devDependencies", "peerDependencies", "optionalDependencies")
        for name in package.get(key, {})
    }
)


def test_contributing_says_why_and_nothing_else() -> None:
    tables = read("CONTRIBUTING.md").partition("## Dependencies")[2].partition("## Versions")[0]
    assert cells(tables) == set(DIRECT) | set(JAVASCRIPT)
    reasons = [line.split("|")[2].strip() for line in tables.splitlines() if line.startswith("| `")]
    assert [r for r in reasons if len(r) < 7] == []


@pytest.mark.parametrize("name", DIRECT)
def test_version_is_pinned(name: str) -> None:
    assert name in pins(), f"add {name} with its version to constraints.txt"


def test_pins_agree_with_the_project() -> None:
    exact = [r.partition("==") for group in PYTHON.values() for r in group if "==" in r]
    assert [r for r in exact if pins()[name_of(r[0])] != r[2]] == []


def test_constraints_are_versions_only() -> None:
    lines = [line for line in read("constraints.txt").splitlines() if line and not line.startswith("#")]
    assert [line for line in lines if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.!+]+", line)] == []


def test_javascript_is_pinned_and_locked_by_hash() -> None:
    for path, package in WORKSPACES.items():
        for key in ("dependencies", "devDependencies"):
            exact = re.compile(r"\d+\.\d+\.\d+(-\d+)?|\*|file:.*")
            ranges = {n: v for n, v in package.get(key, {}).items() if not exact.fullmatch(v)}
            assert ranges == {}, path
    locked = json.loads(read("package-lock.json"))["packages"]
    packages = {p: entry for p, entry in locked.items() if p.startswith("node_modules/") and not entry.get("link")}
    assert packages
    assert [p for p, entry in packages.items() if "integrity" not in entry and not entry.get("inBundle")] == []
    assert [p for p, entry in locked.items() if "://" in entry.get("resolved", "")] == []


def test_sdks_need_nothing_at_run_time() -> None:
    for path in ("sdk-python/pyproject.toml", "sdk-python-scrub/pyproject.toml"):
        assert tomllib.loads(read(path))["project"]["dependencies"] == [], path
    for path in ("sdk-js/package.json", "sdk-miniprogram/package.json"):
        assert not WORKSPACES[path].get("dependencies"), path


def test_one_number_for_all_that_is_released_together() -> None:
    versions = {
        "pyproject.toml": PROJECT["version"],
        "sdk-python/pyproject.toml": tomllib.loads(read("sdk-python/pyproject.toml"))["project"]["version"],
        "sdk-python-scrub/pyproject.toml": tomllib.loads(read("sdk-python-scrub/pyproject.toml"))["project"]["version"],
        "sdk-js/package.json": WORKSPACES["sdk-js/package.json"]["version"],
        "sdk-miniprogram/package.json": WORKSPACES["sdk-miniprogram/package.json"]["version"],
    }
    assert len(set(versions.values())) == 1, versions
    assert f"[{PROJECT['version']}]" in read("CHANGELOG.md") or "[Unreleased]" in read("CHANGELOG.md")


# ---- what is installed is what is asked for -------------------------------------------------------------------------

# Imported because another package hands it to us: module → why it is no dependency of its own
HANDED = {
    "requests": "pyiceberg's REST catalog is built on its sessions, and we put time limits on them",
    "joserfc": "Authlib's lower half: keys and tokens",
    "markupsafe": "Jinja2's mark of what is escaped already",
    "botocore": "boto3's lower half: its configuration and its errors",
}
OF_OTHER_SYSTEMS = {"colorama", "tzdata", "win32-setctime", "pywin32", "exceptiongroup", "tomli", "async-timeout"}


def needed(requirements: list[str]) -> set[str]:
    """Distributions that pip would install for these, as far as they are installed here."""
    found: set[str] = set()
    seen: set[tuple[str, str]] = set()
    open_ = [Requirement(r) for r in requirements]
    while open_:
        requirement = open_.pop()
        name = canonical(requirement.name)
        found.add(name)
        try:
            asks = [Requirement(r) for r in distribution(name).requires or []]
        except PackageNotFoundError:
            continue  # for another system, or not installed with this extra
        for extra in ("", *requirement.extras):
            if (name, extra) not in seen:
                seen.add((name, extra))
                open_ += [r for r in asks if r.marker is None or r.marker.evaluate({"extra": extra})]
    return found


def test_everything_pinned_is_asked_for() -> None:
    """A pin that nothing leads to was installed by hand here, and is missing on a fresh machine."""
    everything = [r for group in PYTHON.values() for r in group]
    assert set(pins()) - needed(everything) - OF_OTHER_SYSTEMS == set()


def test_everything_installed_for_the_application_is_pinned() -> None:
    assert needed(PROJECT["dependencies"]) - set(pins()) - OF_OTHER_SYSTEMS == set()


def test_imports_of_the_application_are_its_own_dependencies() -> None:
    owners = packages_distributions()
    direct = {name_of(r) for r in PROJECT["dependencies"]} | {name_of(r) for r in PYTHON["geo"]} | set(HANDED)
    foreign = {}
    for path in ending(".py", under=("collector/", "consent/", "warehouse/")):
        for node in ast.walk(ast.parse(read(path))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) and node.module and not node.level else []
            for top in {name.split(".")[0] for name in names} - sys.stdlib_module_names:
                if top not in ("collector", "consent", "warehouse"):
                    foreign[top] = {canonical(d) for d in owners.get(top, [top])}
    assert {top for top, by in foreign.items() if not by & direct} == set()
    assert set(HANDED) <= set(foreign)
