"""`firsthand up`: everything on one machine, supervised."""

import json
import os
import shutil
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import click

from collector import sources
from collector.settings import ENV_PREFIX, Settings, load
from collector.sources import StoredSource
from warehouse.cli import ports
from warehouse.cli.common import make_data, options
from warehouse.cli.supervisor import Child, Supervisor, python

READY_SECONDS = 60.0
# glibc raises the first limit by itself after the first large buffer is freed, and then keeps a third more than it
# needs. Below a megabyte, or with the second limit at its 128 KiB, buffers that each segment needs again go back to the
# system in between, which costs a fifth of the loader's time
LOADER_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(2**20), "MALLOC_TRIM_THRESHOLD_": str(16 * 2**20)}


@click.command(epilog="Examples:\n\n  firsthand up\n\n  firsthand up --port 9000 --data ./events\n\n"
               "  firsthand up --demo examples/shop")  # fmt: skip
@click.option(
    "--port", type=int, default=None, help="Port to listen on; 0 for a free one.  [default: 8080, or a free one]"
)
@click.option("--host", default=None, help="Address to listen on.  [default: 127.0.0.1]")
@click.option("--workers", type=int, default=None, help="Collector worker processes.  [default: 1]")
@click.option(
    "--demo", type=click.Path(exists=True, file_okay=False), default=None, help="Serve a demo shop from this folder."
)
@options
def up(
    port: int | None, host: str | None, workers: int | None, demo: str | None,
    data: str | None, config: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Run collector workers and the loader, restart what fails, stop cleanly on SIGTERM or Ctrl-C.

    A clean stop drains the collector, loads what is in the spool and ends. With --json one line of JSON with the
    addresses is printed when everything is ready.
    """
    found = load(config, data, host=host, workers=workers, demo=demo, port=port)
    chosen = _port(found, port)
    make_data(found)
    children = _children(found, config, chosen)
    supervisor = Supervisor(children, lambda text: click.echo(f"firsthand: {text}", err=True), found.drain_timeout + 10)
    sys.exit(supervisor.run(lambda: _announce(supervisor, found, config, chosen, as_json)))


def _children(found: Settings, config: Path | None, port: int) -> list[Child]:
    common = ["--data", str(found.data_dir), *(["--config", str(config)] if config else [])]
    environment = {
        f"{ENV_PREFIX}PORT": str(port),
        f"{ENV_PREFIX}HOST": found.host,
        f"{ENV_PREFIX}WORKERS": str(found.workers),
        f"{ENV_PREFIX}DEMO": str(Path(found.demo).resolve()) if found.demo else "",
    }
    children = [Child("collector", python("warehouse.cli", "serve", *common), environment)]
    if found.demo:
        children += _demo(found, port, environment)
    return [*children, Child("loader", python("warehouse.cli", "load", *common), LOADER_MEMORY)]


def _demo(found: Settings, port: int, environment: dict[str, str]) -> list[Child]:
    """The demo's sources, and its order service if the folder has one beside it."""
    stored = sources.read_stored(found)
    wanted = (
        StoredSource("shop", sources.new_write_key(), "web", query_params=["q"]),
        StoredSource("orders", sources.new_write_key(), "server"),
    )
    missing = [w for w in wanted if all(s.id != w.id for s in stored)]
    if missing:
        sources.write_stored(found, [*stored, *missing])
    keys = {s.id: s.write_key for s in [*stored, *missing]}
    service = Path(found.demo).resolve().parent / "order_service"
    if not service.is_dir():
        return []
    orders = ports.free_port(found.host)
    environment[f"{ENV_PREFIX}DEMO_ORDERS"] = f"http://{found.host}:{orders}"
    arguments = ["--port", str(orders), "--endpoint", f"http://{found.host}:{port}", "--write-key", keys["orders"]]
    root = str(service.parent.parent)
    paths = os.pathsep.join(p for p in (root, os.environ.get("PYTHONPATH", "")) if p)
    return [Child("order service", python("examples.order_service", *arguments), {"PYTHONPATH": paths})]


def _announce(supervisor: Supervisor, found: Settings, config: Path | None, port: int, as_json: bool) -> None:
    # A wildcard is where to listen, not where to go
    base = f"http://{'127.0.0.1' if found.host in ('0.0.0.0', '::') else found.host}:{port}"  # noqa: S104
    if not _wait_until_ready(supervisor, base):
        return
    addresses = {"collector": base, "data": str(found.data_dir)}
    if found.live:
        from collector.live.access import live_token

        addresses["live"] = f"{base}/live?token={live_token(found.data_dir)}"
    if found.console:
        from consent.console.first_run import address

        addresses["console"] = address(found.data_dir, base)
    if found.demo:
        addresses["demo"] = f"{base}/demo/"
    if as_json:
        click.echo(json.dumps(addresses))
        return
    click.echo("Firsthand is up. Stop it with Ctrl-C.")
    for name, text in (
        ("demo", "demo shop "),
        ("live", "live view "),
        ("console", "console   "),
        ("collector", "collector "),
        ("data", "data      "),
    ):
        if name in addresses:
            click.echo(f"  {text} {addresses[name]}")
    where = f"--data {typed(found.data_dir)}" + (f" --config {config}" if config else "")
    click.echo(f'  try        {program()} query {where} "select event, count(*) from events group by all"')


def program() -> str:
    """`firsthand` as it can be typed here: after `make run` in a fresh checkout it is not on the PATH."""
    beside, known = Path(sys.executable).with_name("firsthand"), shutil.which("firsthand")
    if known and beside.exists() and beside.samefile(known):
        return "firsthand"
    return typed(beside) if beside.exists() else f"{sys.executable} -m warehouse.cli"


def typed(path: Path) -> str:
    """A path as somebody here would type it: from the working directory on if it lies below, else in full."""
    relative = os.path.relpath(path)
    return str(path.absolute()) if relative.startswith("..") else relative


def _wait_until_ready(supervisor: Supervisor, base: str) -> bool:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and not supervisor.stopping:
        process = supervisor.children[0].process
        if process is not None and process.poll() is not None:
            return False  # the supervisor says what happened
        try:
            with urllib.request.urlopen(f"{base}/healthz", timeout=2):  # noqa: S310 - our own address
                return True
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    return False


def _port(found: Settings, asked: int | None) -> int:
    """The port to use. One that was asked for, here or in the settings, must be free: a proxy counts on it. The default
    gives way to any free one."""
    default = Settings().port
    chosen = found.port if asked is None else asked
    if chosen == 0 or (asked is None and chosen == default and not ports.is_free(found.host, default)):
        return ports.free_port(found.host)
    ports.need(found.host, chosen)
    return chosen
