"""Rows as the pipeline writes them, for tests that need a spool with something in it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from collector.spool.format import BAD_EVENTS, EVENTS
from collector.spool.writer import SpoolLimits, SpoolWriter

LIMITS = SpoolLimits(min_free_bytes=0, seal_seconds=3600)


def writer(root: Path, **limits: Any) -> SpoolWriter:
    """A writer with a shard of its own."""
    return SpoolWriter(root, "c1", msgspec.structs.replace(LIMITS, **limits))


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def event(number: int, **columns: Any) -> dict[str, Any]:
    """A row of `events`."""
    return {
        "event_id": f"e-{number}", "type": "track", "event": "$click", "purpose": "analytics", "source_id": "shop",
        "event_time": now(), "received_at": now(), "anonymous_id": "a-1", "seq": number,
        "session_id": "019b7c2a-1111-7000-8000-00000000a1b2",
        "page_path": "/demo/product/teapot", "page_title": "Teapot", "browser": "Chrome",
        "browser_version": "141.0", "os": "Windows", "os_version": "11", "device_type": "desktop", "geo_country": "CN",
        "geo_region": "浙江省", "geo_city": "杭州市", "consent_purposes": ["necessary", "analytics"],
        "properties": {"track": "add-to-cart", "text": "Add to cart"},
    } | columns  # fmt: skip


def refused(number: int, reason: str = "no_consent", **columns: Any) -> dict[str, Any]:
    """A row of `bad_events`."""
    return {
        "received_at": now(), "source_id": "shop", "reason": reason, "detail": "ask first", "message_id": f"e-{number}",
        "payload": {"type": "track", "event": "Spied", "properties": {"total": "number"}},
    } | columns  # fmt: skip


async def write(to: SpoolWriter, *rows: dict[str, Any]) -> None:
    """Append the rows as one request would: accepted ones in one frame, refused ones in another. Waits for the disk."""
    for kind, chosen in (
        (EVENTS, [r for r in rows if "reason" not in r]),
        (BAD_EVENTS, [r for r in rows if "reason" in r]),
    ):
        if chosen:
            await to.append(kind, b"".join(msgspec.json.encode(r) + b"\n" for r in chosen), len(chosen))
