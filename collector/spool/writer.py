"""The write side of the spool in one worker: group commit, bounds, sealing. See the package text.

`append` is called on the event loop and returns a future shared by all requests of a group; one thread
writes and syncs, so at most one group is in flight and the next one gathers meanwhile.
"""

import asyncio
import contextlib
import logging
import secrets
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

from collector.spool import counter
from collector.spool.disk import free_bytes, fsync_directory, replace_file, try_lock, unlock
from collector.spool.format import head_of
from collector.spool.reader import OPEN, SEALED, backlog, recover, seal_left_open, segments_of, shards
from collector.spool.segment import OpenSegment

log = logging.getLogger("firsthand.spool")

PROBE_BYTES = 1024**2


class SpoolUnavailable(Exception):
    """The spool cannot keep its promise now: full, failing or draining. Nothing was accepted."""


class SpoolLimits(msgspec.Struct, frozen=True):
    """Bounds of a spool. Sizes in bytes, times in seconds."""

    max_bytes: int = 4 * 1024**3
    min_free_bytes: int = 256 * 1024**2
    seal_bytes: int = 8 * 1024**2
    seal_seconds: float = 5.0


def claim_shard(root: Path, collector_id: str) -> tuple[Path, int]:
    """A shard directory that no live process holds, and its lock; makes a new one if all are taken. Raises OSError."""
    root.mkdir(parents=True, exist_ok=True)
    for shard in shards(root):
        if shard.name.startswith(f"{collector_id}-") and (lock := try_lock(shard)) is not None:
            if counter.read(shard) is not None:
                return shard, lock
            log.error("%s/next is damaged; the shard's segments are loaded, new ones go to a new shard", shard)
            unlock(lock)
    while True:
        shard = root / f"{collector_id}-{secrets.token_hex(4)}"
        shard.mkdir()
        counter.write(shard, 0)  # before the lock: a directory with a lock is a shard
        if (lock := try_lock(shard)) is not None:  # else a neighbour who is starting too looked into it just now
            fsync_directory(shard)
            fsync_directory(root)
            return shard, lock


def _not_sealed(shard: Path, error: OSError) -> None:
    log.warning("%s: cannot seal what was left open: %s; it is tried again", shard.name, error)


class Group(asyncio.Future[None]):
    """What all requests of one sync wait for. Cancelling a task cancels the future it awaits: one request that is
    given up must not take its neighbours with it, so the task is told that this future goes on, and ends after it."""

    def cancel(self, msg: object = None) -> bool:
        return False


