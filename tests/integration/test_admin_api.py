"""The commands of docs/admin-api.md, run as they stand there against a real collector, whose gate obeys."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.stack import Stack
from tests.stores import local_store

PAGE = (Path(__file__).parents[2] / "docs/admin-api.md").read_text("utf-8")
COMMANDS = [c for c in re.findall(r"```sh\n(.*?)```", PAGE, re.S) if "curl" in c]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    made = Stack(local_store(tmp_path_factory.mktemp("admin") / "data"))
    try:
        made.run("consent", "publish")
        process = made.serve()
        yield made
        assert made.stop(process) == 0
    finally:
        made.close()


def test_the_page_runs_as_it_stands(stack: Stack, tmp_path: Path) -> None:
    token = json.loads(stack.run("admin", "token", "add", "reports", "--role", "privacy_officer", "--json"))["token"]
    lines = [line for command in COMMANDS for line in command.replace("\\\n", " ").splitlines() if line.strip()]
    script = "set -euo pipefail\n" + "\n".join(line.replace("curl -sS", "curl -sS --fail-with-body") for line in lines)
    env = {"ADMIN": f"http://127.0.0.1:{stack.port}", "TOKEN": token, "PATH": "/usr/bin:/bin", "NO_PROXY": "*"}
    done = subprocess.run(["bash", "-c", script], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    assert (tmp_path / "ledger.parquet").read_bytes()[:4] == b"PAR1"
    assert done.stdout.count('"state":"review"') == 1
    assert len(lines) > 12
    listed = json.loads(stack.run("admin", "token", "list", "--json"))
    assert [t["name"] for t in listed] == ["reports"] and listed[0]["usedAt"]
    assert json.loads(stack.run("consent", "map", "--json")) == [
        {"match": "Newsletter *", "purpose": "marketing", "fields": []}
    ]
    stack.run("admin", "token", "revoke", "reports")
    again = subprocess.run(["bash", "-c", lines[0]], env=env, capture_output=True, text=True, timeout=30)
    assert json.loads(again.stdout)["code"] == "unauthorized"
