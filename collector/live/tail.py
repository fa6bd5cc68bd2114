"""Follow the spool's segments and bring out their rows. Blocking; runs in a thread. See the package text.

A shard has at most one open segment and its numbers have no gaps, so one cursor (number, descriptor,
offset) is enough: when a higher number exists, the current segment will not grow any more.
"""

import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from collector.spool import counter
from collector.spool.format import FOOTER, MAGIC, Damage, Frame, frames
from collector.spool.reader import OPEN, SEALED, segments_of, shards

READ_BYTES: Final = 4 * 1024 * 1024  # a poll's bound for one shard; beyond it the cursor jumps ahead
CONTEXT_BYTES: Final = 512 * 1024
ROWS_A_POLL: Final = 200


class Item(NamedTuple):
    """One row. `key` names its place in the spool and is the same in every process."""

    key: str
    source: str
    reason: str  # empty: accepted
    received_at: str
    row: bytes  # a JSON object, as stored


@dataclass
class Found:
    """What one poll brought.

    `counts` has every row read, by (source, reason); `skipped`, by source, those of them that are not in
    `items`. `unread_bytes` were passed over or damaged; `missed_segments` came and went between two polls.
    """

    items: list[Item] = field(default_factory=list)
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    unread_bytes: int = 0
    missed_segments: int = 0

    def trim(self, limit: int) -> None:
        """Keep the newest `limit` items, in order of arrival, and count the others as skipped."""
        self.items.sort(key=lambda item: item.received_at)
        for item in self.items[:-limit]:
            self.skipped[item.source] += 1
        del self.items[:-limit]


class _Head(msgspec.Struct, gc=False):
    """The few columns that sorting and filtering need."""

    source_id: str | None = None
    reason: str | None = None
    received_at: str | None = None


_decode = msgspec.json.Decoder(_Head).decode


class ShardTail:
    """A cursor over one shard. With `context` it begins a little before the end, else with its first segment."""

    def __init__(self, shard: Path, context: bool) -> None:
        self._shard = shard
        self._seq = -1
        self._fd: int | None = None
        self._offset = self._size = 0
        if context:
            self._seek_context()

    def poll(self, found: Found) -> None:
        """Add what came since the last poll. Raises OSError if the disk cannot be read."""
        there = _numbers(self._shard)  # before reading: what has a successor now is complete now
        if self._fd is None:
            self._advance(there, found)
        while self._fd is not None:
            followed = any(seq > self._seq for seq in there)
            ended = self._read(self._fd, found)
            if not ended and not followed:
                return
            self.close()
            self._advance(there, found)

    def close(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def _seek_context(self) -> None:
        there = sorted(_numbers(self._shard))[-2:]
        self._seq = (there[0] if there else counter.read(self._shard) or 0) - 1
        if there:
            self._advance(set(there), Found())
        if self._fd is not None:
            self._offset = max(0, os.fstat(self._fd).st_size - CONTEXT_BYTES)

    def _advance(self, there: set[int], found: Found) -> None:
        for seq in sorted(s for s in there if s > self._seq):
            found.missed_segments += seq - self._seq - 1
            self._seq, self._offset, self._size = seq, 0, 0
            self._fd = _open(self._shard, seq)
            if self._fd is not None:
                return
            found.missed_segments += 1

    def _read(self, fd: int, found: Found) -> bool:
        """Take whole frames up to the present end; True if the footer was among them."""
        size = os.fstat(fd).st_size
        if size == self._size or size <= len(MAGIC):
            return False
        self._size = size
        if size - self._offset > READ_BYTES:
            found.unread_bytes += size - READ_BYTES - self._offset
            self._offset = size - READ_BYTES
        base = self._offset
        for item in frames(memoryview(os.pread(fd, size - base, base))):
            if isinstance(item, Damage):
                if item.what == "corrupt":
                    found.unread_bytes += item.length
                continue  # torn: the writer is not done with it
            if item.kind == FOOTER:
                return True
            self._take(item, base + item.offset, found)
            self._offset = base + item.end
        return False

    def _take(self, frame: Frame, offset: int, found: Found) -> None:
        for number, line in enumerate(bytes(frame.lines()).splitlines()):
            try:
                head = _decode(line)
            except msgspec.MsgspecError:  # not a row of ours: count it, show the others
                found.unread_bytes += len(line)
                continue
            source, reason = head.source_id or "", ""
            if not frame.accepted:
                reason = head.reason or "unknown"
            found.counts[source, reason] += 1
            key = f"{self._shard.name}:{self._seq}:{offset}:{number}"
            found.items.append(Item(key, source, reason, head.received_at or "", line))


class SpoolTail:
    """Cursors over all shards of a spool. The first poll brings rows from before it, for context."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._tails: dict[str, ShardTail] = {}
        self._begun = False

    def poll(self) -> Found:
        """What came since the last poll, at most ROWS_A_POLL items. Raises OSError if the disk cannot be read."""
        found = Found()
        there = {shard.name: shard for shard in shards(self._root)}
        for name in self._tails.keys() - there.keys():
            self._tails.pop(name).close()
        for name, shard in there.items():
            if name not in self._tails:
                self._tails[name] = ShardTail(shard, context=not self._begun)
            self._tails[name].poll(found)
        self._begun = True
        found.trim(ROWS_A_POLL)
        return found

    def close(self) -> None:
        for tail in self._tails.values():
            tail.close()
        self._tails.clear()


def _numbers(shard: Path) -> set[int]:
    try:
        return {s.seq for suffix in (OPEN, SEALED) for s in segments_of(shard, suffix)}
    except FileNotFoundError:
        return set()  # the shard went away between listing and looking


def _open(shard: Path, seq: int) -> int | None:
    """A descriptor of the segment under whichever name it has; None if it is gone."""
    for suffix in (OPEN, SEALED):  # sealing renames from the first to the second, never back
        try:
            return os.open(shard / f"{seq:012d}{suffix}", os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            continue
    return None
