"""Message ids: UUIDv7 (RFC 9562 §5.7), so that ids sort by time and a retry is recognised.

Constraints: unique over threads, forks and machines; increasing within a process even when the clock stands still
or goes back; no lock, because capture may run inside a signal handler.

Layout: 48 bit milliseconds · version · 12 + 20 bit sequence (§6.2 method 1, a dedicated counter) · variant · 42 random
bits from the operating system. `next()` of an `itertools.count` is one atomic step; the random bits are read anew for
each id, so a forked child that inherits the sequence still makes different ids.
"""

from __future__ import annotations

import itertools
import os
import time

_VERSION = 0x7 << 76
_VARIANT = 0x2 << 62
# begins at random below 2^31: two processes in the same millisecond rarely share a sequence number as well
_sequence = itertools.count(int.from_bytes(os.urandom(4), "big") >> 1)
_last_ms = 0


def new_id() -> str:
    """A fresh id in the canonical form with hyphens."""
    global _last_ms  # noqa: PLW0603 - the one clock all ids of a process share
    ms = _last_ms = max(time.time_ns() // 1_000_000, _last_ms)
    sequence = next(_sequence) & 0xFFFFFFFF
    value = (
        (ms & 0xFFFFFFFFFFFF) << 80
        | _VERSION
        | (sequence >> 20) << 64
        | _VARIANT
        | (sequence & 0xFFFFF) << 42
        | int.from_bytes(os.urandom(6), "big") >> 6
    )
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
