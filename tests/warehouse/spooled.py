"""Segments for tests, written by the real spool writer."""

import asyncio
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

from collector.spool.format import BAD_EVENTS, EVENTS
from collector.spool.writer import SpoolLimits, SpoolWriter
from warehouse.schema import EVENTS as EVENTS_SCHEMA

RECEIVED = "2026-01-02T03:04:05.678Z"


def event(event_id: str | None = None, **columns: Any) -> dict[str, Any]:
    """A row as the collector writes it; every required column has a value."""
    row = {
        "event_id": event_id or str(uuid4()), "type": "track", "event": "$click", "purpose": "analytics",
        "source_id": "shop", "event_time": RECEIVED, "received_at": RECEIVED,
    }  # fmt: skip
    unknown = set(columns) - set(EVENTS_SCHEMA.names()) - {"surprise"}
    assert not unknown, unknown
    return row | columns


def bad_event(**columns: Any) -> dict[str, Any]:
    return {
        "received_at": RECEIVED,
        "source_id": "shop",
        "reason": "invalid",
        "payload": {"type": "x"},
    } | columns


def lines(rows: Iterable[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows)


def spool(
    data: Path,
    segments: Sequence[Sequence[dict[str, Any] | bytes]],
    bad: Sequence[dict[str, Any]] = (),
    collector_id: str = "c1",
) -> str:
    """Write one sealed segment for each entry of `segments` (rows or raw lines); `bad` goes into the last one.

    Returns the shard's name.
    """

    async def write() -> str:
        shard = ""
        for number, rows in enumerate(segments):
            writer = SpoolWriter(data / "spool", collector_id, SpoolLimits())
            shard = writer.shard.name
            payload = b"".join(row + b"\n" if isinstance(row, bytes) else lines([row]) for row in rows)
            await writer.append(EVENTS, payload, len(rows))
            if bad and number == len(segments) - 1:
                await writer.append(BAD_EVENTS, lines(bad), len(bad))
            await writer.close()
        return shard

    return asyncio.run(write())