class SpoolWriter:
    """One worker's spool. Make it on the event loop, `await close()` it before the process ends."""

    def __init__(
        self,
        root: Path,
        collector_id: str,
        limits: SpoolLimits,
        on_sync: Callable[[float, int], None] = lambda seconds, requests: None,
    ) -> None:
        self._root, self._limits, self._on_sync = root, limits, on_sync
        self._failed = ""
        recover(root, _not_sealed)  # what dead workers left
        self.shard, self._lock = claim_shard(root, collector_id)
        try:
            seal_left_open(self.shard)
        except OSError as error:  # a full disk at the start: answer 503 until `_repair` succeeds
            _not_sealed(self.shard, error)
            self._failed = f"disk error: {error}"
        there = [s.seq + 1 for suffix in (OPEN, SEALED) for s in segments_of(self.shard, suffix)]
        self._next = max([counter.read(self.shard) or 0, *there])
        self._loop = asyncio.get_running_loop()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="spool")
        self._segment: OpenSegment | None = None
        self._buffers: list[bytes] = []
        self._added: list[tuple[int, bytes, int]] = []
        self._group: asyncio.Future[None] | None = None
        self._busy = False
        self._closing = False
        self._full = ""
        self._check_space()
        self._ticker = self._loop.create_task(self._tick())

    @property
    def refusal(self) -> str:
        """Why appends are refused now; empty while the spool is writable."""
        return "draining" if self._closing else self._failed or self._full

    def append(self, kind: int, payload: bytes, rows: int) -> asyncio.Future[None]:
        """Queue one frame. The future is done when it is on the disk; it raises SpoolUnavailable if it cannot be.

        Raises SpoolUnavailable at once while the spool is full, failed or closing.
        """
        if self.refusal:
            raise SpoolUnavailable(self.refusal)
        head = head_of(kind, payload)
        self._buffers += (head, payload)
        self._added.append((kind, head, rows))
        group = self._group
        if group is None:
            group = self._group = Group(loop=self._loop)
            if not self._busy:
                self._busy = True
                # Not now but after the callbacks that are ready: requests that came together sync together
                self._loop.call_soon(self._start_sync)
        return group

    def _start_sync(self) -> None:
        buffers, added, group = self._buffers, self._added, self._group
        if group is None:
            return
        self._buffers, self._added, self._group = [], [], None
        job = self._loop.run_in_executor(self._thread, self._sync, buffers, added)
        job.add_done_callback(lambda done: self._synced(done, group, added))

    def _synced(
        self, done: asyncio.Future[float], group: asyncio.Future[None], added: list[tuple[int, bytes, int]]
    ) -> None:
        error = done.exception()
        if error is None:
            self._on_sync(done.result(), len(added))
            group.set_result(None)
        else:
            self._failed = f"disk error: {error}"
            log.error("spool write failed: %s; answering 503 until it can be written again", error)
            group.set_exception(SpoolUnavailable(self._failed))
            group.exception()  # its requests may be gone; the failure is logged above
        if self._group is not None and not self._failed:
            self._start_sync()
            return
        self._busy = False
        if self._group is not None:
            self._fail_waiting()

    def _fail_waiting(self) -> None:
        group, self._group = self._group, None
        self._buffers, self._added = [], []
        if group is not None:
            group.set_exception(SpoolUnavailable(self._failed or "draining"))
            group.exception()

    # ---- in the writer's thread -------------------------------------------------------------------

    def _sync(self, buffers: list[bytes], added: list[tuple[int, bytes, int]]) -> float:
        started = time.perf_counter()
        if self._segment is not None and self._due(self._segment):
            self._seal()
        if self._segment is None:
            self._segment = self._open_next()
        try:
            self._segment.append(buffers, added)
        except OSError:
            segment, self._segment = self._segment, None
            segment.abandon()
            raise
        return time.perf_counter() - started

    def _due(self, segment: OpenSegment) -> bool:
        too_big = segment.synced >= self._limits.seal_bytes
        return too_big or time.monotonic() - segment.opened >= self._limits.seal_seconds

    def _seal(self) -> None:
        segment, self._segment = self._segment, None
        if segment is not None:
            segment.seal()

    def _open_next(self) -> OpenSegment:
        segment = OpenSegment(self.shard, self._next)
        self._next += 1
        try:
            counter.write(self.shard, self._next)  # after the file exists: numbers have no gaps
        except OSError:
            segment.abandon()
            raise
        return segment

    def _repair(self) -> None:
        """After a failure: seal what was cut off and prove that the disk takes bytes again, and not just a few."""
        if self._segment is None:
            seal_left_open(self.shard)
        probe = self.shard / "probe"
        try:
            replace_file(probe, b"x" * PROBE_BYTES)
        finally:
            probe.unlink(missing_ok=True)

    # ---- on a timer ---------------------------------------------------------------------------------

    async def _tick(self) -> None:
        """Seal what is due, often; look at the disk, and mend what failed, once a second."""
        pause = min(0.2, self._limits.seal_seconds / 4)
        looked = 0.0
        while True:
            await asyncio.sleep(pause)
            if self._segment is not None and not self._busy and self._due(self._segment):
                await self._exclusively(self._seal)
            if time.monotonic() - looked < 1.0:
                continue
            looked = time.monotonic()
            with contextlib.suppress(OSError):  # a vanished disk shows itself in the next append
                self._check_space()
            if self._failed and not self._busy:
                await self._try_repair()

    async def _try_repair(self) -> None:
        if await self._exclusively(self._repair):
            log.warning("spool is writable again")
            self._failed = ""

    async def _exclusively(self, job: Callable[[], None]) -> bool:
        """Run `job` in the writer's thread while appends only gather; False if the disk refused."""
        self._busy = True
        try:
            await self._loop.run_in_executor(self._thread, job)
        except OSError as error:
            self._failed = f"disk error: {error}"
            self._fail_waiting()
            return False
        finally:
            self._busy = False
            if self._group is not None:
                self._busy = True
                self._start_sync()
        return True

    def _check_space(self) -> None:
        waiting = backlog(self._root, time.time())
        if waiting.bytes >= self._limits.max_bytes:
            self._full = f"spool holds {waiting.bytes} bytes (limit {self._limits.max_bytes}); is the loader running?"
        elif free_bytes(self._root) < self._limits.min_free_bytes:
            self._full = "disk nearly full"
        else:
            self._full = ""

    async def close(self) -> None:
        """Drain: refuse new appends, finish the running group, seal, give the shard back."""
        self._closing = True
        self._ticker.cancel()
        while self._busy:
            await asyncio.sleep(0.002)
        try:
            await self._loop.run_in_executor(self._thread, self._seal)
        except OSError as error:
            log.error("could not seal the last segment: %s; the next start will", error)
        self._thread.shutdown()
        unlock(self._lock)
