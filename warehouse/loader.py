"""Sealed segments → one Iceberg commit for many of them → segments deleted.

    order     sealed segments by shard and number; gaps are loud           (intake.py)
    parse     in threads that are ahead of the commit                      (intake.py, row.py)
    keep out  rows of people who were erased                                       (suppress.py)
    dedupe    one row a message                                            (dedupe.py)
    commit    events first, then bad_events, then pii_report, each exactly once  (sinks/, firewall.py)
    remember  the ids, only now
    delete    only segments that all of them show

A crash between any two of these is safe: everything before the delete is repeated and finds itself done. While
the store or the catalog is away nothing is lost either: the segments stay, the error is logged once a change, and
the next attempt waits up to five seconds.
"""

import logging
import math
import threading
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pyarrow as pa

from collector.spool import reader
from collector.spool import report as heartbeat
from collector.spool.report import LoadReport
from warehouse.catalog import StoreConfig
from warehouse.dedupe import Filter, Recent
from warehouse.firewall import report_of
from warehouse.intake import Intake, Loaded, order
from warehouse.mirror import Mirror
from warehouse.schema import BAD_EVENTS, EVENTS, PII_REPORT, TableSchema
from warehouse.sinks import open_sink
from warehouse.sinks.part import Missing, Part
from warehouse.suppress import Suppressed

log = logging.getLogger("firsthand.loader")

MAX_BACKOFF = 5.0
HEARTBEAT_SECONDS = 2.0
# A row is about a kilobyte of NDJSON; a backlog of this much is a full commit whatever its age
BYTES_A_ROW = 1000


class LoaderConfig(msgspec.Struct, frozen=True):
    """Settings of the loader, by the names of docs/settings.md. Times in seconds."""

    data_dir: str
    commit_interval: float = 10.0
    commit_rows: int = 100_000
    dedupe_ids: int = 1_000_000
    expire_every: int = 50
    snapshot_keep_seconds: float = 3600.0
    sink: str = "iceberg"

    @property
    def data(self) -> Path:
        return Path(self.data_dir)

    @property
    def spool(self) -> Path:
        return self.data / "spool"


