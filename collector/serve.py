"""Running workers: Granian holds the listening socket and the worker processes, each builds the app for itself.

A worker that dies is started again; whichever worker takes its shard over seals what it left open. SIGTERM: Granian
stops accepting, lets running requests end, then the app's lifespan seals the spool.
"""

import asyncio
import contextlib
import gc
import json
import logging
import multiprocessing
import os
import resource
import signal
from pathlib import Path
from typing import Any

import msgspec
from granian import Granian, _signals
from granian._granian import WorkerSignal
from granian.constants import HTTPModes, Interfaces, Loops
from granian.http import HTTP1Settings
from granian.log import LogLevels

from collector import keys
from collector.console.build import prepare_console
from collector.edge.client import ClientAddress
from collector.enrich import GeoDatabase
from collector.logs import GRANIAN, configure_logging
from collector.processes import DRAIN_SIGNAL, end_with_parent, leave_no_core
from collector.settings import Settings
from collector.sources import SourceRegistry
from collector.state import geo_path

log = logging.getLogger("firsthand.serve")
HANDOVER = "FIRSTHAND_HANDOVER"
# What a worker holds at once. By default Granian stops accepting at its backlog (2,048), and then as many idle or slow
# clients keep everybody else waiting outside until they time out
MAX_CONNECTIONS = 20_000


class DrainingServer(Granian):  # type: ignore[misc,valid-type]
    """Granian, that tells its workers before it stops them: open event streams would hold the drain up."""

    def shutdown(self, exit_code: int = 0) -> None:
        for worker in multiprocessing.active_children():
            if worker.pid is not None:
                with contextlib.suppress(ProcessLookupError):  # it just ended by itself
                    os.kill(worker.pid, DRAIN_SIGNAL)
        super().shutdown(exit_code)


def serve(settings: Settings, config: Path | None) -> None:
    """Run until SIGTERM or SIGINT. Workers inherit the settings through one environment variable.

    Raises SettingsError, KeyFileError, GeoError before any worker starts, if one could not start either.
    """
    os.umask(0o077)  # everything written is for its owner only
    leave_no_core()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # one descriptor a connection; shells give 1,024
    configure_logging(settings.log_level)
    SourceRegistry(settings, config)
    ClientAddress(settings.trusted_proxies)
    keys.live_keys(settings)
    GeoDatabase(geo_path(settings))
    if settings.console:
        prepare_console(settings)
    os.environ[HANDOVER] = json.dumps(
        {
            "settings": msgspec.to_builtins(settings),
            "config": str(config) if config else None,
            "parent": os.getpid(),
        }
    )
    log.info("collector at http://%s:%d", settings.host, settings.port)
    server = DrainingServer(
        "collector.serve:worker_app",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        workers=settings.workers,
        loop=Loops.uvloop,
        http=HTTPModes.http1,
        websockets=False,
        backlog=2048,
        backpressure=MAX_CONNECTIONS,
        factory=True,
        respawn_failed_workers=True,
        respawn_interval=0.5,
        workers_kill_timeout=max(1, int(settings.drain_timeout)),
        http1_settings=HTTP1Settings(header_read_timeout=int(settings.header_timeout * 1000), max_buffer_size=65536),
        log_level=LogLevels.warning,
        log_dictconfig=GRANIAN,
    )
    server.serve()


def worker_app() -> Any:
    """Called by Granian in each worker."""
    from collector.app import build_app

    leave_no_core()
    handed = json.loads(os.environ[HANDOVER])
    # Until the worker listens for it, SIGTERM would run the handler that the fork inherited, and be forgotten
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _signals.set_loop_signals = _end_once  # the worker imports it when it starts
    end_with_parent(handed["parent"])
    settings = msgspec.convert(handed["settings"], Settings)
    configure_logging(settings.log_level)
    app = build_app(settings, Path(handed["config"]) if handed["config"] else None)
    _calm_garbage_collector()
    return app


def _end_once(loop: asyncio.AbstractEventLoop) -> WorkerSignal:
    """Granian's own, but for the second signal: Granian's event holds one, and setting it again blocks for ever.

    Two come easily: Ctrl-C reaches the workers and the parent that then ends them; and a dying parent with threads
    sends its death signal once a thread.
    """
    event, told = WorkerSignal(), False

    def end() -> None:
        nonlocal told
        if not told:
            told = True
            event.set()

    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, end)
    return event


def _calm_garbage_collector() -> None:
    """What is loaded now stays for ever, and requests make no cycles: looking at either again and again is waste."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 100)
