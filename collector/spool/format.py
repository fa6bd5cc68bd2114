"""Bytes of a segment, without any I/O: frames in, frames out. See the package text for the layout.

A kind of frame is never changed: another form is another kind, and old ones are read for ever, because a spool may be
read by a later version than the one that wrote it.
"""

import hashlib
import struct
from collections.abc import Iterator
from typing import NamedTuple

import google_crc32c
import msgspec

from collector.fold import unfold

MAGIC = b"FHSPOOL1"
MARKER = b"\xf1\x57\xd0\x0a"
HEAD = struct.Struct("<4sIIB")
EVENTS, BAD_EVENTS, FOLDED, FOOTER = 1, 2, 3, 255
ACCEPTED = (EVENTS, FOLDED)
KINDS = (*ACCEPTED, BAD_EVENTS, FOOTER)
MAX_FRAME = 64 * 1024 * 1024
CHECKED_AT_ONCE = 64 * 1024

_KIND_BYTE = {k: bytes([k]) for k in KINDS}
_KIND_CRC = {k: google_crc32c.value(b) for k, b in _KIND_BYTE.items()}


class Footer(msgspec.Struct):
    """What a sealed segment says of itself; `sha256` is hex over all frame heads."""

    frames: int
    events: int
    bad_events: int
    sha256: str


class Frame(NamedTuple):
    """One whole frame: where it starts, its kind and its payload (a view of the segment's bytes)."""

    offset: int
    kind: int
    payload: memoryview
    head: bytes

    @property
    def accepted(self) -> bool:
        """Whether the lines are rows of `events`."""
        return self.kind in ACCEPTED

    @property
    def end(self) -> int:
        """Where the next frame starts."""
        return self.offset + len(self.head) + len(self.payload)

    def lines(self) -> memoryview:
        """The payload as NDJSON, whatever form it was written in."""
        return memoryview(unfold(bytes(self.payload))) if self.kind == FOLDED else self.payload


class Damage(NamedTuple):
    """Bytes that are no frame: a `torn` write at the end of the file, else `corrupt`."""

    offset: int
    length: int
    what: str


def head_of(kind: int, payload: bytes) -> bytes:
    """The 13 bytes that go before `payload`."""
    return HEAD.pack(MARKER, len(payload), google_crc32c.extend(_KIND_CRC[kind], payload), kind)


def frames(data: memoryview) -> Iterator[Frame | Damage]:
    """All frames of a segment in order; what is not a frame comes out as Damage. Never raises."""
    offset = len(MAGIC) if bytes(data[: len(MAGIC)]) == MAGIC else 0
    end = len(data)
    while offset < end:
        frame = _frame_at(data, offset, end)
        if frame is not None:
            yield frame
            offset = frame.end
            continue
        following = _resync(data, offset + 1, end)
        torn = following == end and is_torn(data[offset:])
        yield Damage(offset, following - offset, "torn" if torn else "corrupt")
        offset = following


def _frame_at(data: memoryview, offset: int, end: int) -> Frame | None:
    if end - offset < HEAD.size:
        return None
    marker, length, crc, kind = HEAD.unpack_from(data, offset)
    start = offset + HEAD.size
    if marker != MARKER or kind not in KINDS or length > MAX_FRAME or start + length > end:
        return None
    payload = data[start : start + length]
    if _checksum(kind, payload) != crc:
        return None
    return Frame(offset, kind, payload, bytes(data[offset:start]))


def _checksum(kind: int, payload: memoryview) -> int:
    """Part by part, because the library takes only `bytes`: a copy that stays in the processor's cache."""
    crc: int = _KIND_CRC[kind]
    for start in range(0, len(payload), CHECKED_AT_ONCE):
        crc = google_crc32c.extend(crc, bytes(payload[start : start + CHECKED_AT_ONCE]))
    return crc


def is_torn(tail: memoryview) -> bool:
    """Whether the file's last bytes are what an interrupted write leaves: the beginning of a frame, or zeros.

    A whole frame with a wrong checksum is something else: it may have been acknowledged, so it is damage.
    """
    if len(tail) >= HEAD.size:
        marker, length, _, kind = HEAD.unpack_from(tail)
        if marker == MARKER and kind in KINDS:
            return bool(HEAD.size + length > len(tail))
    return MARKER.startswith(bytes(tail[: len(MARKER)])) or not any(tail)


def _resync(data: memoryview, offset: int, end: int) -> int:
    """Where the next valid frame begins, or the end of the data."""
    whole = data.obj if isinstance(data.obj, bytes) and len(data.obj) == end else bytes(data)
    while (found := whole.find(MARKER, offset)) != -1:
        if _frame_at(data, found, end) is not None:
            return found
        offset = found + 1
    return end


class HeadHash:
    """The running identity of a segment: counts and SHA-256 over the frame heads."""

    def __init__(self) -> None:
        self._sha = hashlib.sha256()
        self.frames = self.events = self.bad_events = 0

    def add(self, kind: int, head: bytes, rows: int) -> None:
        self._sha.update(head)
        self.frames += 1
        if kind in ACCEPTED:
            self.events += rows
        elif kind == BAD_EVENTS:
            self.bad_events += rows

    def footer(self) -> Footer:
        return Footer(self.frames, self.events, self.bad_events, self._sha.hexdigest())
