"""The servers that are compared, each one worker on a free loopback port: nginx, the bare loop, the collector."""

# ruff: noqa: E501 - request bodies and figures are clearest on one line

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from collector.settings import load
from collector.sources import StoredSource, write_stored

WRITE_KEY = "fh_bench"
BARE_DIR = "FIRSTHAND_BENCH_DIR"
PLAIN = "FIRSTHAND_BENCH_PLAIN"
ENDLESS = 10**9

NGINX = """
worker_processes 1; daemon off; pid {dir}/pid; error_log {dir}/error.log crit;
events {{ worker_connections 1024; }}
http {{
  log_format body escape=none '$request_body'; access_log off;
  client_body_buffer_size 1m; client_max_body_size 2m;
  client_body_temp_path {dir}/t1; proxy_temp_path {dir}/t2; fastcgi_temp_path {dir}/t3; uwsgi_temp_path {dir}/t4; scgi_temp_path {dir}/t5;
  upstream self {{ server unix:{dir}/s; keepalive 64; }}
  server {{
    listen 127.0.0.1:{port} backlog=2048; listen unix:{dir}/s; keepalive_requests 1000000;
    location = /done {{ return 200 'ok'; }}
    location / {{ access_log {dir}/bodies.log body; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_method GET;
                  proxy_pass_request_body off; proxy_set_header Content-Length ""; proxy_pass http://self/done; }}
  }}
}}
"""


@dataclass
class Server:
    """A running server; `worker` is the process that does the work."""

    name: str
    port: int
    worker: psutil.Process

    def cpu_seconds(self) -> float:
        times = self.worker.cpu_times()
        return float(times.user + times.system)

    def rss(self) -> int:
        return int(self.worker.memory_info().rss)


def bare_app() -> object:
    """Called by Granian in its worker."""
    from tests.bench.bare import build

    return build(Path(os.environ[BARE_DIR]), bool(os.environ.get(PLAIN)))


@contextlib.contextmanager
def bare(directory: Path, plain: bool = False) -> Iterator[Server]:
    port = free_port()
    code = (
        "from granian import Granian; from granian.constants import *; from granian.log import LogLevels;"
        f"Granian('tests.bench.servers:bare_app', address='127.0.0.1', port={port}, interface=Interfaces.ASGI, workers=1,"
        "loop=Loops.uvloop, http=HTTPModes.http1, websockets=False, backlog=2048, factory=True,"
        "log_level=LogLevels.warning).serve()"
    )
    with _running([sys.executable, "-c", code], {BARE_DIR: str(directory), PLAIN: "1" if plain else ""}) as process:
        _wait(port)
        yield Server("plain loop" if plain else "bare loop", port, psutil.Process(process.pid).children()[0])


@contextlib.contextmanager
def collector(directory: Path, kind: str = "web", **environment: str) -> Iterator[Server]:
    port = free_port()
    settings = load(data=str(directory), environ={})
    write_stored(settings, [StoredSource("bench", WRITE_KEY, kind, rate=ENDLESS, burst=ENDLESS)])
    defaults = {"FIRSTHAND_SPOOL_MAX_BYTES": str(2**40), "FIRSTHAND_PORT": str(port)}
    arguments = [sys.executable, "-m", "warehouse.cli", "serve", "--data", str(directory)]
    with _running(arguments, defaults | environment) as process:
        _wait(port)
        yield Server("collector", port, psutil.Process(process.pid).children()[0])


@contextlib.contextmanager
def nginx(directory: Path) -> Iterator[Server]:
    port = free_port()
    directory.mkdir(parents=True)
    config = directory / "nginx.conf"
    config.write_text(NGINX.format(dir=directory, port=port))
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    with _running([program, "-c", str(config), "-p", str(directory)], {}) as process:
        _wait(port)
        yield Server("nginx", port, psutil.Process(process.pid).children()[0])


def wrk(server: Server, events: int, seconds: int, contexts: str = "again", connections: int = 64) -> dict[str, float]:
    """One closed-loop run. Adds the worker's CPU microseconds per request. `contexts`: `again`, or `never` the same."""
    before = server.cpu_seconds()
    script = str(Path(__file__).with_name("load.lua"))
    out = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{seconds}", "--latency", "-s", script, f"http://127.0.0.1:{server.port}/"],
        env={**os.environ, "EVENTS": str(events), "WRITE_KEY": WRITE_KEY, "CONTEXTS": contexts},
        capture_output=True, text=True, check=True, timeout=seconds + 60,
    )  # fmt: skip
    line = next(line for line in out.stdout.splitlines() if line.startswith("RESULT "))
    result: dict[str, float] = json.loads(line.removeprefix("RESULT "))
    result["rate"] = result["requests"] / result["seconds"]
    result["cpu_us"] = (server.cpu_seconds() - before) / max(1, result["requests"]) * 1e6
    return result


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def _running(arguments: list[str], environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(arguments, env={**os.environ, **environment}, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


def _wait(port: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=1).close()
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError(f"nothing listens on {port}")
