"""The wheel has everything: it serves the web SDK with no checkout beside it, and no data file is left out."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from collector.routes.sdk import SCRIPTS
from tests.tree.files import ROOT, paths

PACKAGES = ("collector/", "consent/", "warehouse/")
# Serves what it finds beside its own code, and says where that is
PROGRAM = """
import sys, collector
from starlette.applications import Starlette
from starlette.testclient import TestClient
from collector.routes.sdk import SCRIPTS, dist, sdk_routes
client = TestClient(Starlette(routes=sdk_routes(dist())))
version = client.get("/sdk/manifest.json").json()["version"]
for name, path in SCRIPTS.items():
    for address in (path, f"/sdk/{version}/{name}.js"):
        answer = client.get(address)
        print(collector.__file__, answer.status_code, address, len(answer.content))
"""


def _built(source: Path, target: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index",
               "-w", str(target), str(source)]  # fmt: skip
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkout without what is not of it, so that nothing old is built in."""
    target = tmp_path_factory.mktemp("source")
    for path in paths():
        if path.startswith(PACKAGES) or path in ("pyproject.toml", "setup.py", "README.md", "LICENSE", "NOTICE"):
            (target / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / path, target / path)
    shutil.copytree(ROOT / "sdk-js" / "dist", target / "sdk-js" / "dist")
    return target


@pytest.fixture(scope="module")
def wheel(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("wheel")
    done = _built(source, target)
    assert done.returncode == 0, done.stderr
    (found,) = target.glob("*.whl")
    return found


def test_it_serves_the_web_sdk(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "installed")
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=tmp_path, env=environment | {"PYTHONPATH": str(tmp_path / "installed")},
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    answers = [line.split(" ") for line in done.stdout.splitlines()]
    assert len(answers) == 2 * len(SCRIPTS)
    for where, status, address, size in answers:
        assert where.startswith(str(tmp_path)), "it ran the checkout"
        assert status == "200", address
        script = next(name for name, path in SCRIPTS.items() if path == address or f"/{name}.js" in address)
        assert int(size) == (ROOT / "sdk-js" / "dist" / f"{script}.js").stat().st_size


def test_no_file_of_a_package_is_left_out(wheel: Path) -> None:
    inside = set(zipfile.ZipFile(wheel).namelist())
    left_out = [p for p in paths() if p.startswith(PACKAGES) and p not in inside]
    assert [p for p in left_out if not p.endswith("README.md")] == []


def test_without_a_built_sdk_there_is_no_wheel(source: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    shutil.copytree(source, bare, ignore=shutil.ignore_patterns("sdk-js", "data", "build", "*.egg-info"))
    done = _built(bare, tmp_path / "wheels")
    assert done.returncode != 0
    assert "make build" in done.stderr + done.stdout