class Loader:
    """Loads one spool into one store. `on_progress(committed rows so far, segments left)` follows each commit."""

    def __init__(
        self,
        config: LoaderConfig,
        store: StoreConfig,
        on_progress: Callable[[int, int], None] = lambda rows, left: None,
    ) -> None:
        self._config = config
        self._on_progress = on_progress
        self.sink = open_sink(config.sink, store)
        self._mirror = Mirror(store.consent_store, self.sink)
        self._mirrored = -math.inf
        config.data.mkdir(parents=True, exist_ok=True)
        self._intake = Intake(config.data)
        self._suppressed = Suppressed(config.data)
        self._recent: Recent | None = None
        self._unsure: set[tuple[str, str, int]] = set()  # committed by us, answer unknown
        self._reported: set[str] = set()
        self._seen: dict[reader.Segment, float] | None = None  # when by the monotonic clock; None: never looked
        self.total = LoadReport()

    def run_once(self) -> LoadReport:
        """Load everything that is sealed now; returns what this round did and writes the heartbeat.

        Raises what the store or the catalog raises while it is away; what was committed by then stays counted.
        """
        round_ = LoadReport()
        try:
            reader.recover(self._config.spool, self._not_sealed)
            self._load(reader.sealed(self._config.spool), round_)
        except Exception as error:
            round_.error = _named(error)
            raise
        finally:
            self._beat(round_)
        self._copy_ledger(0)
        return round_

    def run(self, stop: threading.Event) -> None:
        """Load until `stop` is set; then load what is sealed once more. Never raises for an absent store."""
        wait, last_error, beat = 0.0, "", 0.0
        poll = min(0.5, max(0.02, self._config.commit_interval / 10))
        while not stop.wait(max(poll, wait)):
            try:
                if self._due():
                    self.run_once()
                    beat = time.monotonic()
                elif time.monotonic() - beat >= HEARTBEAT_SECONDS:
                    self._beat(LoadReport())
                    beat = time.monotonic()
                self._copy_ledger(self._config.commit_interval)
            except Exception as error:  # noqa: BLE001 - the loader outlives every store
                wait = min(MAX_BACKOFF, wait * 2 or 0.25)
                if (text := _named(error)) != last_error:
                    log.error("cannot commit: %s; events stay in the spool, trying again", text)
                    last_error = text
                continue
            if last_error and self.total.error == "":
                log.info("committing again")
            wait, last_error = 0.0, ""
        try:
            self.run_once()
        except Exception as error:  # noqa: BLE001 - the segments stay for the next start
            log.error("stopping with segments in the spool: %s", _named(error))

    def close(self) -> None:
        """Let go of the parsers and the consent store."""
        self._intake.close()
        self._mirror.close()

    def _copy_ledger(self, every: float) -> None:
        """New receipts into the lake, at most once in `every` seconds. A failure is no failure of the events."""
        now = time.monotonic()
        if now - self._mirrored < every:
            return
        self._mirrored = now
        try:
            self._mirror.run_once()
        except Exception as error:  # noqa: BLE001 - it is all still in the store, and copied with the next round
            if (problem := f"consent ledger: {_named(error)}") not in self._reported:
                self._reported.add(problem)
                log.error("receipts are not copied: %s", problem)

    def _due(self) -> bool:
        """A segment waits for half an interval (it gathered for as long before), or there is a commit's worth."""
        waiting = reader.sealed(self._config.spool)
        if sum(segment.size for segment in waiting) >= self._config.commit_rows * BYTES_A_ROW:
            return True
        # Not by the files' times: a wall clock that is set back would make every segment too young for hours
        now = time.monotonic()
        first_look = now if self._seen is not None else -math.inf
        known = self._seen or {}
        self._seen = {segment: known.get(segment, first_look) for segment in waiting}
        oldest = min(self._seen.values(), default=math.inf)
        return now - oldest >= self._config.commit_interval / 2 or bool(self.total.error)

    def _load(self, segments: list[reader.Segment], round_: LoadReport) -> None:
        if not segments:
            return
        plan = order(segments, self.sink.positions(EVENTS))
        round_.missing_segments += plan.newly_missing
        if self._recent is None:
            self._recent = self._refilled()
        done = 0
        for batch in self._intake.batches(plan.segments, self._config.commit_rows):
            self._commit(batch, plan.missing, self._recent, round_)
            done += len(batch)
            batch.clear()  # its rows need not wait in memory until the next ones are parsed
            self._on_progress(round_.committed_events, len(plan.segments) - done)

    def _refilled(self) -> Recent:
        """The memory of ids as the table would have it: repeats also come across a restart."""
        recent = Recent(self._config.dedupe_ids)
        if self._config.dedupe_ids:
            newest = self.sink.recent(EVENTS, "event_id", self._config.dedupe_ids)
            recent.remember(newest.column("event_id"))
        return recent

    def _commit(self, batch: list[Loaded], missing: Missing, recent: Recent, round_: LoadReport) -> None:
        # Of all rows that were sealed, before any is left out: that stays the same however often it is tried
        reports = [one.part(report_of(one.events, *_key(one))) for one in batch]
        for one in batch:
            before = one.events.num_rows
            one.events = self._suppressed.kept(one.events)
            round_.suppressed += before - one.events.num_rows
        repeats = Filter(recent)
        kept = _without_repeats(batch, repeats)
        parts = [one.part(kept[_key(one)]) for one in batch]
        fresh = self._write(EVENTS, parts, missing, round_)
        bad = [one.part(one.bad) for one in batch if one.bad.num_rows]
        fresh_bad = self._write(BAD_EVENTS, bad, missing, round_) if bad else set()
        if reports := [part for part in reports if part.rows.num_rows]:
            self._write(PII_REPORT, reports, missing, round_)
        repeats.remember()
        for one in batch:
            if _key(one) in fresh_bad:
                round_.committed_bad += one.bad.num_rows
            if _key(one) not in fresh:
                round_.already += 1
                continue
            round_.segments += 1
            round_.committed_events += kept[_key(one)].num_rows
            round_.duplicates += one.events.num_rows - kept[_key(one)].num_rows
            round_.poison_rows += one.poison
            round_.repaired_rows += one.repaired
            round_.damaged_frames += one.damaged
        reader.remove(*(one.segment for one in batch))

    def _write(
        self, schema: TableSchema, parts: list[Part], missing: Missing, round_: LoadReport
    ) -> set[tuple[str, int]]:
        """Commit; the (shard, seq) of the parts that this loader put there."""
        keys = {(schema.name, *part[:2]) for part in parts}
        try:
            written = self.sink.write(schema, parts, missing)
        except Exception:
            self._unsure |= keys
            raise
        ours = {part[:2] for part in written.committed}
        ours |= {part[:2] for part in written.already if (schema.name, *part[:2]) in self._unsure}
        self._unsure -= keys
        if schema is EVENTS:
            round_.snapshot_id = written.snapshot_id or round_.snapshot_id
        if written.committed:
            round_.commits += 1
            self._expire(schema, written.snapshots)
        return ours

    def _expire(self, schema: TableSchema, snapshots: int) -> None:
        """Every `expire_every` commits: a commit's time grows with the number of snapshots."""
        if snapshots <= 2 * self._config.expire_every:
            return
        try:
            self.sink.expire(schema, self._config.snapshot_keep_seconds, self._config.expire_every)
        except Exception as error:  # noqa: BLE001 - only speed is lost; the next commit tries again
            log.warning("cannot expire snapshots of %s: %s", schema.name, _named(error))

    def _not_sealed(self, shard: Path, error: OSError) -> None:
        """A dead worker's open segment waits for room on the disk; the sealed ones do not wait for it."""
        if (problem := f"{shard.name}: {_named(error)}") not in self._reported:
            self._reported.add(problem)
            log.warning("cannot seal what a dead worker left open in %s; it is tried again", problem)

    def _beat(self, round_: LoadReport) -> None:
        waiting = reader.backlog(self._config.spool, time.time())
        round_.lag_seconds, round_.pending_segments = round(waiting.oldest_seconds, 3), waiting.segments
        self.total.add(round_)
        try:
            heartbeat.write(self._config.data, self.total, time.time())
        except OSError as error:  # a full disk must not stop the commits that would empty it
            log.warning("cannot write %s: %s", heartbeat.path_of(self._config.data), error)


def _without_repeats(batch: list[Loaded], repeats: Filter) -> dict[tuple[str, int], pa.Table]:
    """By segment its rows that no earlier row repeats. One look for all: most of its cost is per look."""
    keep, kept, start = repeats.keep(_ids(batch)), {}, 0
    for one in batch:
        mine = keep[start : start + one.events.num_rows]
        kept[_key(one)] = one.events if mine.all() else one.events.filter(pa.array(mine))
        start += one.events.num_rows
    return kept


def _ids(batch: list[Loaded]) -> pa.ChunkedArray:
    chunks = [chunk for one in batch for chunk in one.events.column("event_id").chunks]
    return pa.chunked_array(chunks, pa.string())


def _key(one: Loaded) -> tuple[str, int]:
    return one.segment.shard, one.segment.seq


def _named(error: Exception) -> str:
    """An error in one line; catalog and store errors name hosts and buckets, never rows."""
    return f"{type(error).__name__}: {str(error).splitlines()[0][:300] if str(error) else ''}".rstrip(": ")
