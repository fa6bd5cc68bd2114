"""What the scenarios run against: adapters of the SDKs, and one real stack for all of them."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from collector import sources
from collector.settings import load
from collector.sources import StoredSource
from tests.contract.driver import load_all
from warehouse.catalog import StoreConfig
from warehouse.query import Reader

ROOT = Path(__file__).parent.parent.parent
KINDS = {"js": "web", "mp": "miniprogram", "py": "server"}
FIRSTHAND = [sys.executable, "-m", "warehouse.cli"]


@pytest.fixture(scope="session")
def adapters(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """The command of each SDK's adapter. Those in TypeScript are bundled from their sources as they are now."""
    folder = tmp_path_factory.mktemp("adapter")
    esbuild = ROOT / "node_modules" / ".bin" / "esbuild"
    if not esbuild.exists():
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=ROOT, check=True)
    commands = {"py": [sys.executable, str(ROOT / "sdk-python" / "tests" / "adapter.py")]}
    for sdk, where in (("js", "sdk-js"), ("mp", "sdk-miniprogram")):
        bundle = folder / f"{sdk}.mjs"
        options = ["--bundle", "--platform=node", "--format=esm", "--log-level=warning", f"--outfile={bundle}"]
        subprocess.run([str(esbuild), str(ROOT / where / "test" / "adapter.ts"), *options], check=True)
        commands[sdk] = ["node", str(bundle)]
    return commands


@dataclass
class Stack:
    """`firsthand up` on a free port. `keys`: write key by source id; `owed`: what must be a row in the end."""

    endpoint: str
    data: Path
    keys: dict[str, str]
    owed: dict[str, list[str]] = field(default_factory=dict)

    def query(self, sql: str) -> list[dict[str, Any]]:
        with Reader(StoreConfig(str(self.data))) as reader:
            rows: list[dict[str, Any]] = reader.query(sql).objects()
        return rows


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Collector and loader with a source for each scenario and SDK; if it does not start, the test fails."""
    data = tmp_path_factory.mktemp("stack")
    wanted = [(f"{s.name}-{sdk}", KINDS[sdk], s.mode) for s in load_all(tuple(KINDS)) for sdk in s.sdks]
    stored = [StoredSource(id_, sources.new_write_key(), kind, mode) for id_, kind, mode in [*wanted, *EXTRA]]
    sources.write_stored(load(None, str(data), {}), stored)
    log = (data / "up.log").open("w")
    up = subprocess.Popen(
        [*FIRSTHAND, "up", "--port", "0", "--data", str(data), "--json"],
        env={**os.environ, "FIRSTHAND_COMMIT_INTERVAL": "3", "PYTHONPATH": str(ROOT)},
        cwd=data,
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
    )
    try:
        assert up.stdout
        line = up.stdout.readline()
        assert line, f"firsthand up ended with {up.wait()}: {(data / 'up.log').read_text()[-2000:]}"
        yield Stack(json.loads(line)["collector"], data, {s.id: s.write_key for s in stored})
    finally:
        up.terminate()
        try:
            up.wait(60)
        except subprocess.TimeoutExpired:
            up.kill()
            up.wait()
        log.close()


EXTRA = [("schema", "server", "opt_in")]
