"""Sealed segments → parsed batches, in order and in bounded memory: the loader's reading half.

Within a shard segments are taken strictly by number. A number that is not there stops the shard while its file
may still come (`.open`); else it is reported loudly, noted as missing in the table, and loading goes on. A damaged
segment gives up its good frames; the file itself goes to `<data>/quarantine` before it is deleted.
"""

import json
import logging
import shutil
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from queue import Queue

import msgspec
import pyarrow as pa

from collector.outcome import Reason
from collector.spool import reader
from warehouse.row import Parsed, Parser, Poison, with_spool
from warehouse.schema import BAD_EVENTS, EVENTS
from warehouse.sinks.part import Part, Position

log = logging.getLogger("firsthand.loader")

MAX_MISSING = 10_000
THREADS = 2
# Segments parsed ahead (8 MB, as whole rows twice that, some 10 MB as Arrow), so that parsing does not wait for a
# commit: with 4 both cores had nothing to do at the end of each, with 8 it was no faster than with 6
AHEAD = 6


@dataclass
class Loaded:
    """One parsed segment. Tables have the full schema of their tables."""

    segment: reader.Segment
    sha256: str
    events: pa.Table
    bad: pa.Table
    poison: int = 0
    repaired: int = 0
    damaged: int = 0

    def part(self, rows: pa.Table) -> Part:
        return Part(self.segment.shard, self.segment.seq, self.sha256, rows)


@dataclass
class Order:
    """Segments that may be taken now, and by shard the numbers that are missing below them."""

    segments: list[reader.Segment] = field(default_factory=list)
    missing: dict[str, frozenset[int]] = field(default_factory=dict)
    newly_missing: int = 0


def order(segments: list[reader.Segment], positions: Mapping[str, Position]) -> Order:
    """Which of the sealed `segments` may be taken, given what the table holds."""
    taken = Order()
    by_shard: dict[str, list[reader.Segment]] = defaultdict(list)
    for segment in segments:
        by_shard[segment.shard].append(segment)
    for shard, found in by_shard.items():
        position = positions.get(shard)
        expected = found[0].seq if position is None else position.seq + 1
        gone = set(position.missing) if position else set()
        for segment in found:
            jumped = range(expected, segment.seq)
            if any(segment.path.with_name(f"{n:012d}{end}").exists() for n in jumped for end in (".open", ".sealed")):
                log.warning("shard %s: segment %d is not sealed yet; waiting for it", shard, expected)
                break
            if jumped:
                log.error(
                    "shard %s: segments %d to %d are missing; their events are lost unless the files are put "
                    "back into the spool", shard, jumped.start, jumped.stop - 1,
                )  # fmt: skip
                taken.newly_missing += len(jumped)
                gone |= set(jumped[-MAX_MISSING:])
            taken.segments.append(segment)
            expected = max(expected, segment.seq + 1)
        taken.missing[shard] = frozenset(gone - {segment.seq for segment in taken.segments if segment.shard == shard})
    return taken


class Intake:
    """Reads and parses segments in a few threads, ahead of the one that commits."""

    def __init__(self, data: Path) -> None:
        self._quarantine = data / "quarantine"
        self._desks: Queue[_Desk] = Queue()
        for _ in range(THREADS):
            self._desks.put(_Desk())
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="parse")

    def batches(self, segments: list[reader.Segment], rows: int) -> Iterator[list[Loaded]]:
        """Parsed segments in order, about `rows` rows at a time (a segment is never split)."""
        batch: list[Loaded] = []
        held: set[str] = set()
        for segment, future in self._ahead(segments):
            if segment.shard in held:
                continue
            try:
                loaded = future.result()
            except FileNotFoundError:
                continue  # another loader committed and deleted it
            except OSError as error:
                log.error("cannot read %s: %s; its shard waits", segment.path, error)
                held.add(segment.shard)
                continue
            batch.append(loaded)
            if sum(one.events.num_rows + one.bad.num_rows for one in batch) >= rows:
                yield batch
                batch = []
        if batch:
            yield batch

    def _ahead(self, segments: list[reader.Segment]) -> "Iterator[tuple[reader.Segment, Future[Loaded]]]":
        """Each segment with its parsing, begun up to AHEAD segments before it is asked for."""
        coming: deque[tuple[reader.Segment, Future[Loaded]]] = deque()
        waiting = iter(segments)
        try:
            while True:
                for segment in islice(waiting, AHEAD - len(coming)):
                    coming.append((segment, self._threads.submit(self.load, segment)))
                if not coming:
                    return
                yield coming.popleft()
        finally:
            for _, future in coming:
                future.cancel()

    def load(self, segment: reader.Segment) -> Loaded:
        """One segment, parsed. Raises OSError if it cannot be read; never for what it contains."""
        desk = self._desks.get()
        try:
            return self._load(segment, desk)
        finally:
            self._desks.put(desk)

    def _load(self, segment: reader.Segment, desk: "_Desk") -> Loaded:
        try:
            content = reader.read(segment, desk.room)
        except msgspec.DecodeError:
            log.error("%s has an unreadable footer; it goes to quarantine unread", segment.path)
            content = reader.Content(segment)
        told = content.footer if content.intact else None
        events = desk.events.parse(content.events, told.events if told else None)
        bad = desk.bad.parse(content.bad_events, told.bad_events if told else None)
        loaded = Loaded(
            segment,
            content.sha256,
            with_spool(events.table, segment.shard, segment.seq, EVENTS),
            with_spool(_bad_rows(bad, [*events.poison, *bad.poison]), segment.shard, segment.seq, BAD_EVENTS),
            poison=len(events.poison) + len(bad.poison),
            repaired=events.repaired + bad.repaired,
        )
        if not content.intact:
            loaded.damaged = max(1, len(content.damage))
            self._put_aside(segment, loaded)
        if loaded.poison:
            log.error("%s: %d lines are no rows; their keys are in bad_events", segment.path, loaded.poison)
        return loaded

    def _put_aside(self, segment: reader.Segment, loaded: Loaded) -> None:
        self._quarantine.mkdir(parents=True, exist_ok=True)
        target = self._quarantine / f"{segment.shard}-{segment.path.name}"
        shutil.copyfile(segment.path, target)
        log.error(
            "%s is damaged in %d places; %d events were saved from it, the file is kept as %s",
            segment.path, loaded.damaged, loaded.events.num_rows, target,
        )  # fmt: skip

    def close(self) -> None:
        """End the threads and let go of the parsers."""
        self._threads.shutdown(cancel_futures=True)
        while not self._desks.empty():
            self._desks.get().close()


class _Desk:
    """What a thread reads segments with: memory for the file, and a parser for each table."""

    def __init__(self) -> None:
        self.events, self.bad = Parser(EVENTS), Parser(BAD_EVENTS)
        self._file = bytearray()

    def room(self, size: int) -> memoryview:
        """Memory for a file, the same each time: what was read there before must not be needed any more."""
        if len(self._file) < size:
            self._file = bytearray(size)
        return memoryview(self._file)[:size]

    def close(self) -> None:
        """Let go of the parsers."""
        self.events.close()
        self.bad.close()


def _bad_rows(parsed: Parsed, poison: list[Poison]) -> pa.Table:
    if not poison:
        return parsed.table
    now = datetime.now(UTC)
    rows = [
        {
            "received_at": now,
            "reason": str(Reason.INTERNAL),
            "detail": one.detail,
            "payload": json.dumps({"keys": one.keys, "bytes": one.length}),
        }
        for one in poison
    ]
    return pa.concat_tables([parsed.table, pa.Table.from_pylist(rows, schema=parsed.table.schema)])
