"""The bytes of a spool file. Pure.

A file is a header and frames, only ever appended to. Two kinds of frame: an *event*, and *settled*, which names events
of the same file that need not be sent again (delivered, or refused for good). What is left is the events minus the
settled.

    frame   = mark (4) · length (4) · CRC-32 of length, number and payload (4) · number (8) · payload
    event   = mark b"\\xf1ev\\n", number of the event in its file, payload: the message as JSON
    settled = mark b"\\xf1ok\\n", payload: pairs (first, last) of numbers, 8 bytes each

A process may die in the middle of a frame, and a disk may give back rubbish: a frame whose CRC is wrong is skipped and
the next mark whose frame is right is looked for. So damage costs what it hit and nothing else.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from typing import NamedTuple

HEADER = b"firsthand spool 1\n"
EVENT, SETTLED = b"\xf1ev\n", b"\xf1ok\n"
_HEAD = struct.Struct("<4sIIQ")
_REST = struct.Struct("<IQ")
_PAIR = struct.Struct("<QQ")
OVERHEAD = _HEAD.size
MAX_PAYLOAD = 1 << 24  # far above a message; a length beyond it is damage


class Contents(NamedTuple):
    """What a file holds: number → message that is not settled, the next free number, bytes that made no sense."""

    left: dict[int, bytes]
    next_number: int
    damaged: int


def event_frame(number: int, message: bytes) -> bytes:
    return _frame(EVENT, number, message)


def settled_frame(numbers: Iterable[int]) -> bytes:
    return _frame(SETTLED, 0, b"".join(_PAIR.pack(first, last) for first, last in _ranges(numbers)))


def read(data: bytes) -> Contents:
    """Everything that can be read of a file; never raises."""
    events: dict[int, bytes] = {}
    settled: list[tuple[int, int]] = []
    at = len(HEADER) if data.startswith(HEADER) else 0
    damaged, highest = 0, -1
    while at < len(data):
        found = _at(data, at)
        if found is None:
            following = _next_frame(data, at + 1)
            damaged += following - at
            at = following
            continue
        mark, number, payload = found
        if mark == EVENT:
            events[number] = payload
            highest = max(highest, number)
        else:
            settled += [_PAIR.unpack_from(payload, i) for i in range(0, len(payload) - _PAIR.size + 1, _PAIR.size)]
        at += OVERHEAD + len(payload)
    for first, last in settled:
        for number in range(first, min(last, highest) + 1):
            events.pop(number, None)
    return Contents(events, highest + 1, damaged)


def _frame(mark: bytes, number: int, payload: bytes) -> bytes:
    size = len(payload)
    return _HEAD.pack(mark, size, zlib.crc32(payload, zlib.crc32(_REST.pack(size, number))), number) + payload


def _at(data: bytes, at: int) -> tuple[bytes, int, bytes] | None:
    if len(data) - at < OVERHEAD:
        return None
    mark, length, _, number = _HEAD.unpack_from(data, at)
    if mark not in (EVENT, SETTLED) or length > MAX_PAYLOAD or at + OVERHEAD + length > len(data):
        return None
    payload = data[at + OVERHEAD : at + OVERHEAD + length]
    if _frame(mark, number, payload)[: _HEAD.size] != data[at : at + _HEAD.size]:
        return None
    return mark, number, payload


def _next_frame(data: bytes, at: int) -> int:
    while True:
        candidates = [i for i in (data.find(EVENT, at), data.find(SETTLED, at)) if i >= 0]
        if not candidates:
            return len(data)
        at = min(candidates)
        if _at(data, at) is not None:
            return at
        at += 1


def _ranges(numbers: Iterable[int]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if found and number == found[-1][1] + 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return found
