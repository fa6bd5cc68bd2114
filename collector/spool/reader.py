"""Reading and deleting segments: what the loader, the live view and the metrics see of the spool.

Nothing here needs the writing process to be alive. `recover` takes over what a killed worker left open.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from collector.spool import counter
from collector.spool.disk import fsync_directory, try_lock, unlock
from collector.spool.format import (
    FOOTER,
    MAGIC,
    Damage,
    Footer,
    Frame,
    HeadHash,
    frames,
    head_of,
)

SEALED, OPEN = ".sealed", ".open"


@dataclass(frozen=True, order=True)
class Segment:
    """A sealed segment's name: shard and sequence number (from 0, no gaps)."""

    shard: str
    seq: int
    path: Path = field(compare=False)

    @property
    def size(self) -> int:
        """Bytes on disk; 0 once it is deleted."""
        try:
            return self.path.stat().st_size
        except FileNotFoundError:
            return 0


@dataclass
class Content:
    """A read segment. `events` and `bad_events` are NDJSON, one payload a request.

    `sha256` (hex) is recomputed from the bytes; `intact` says that it equals the footer's and that
    nothing was damaged. `damage` lists what could not be read.
    """

    segment: Segment
    events: list[memoryview] = field(default_factory=list)
    bad_events: list[memoryview] = field(default_factory=list)
    sha256: str = ""
    footer: Footer | None = None
    damage: list[Damage] = field(default_factory=list)

    @property
    def intact(self) -> bool:
        return not self.damage and self.footer is not None and self.footer.sha256 == self.sha256


def shards(root: Path) -> list[Path]:
    """Shard directories below the spool directory `root`, by name."""
    if not root.is_dir():
        return []
    return sorted(p for p in root.iterdir() if p.is_dir() and (p / "lock").exists())


def sealed(root: Path) -> list[Segment]:
    """All sealed segments, by shard and sequence number."""
    return sorted(s for shard in shards(root) for s in segments_of(shard, SEALED))


def segments_of(shard: Path, suffix: str) -> list[Segment]:
    """Segments of one shard directory that end in `suffix`, by number."""
    found = (p for p in shard.iterdir() if p.suffix == suffix and p.stem.isdigit())
    return sorted(Segment(shard.name, int(p.stem), p) for p in found)


def read(segment: Segment, room: Callable[[int], memoryview] | None = None) -> Content:
    """The segment's payloads, checksums verified. Raises FileNotFoundError if it is gone.

    `room` gives so many writable bytes to read the file to: who reads many needs no fresh memory for each. The payloads
    may be views of them.
    """
    content = Content(segment)
    hashed = HeadHash()
    data = memoryview(segment.path.read_bytes()) if room is None else _read_into(room, segment.path)
    for item in frames(data):
        if isinstance(item, Damage):
            content.damage.append(item)
        elif item.kind == FOOTER:
            content.footer = msgspec.json.decode(item.payload, type=Footer)
        else:
            (content.events if item.accepted else content.bad_events).append(item.lines())
            hashed.add(item.kind, item.head, 0)
    content.sha256 = hashed.footer().sha256
    return content


def _read_into(room: Callable[[int], memoryview], path: Path) -> memoryview:
    with path.open("rb", buffering=0) as file:
        size = os.fstat(file.fileno()).st_size
        data, done = room(size), 0
        while done < size and (count := file.readinto(data[done:])):
            done += count
    return data[:done]


def remove(*segments: Segment) -> None:
    """Delete committed segments, durably. Deleting one that is gone is no error."""
    for segment in segments:
        segment.path.unlink(missing_ok=True)
    for shard in sorted({segment.path.parent for segment in segments}):
        fsync_directory(shard)


def recover(root: Path, on_failure: Callable[[Path, OSError], None]) -> list[Segment]:
    """Seal what dead workers left open in shards that nobody holds; returns the newly sealed segments.

    A shard whose disk takes no footer (full, failing) is left as it is and given to `on_failure`: what is sealed
    elsewhere can be loaded all the same, and that is what makes room.
    """
    found = []
    for shard in shards(root):
        lock = try_lock(shard)
        if lock is None:
            continue
        try:
            found += seal_left_open(shard)
        except OSError as error:
            on_failure(shard, error)
        finally:
            unlock(lock)
    return found


def seal_left_open(shard: Path) -> list[Segment]:
    """Cut a torn tail off every .open file of a shard and seal it. The caller holds the lock. Raises OSError.

    Damage that is not torn stays in the segment: whoever reads it counts it and puts the file aside.
    """
    found = []
    for segment in segments_of(shard, OPEN):
        whole, hashed = _whole_frames(segment.path)
        # A segment from which nothing was acknowledged keeps its number too: numbers have no gaps
        footer = msgspec.json.encode(hashed.footer())
        with segment.path.open("r+b") as file:
            if whole == len(MAGIC):
                file.write(MAGIC)
            file.truncate(whole)
            file.seek(whole)
            file.write(head_of(FOOTER, footer) + footer)
            file.flush()
            os.fsync(file.fileno())
        # The worker may have died before it moved the number on; once sealed, this segment can vanish any moment
        if (counter.read(shard) or 0) <= segment.seq:
            counter.write(shard, segment.seq + 1)
        target = segment.path.with_suffix(SEALED)
        segment.path.rename(target)
        fsync_directory(shard)
        found.append(Segment(segment.shard, segment.seq, target))
    return found


def _whole_frames(path: Path) -> tuple[int, HeadHash]:
    """Length without a torn tail and without a footer, and the identity of the whole frames."""
    hashed, end = HeadHash(), len(MAGIC)
    for item in frames(memoryview(path.read_bytes())):
        if isinstance(item, Frame) and item.kind != FOOTER:
            hashed.add(item.kind, item.head, bytes(item.lines()).count(b"\n"))
            end = item.end
        elif isinstance(item, Damage) and item.what == "corrupt":
            end = max(end, item.offset + item.length)
    return end, hashed


@dataclass(frozen=True)
class Backlog:
    """What waits in the spool: segments, bytes, and the age in seconds of the oldest sealed segment."""

    segments: int
    bytes: int
    oldest_seconds: float


def backlog(root: Path, now: float) -> Backlog:
    """The waiting segments at `now` (seconds since the epoch)."""
    sizes, ages = [], [0.0]
    for segment in sealed(root):
        try:
            status = segment.path.stat()
        except FileNotFoundError:
            continue  # the loader was faster
        sizes.append(status.st_size)
        ages.append(now - status.st_mtime)
    return Backlog(len(sizes), sum(sizes), max(ages))
