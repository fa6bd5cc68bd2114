"""Running workers: Granian holds the listening socket and the worker processes, each builds the app for itself.

A worker that dies is started again; whichever worker takes its shard over seals what it left open. SIGTERM: Granian
stops accepting, lets running requests end, then the app's lifespan seals the spool.
"""

import json
import logging
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from granian import Granian
from granian.constants import HTTPModes, Interfaces, Loops
from granian.http import HTTP1Settings
from granian.log import LogLevels

from collector.settings import Settings

HANDOVER = "FIRSTHAND_HANDOVER"


class JsonLines(logging.Formatter):
    """One JSON object a line. Messages are ours and hold no client data."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        entry: dict[str, Any] = {"time": at, "level": record.levelname.lower(), "logger": record.name,
                                 "message": record.getMessage(), "pid": record.process}  # fmt: skip
        if record.exc_info and record.exc_info[0] is not None:
            # The type and where, not the text: an exception's text may quote what a client sent
            entry["error"] = record.exc_info[0].__name__
            entry["at"] = _where(record)
        return json.dumps(entry, ensure_ascii=False)


def _where(record: logging.LogRecord) -> str:
    trace = record.exc_info[2] if record.exc_info else None
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else ""


def configure_logging(level: str) -> None:
    """JSON lines on stderr for everything of ours."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger("firsthand")
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    root.propagate = False


def serve(settings: Settings, config: Path | None) -> None:
    """Run until SIGTERM or SIGINT. Workers inherit the settings through one environment variable."""
    os.environ[HANDOVER] = json.dumps(
        {"settings": msgspec.to_builtins(settings), "config": str(config) if config else None}
    )
    os.umask(0o077)  # everything written is for its owner only
    server = Granian(
        "collector.serve:worker_app",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        workers=settings.workers,
        loop=Loops.uvloop,
        http=HTTPModes.http1,
        websockets=False,
        backlog=2048,
        factory=True,
        respawn_failed_workers=True,
        respawn_interval=0.5,
        workers_kill_timeout=max(1, int(settings.drain_timeout)),
        http1_settings=HTTP1Settings(header_read_timeout=int(settings.header_timeout * 1000), max_buffer_size=65536),
        log_level=LogLevels.warning,
    )
    server.serve()


def worker_app() -> Any:
    """Called by Granian in each worker."""
    from collector.app import build_app

    handed = json.loads(os.environ[HANDOVER])
    settings = msgspec.convert(handed["settings"], Settings)
    configure_logging(settings.log_level)
    return build_app(settings, Path(handed["config"]) if handed["config"] else None)
