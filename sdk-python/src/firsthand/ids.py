"""Message ids and times, both from one look at the clock.

Ids are UUIDv7 (RFC 9562 §5.7), so that they sort by time and a retry is recognised. Constraints: unique over threads,
forks and machines; increasing within a process even when the clock stands still or goes back; no lock, because capture
may run inside a signal handler; and cheap, because this is on the path of every call.

Layout: 48 bit milliseconds · version · 12 + 14 bit sequence (§6.2 method 1, a dedicated counter) · variant between
them · 48 bits from the operating system. `next()` of an `itertools.count` is one atomic step. The random bits are read
anew for each millisecond; what was read is one tuple, replaced whole, and forgotten in a forked child, which would
otherwise continue its parent's sequence under its parent's random bits.
"""

from __future__ import annotations

import itertools
import os
import time

from firsthand import lifecycle, moment

# begins at random: two processes in the same millisecond rarely share a sequence number as well
_sequence = itertools.count(int.from_bytes(os.urandom(4), "big") >> 7)
_last_ms = 0
# clock in milliseconds, that as ISO text, and the first and last part of the ids of this millisecond
_tick = (-1, "", "", "")


def new_id() -> str:
    """A fresh id in the canonical form with hyphens."""
    return stamp()[0]


def stamp() -> tuple[str, str]:
    """A fresh id, and the time as it is on the wire (`2026-01-02T03:04:05.678Z`)."""
    now = time.time_ns() // 1_000_000
    clock, iso, head, tail = _tick
    if now != clock:
        iso, head, tail = _turn(now)
    n = next(_sequence)
    return f"{head}{n >> 14 & 0xFFF:03x}-{0x8000 | n & 0x3FFF:04x}-{tail}", iso


def _turn(now: int) -> tuple[str, str, str]:
    global _last_ms, _tick  # noqa: PLW0603 - the one clock all ids of a process share
    lifecycle.notice_fork()
    ms = _last_ms = max(now, _last_ms)
    iso, head, tail = moment.iso_of_ms(now), f"{ms >> 16 & 0xFFFFFFFF:08x}-{ms & 0xFFFF:04x}-7", os.urandom(6).hex()
    _tick = (now, iso, head, tail)
    return iso, head, tail


def _forget() -> None:
    global _tick  # noqa: PLW0603 - see the head of the module
    _tick = (-1, "", "", "")


lifecycle.in_child(_forget)
