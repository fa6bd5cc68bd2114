"""Logs: JSON lines on stderr, the same for every long-running process of ours. Payloads never appear in them."""

import json
import logging
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


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


# Granian's own messages go the same way; its default is plain text on stdout, which is for answers to people
GRANIAN: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"lines": {"()": "collector.logs.JsonLines"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines", "stream": "ext://sys.stderr"}},
    "loggers": {"_granian": {"handlers": ["stderr"], "level": "INFO", "propagate": False}},
}
