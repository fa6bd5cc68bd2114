"""Deliveries as bytes of a `text/event-stream` (WHATWG HTML, server-sent events).

    event: row    {"key", "verdict": "accepted" | "rejected", "replay": bool, "row": {…columns…}}
    event: tick   {"accepted": n, "rejected": {reason: n}, "skipped": n, "unread_bytes": n, "missed_segments": n}

The row's bytes go through as they are stored: they are JSON on one line, so they need no second encoding.
A stream has no ids: a row's `key` lets a page that reconnects, perhaps to another worker, leave out what it has.
"""

from typing import Any, Final

import msgspec

from collector.live.hub import Delivery
from collector.live.tail import Item

RETRY_MILLISECONDS: Final = 2000
OPENING: Final = f"retry: {RETRY_MILLISECONDS}\n\n".encode()
HEARTBEAT: Final = b": still here\n\n"


def stream_of(delivery: Delivery) -> bytes:
    """The events of one delivery; a heartbeat comment if it is empty."""
    parts = [_row(item, replay) for item, replay in delivery.items]
    if delivery.counted:
        parts.append(event("tick", _tick(delivery)))
    return b"".join(parts) or HEARTBEAT


def event(name: str, data: Any) -> bytes:
    """One event with JSON data."""
    return b"event: %s\ndata: %s\n\n" % (name.encode(), msgspec.json.encode(data))


def _row(item: Item, replay: bool) -> bytes:
    return b'event: row\ndata: {"key":%s,"verdict":"%s","replay":%s,"row":%s}\n\n' % (
        msgspec.json.encode(item.key),
        b"rejected" if item.reason else b"accepted",
        b"true" if replay else b"false",
        item.row,
    )


def _tick(delivery: Delivery) -> dict[str, Any]:
    return {
        "accepted": delivery.accepted,
        "rejected": dict(delivery.rejected),
        "skipped": delivery.skipped,
        "unread_bytes": delivery.unread_bytes,
        "missed_segments": delivery.missed_segments,
    }
