"""Message ids and times, both from one look at the clock.

Ids are UUIDv7 (RFC 9562 §5.7), so that they sort by time and a retry is recognised. Constraints: unique over threads,
forks and machines; increasing within a process even when the clock stands still or goes back; no lock, because capture
may run inside a signal handler; and cheap, because this is on the path of every call.

Layout: 48 bit milliseconds · version · 26 bit, random for each millisecond, and one more whenever the clock stood or
went back (§6.2 method 1), around the variant · 16 random bits · 32 bit sequence of the process, from a random start.
`next()` of an `itertools.count` is one atomic step, so two threads never make one id. All but the sequence is read
and written once a millisecond, kept as one tuple that is replaced whole, and forgotten in a forked child, which would
otherwise continue its parent's sequence behind its parent's random bits.
"""

from __future__ import annotations

import itertools
import os
import time

from firsthand import lifecycle, moment

# begins at random below 2^31: two processes in the same millisecond rarely share a sequence number as well
_sequence = itertools.count(int.from_bytes(os.urandom(4), "big") >> 1)
_last = (0, 0)  # milliseconds and the 26 bits of the newest id
_tick = (-1, "", "")  # the clock in milliseconds, that as ISO text, and the first part of the ids of this millisecond


def new_id() -> str:
    """A fresh id in the canonical form with hyphens."""
    return stamp()[0]


def stamp() -> tuple[str, str]:
    """A fresh id, and the time as it is on the wire (`2026-01-02T03:04:05.678Z`)."""
    now = time.time_ns() // 1_000_000
    clock, iso, head = _tick
    if now != clock:
        iso, head = _turn(now)
    return f"{head}{next(_sequence) & 0xFFFFFFFF:08x}", iso


def _turn(now: int) -> tuple[str, str]:
    global _last, _tick  # noqa: PLW0603 - the one clock all ids of a process share
    lifecycle.notice_fork()
    last_ms, last_bits = _last
    if now > last_ms:
        ms, bits = now, int.from_bytes(os.urandom(4), "big") >> 7  # below 2^25: there is room to count
    else:
        ms, bits = (last_ms, last_bits + 1) if last_bits < 0x3FFFFFF else (last_ms + 1, 0)
    _last = (ms, bits)
    iso, noise = moment.iso_of_ms(now), os.urandom(2).hex()
    time_part = f"{ms >> 16 & 0xFFFFFFFF:08x}-{ms & 0xFFFF:04x}"
    head = f"{time_part}-7{bits >> 14:03x}-{0x8000 | bits & 0x3FFF:04x}-{noise}"
    _tick = (now, iso, head)
    return iso, head


def _forget() -> None:
    global _tick  # noqa: PLW0603 - see the head of the module
    _tick = (-1, "", "")


lifecycle.in_child(_forget)
