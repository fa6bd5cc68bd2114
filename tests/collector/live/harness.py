"""The real collector in a process of its own, for tests over HTTP (`… -m tests.collector.live.harness PORT DATA`)."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[3]


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
        if process.wait(10):
            raise RuntimeError(f"the collector ended with {process.returncode}")


def _wait_for(address: str, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(400):
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
