"""The real collector in a process of its own, for tests over HTTP (`… -m tests.collector.live.harness PORT DATA`)."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).parents[3]
FIRSTHAND = str(Path(sys.executable).with_name("firsthand"))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def served(data: Path, port: str = "") -> Iterator[str]:
    """A collector over `data`; yields its address and ends it again, which must go cleanly and at once."""
    port = port or str(free_port())
    base = f"http://127.0.0.1:{port}"
    environment = {"FIRSTHAND_SPOOL_MIN_FREE_BYTES": "0", "FIRSTHAND_LOG_LEVEL": "warning"}
    command = [sys.executable, "-m", "tests.collector.live.harness", port, str(data)]
    process = subprocess.Popen(command, env=os.environ | environment, cwd=ROOT)
    try:
        _wait_for(f"{base}/healthz", process)
        yield base
    finally:
        process.terminate()
        if process.wait(60):
            raise RuntimeError(f"the collector ended with {process.returncode}")


class Installed:
    """All of `firsthand up --demo`: its addresses, its data, and what it said."""

    def __init__(self, addresses: dict[str, str], log: Path) -> None:
        self.demo, self.live, self.data, self.log = (
            addresses["demo"],
            addresses["live"],
            Path(addresses["data"]),
            log,
        )

    def query(self, sql: str) -> list[dict[str, Any]]:
        """Rows of the tables, as their owner reads them."""
        command = [FIRSTHAND, "query", "--data", str(self.data), "--json", sql]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        rows: list[dict[str, Any]] = json.loads(done.stdout)
        return rows


@contextlib.contextmanager
def installed(data: Path, **settings: str) -> Iterator[Installed]:
    """The whole installation with the demo shop, over `data`; ended again, which must go cleanly."""
    given = {f"FIRSTHAND_{name.upper()}": value for name, value in settings.items()}
    environment = os.environ | {"FIRSTHAND_COMMIT_INTERVAL": "1", "FIRSTHAND_SPOOL_MIN_FREE_BYTES": "0"} | given
    command = [
        FIRSTHAND,
        "up",
        "--port",
        "0",
        "--data",
        str(data),
        "--json",
        "--demo",
        str(ROOT / "examples/shop"),
    ]
    log = data.with_name(f"{data.name}.log")
    with log.open("w") as said:
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=said, text=True, cwd=ROOT)
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        if not line:
            raise RuntimeError(f"firsthand up did not start: {log.read_text()}")
        yield Installed(json.loads(line), log)
    finally:
        process.terminate()
        code = process.wait(120)
        process.stdout.close()
        if code:
            raise RuntimeError(f"firsthand up ended with {code}: {log.read_text()[-2000:]}")


def _wait_for(address: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with contextlib.suppress(httpx.TransportError):
            httpx.get(address)
            return
        if process.poll() is not None:
            raise RuntimeError(f"the collector did not start: exit {process.returncode}")
        time.sleep(0.05)
    raise TimeoutError(address)


if __name__ == "__main__":
    from collector.serve import serve
    from collector.settings import load

    serve(load(None, sys.argv[2], port=int(sys.argv[1])), None)
