"""Hand the rows of the tail to everybody who watches; run only while somebody does. See the package text."""

import asyncio
import logging
from collections import Counter, deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from collector.live.tail import Found, Item, SpoolTail

log = logging.getLogger("firsthand.live")

POLL_SECONDS: Final = 0.2
TROUBLE_SECONDS: Final = 2.0
MAX_WATCHERS: Final = 20
CONTEXT_ROWS: Final = 50
WAITING_ROWS: Final = 500
WAITING_BYTES: Final = 2 * 1024 * 1024


class TooManyWatchers(Exception):
    """This process already serves as many watchers as it may."""


@dataclass
class Delivery:
    """What a watcher gets at once.

    `items` are pairs (row, replay): a replayed row is older than the watcher and is not in the counts.
    `rejected` is by reason; `skipped` rows are counted but were left out, here or on the way.
    """

    items: list[tuple[Item, bool]] = field(default_factory=list)
    accepted: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    skipped: int = 0
    unread_bytes: int = 0
    missed_segments: int = 0

    @property
    def counted(self) -> bool:
        """Whether it has anything to tell besides rows."""
        return bool(self.accepted or self.rejected or self.skipped or self.unread_bytes or self.missed_segments)


class Watcher:
    """One open stream, with a bounded store of what it has not fetched yet. `source` filters; None sees all."""

    def __init__(self, source: str | None) -> None:
        self.source = source
        self.closed = False
        self._rows: deque[tuple[Item, bool]] = deque()
        self._bytes = 0
        self._rest = Delivery()
        self._wake = asyncio.Event()

    def offer(self, found: Found, replay: bool) -> None:
        """Add a poll's yield; drops the oldest rows when the store is full and counts them."""
        for item in found.items:
            if self.source in (None, item.source):
                self._push(item, replay)
        if not replay:
            self._count(found)
        if self._rows or self._rest.counted:
            self._wake.set()

    async def take(self, seconds: float) -> Delivery:
        """What has come; waits up to `seconds` for something and returns an empty delivery after that."""
        try:
            await asyncio.wait_for(self._wake.wait(), seconds)
        except TimeoutError:
            return Delivery()
        self._wake.clear()
        delivery, self._rest = self._rest, Delivery()
        delivery.items = list(self._rows)
        self._rows.clear()
        self._bytes = 0
        return delivery

    def close(self) -> None:
        """No more deliveries; wakes whoever waits in `take`."""
        self.closed = True
        self._wake.set()

    def _push(self, item: Item, replay: bool) -> None:
        self._rows.append((item, replay))
        self._bytes += len(item.row)
        while len(self._rows) > WAITING_ROWS or (self._bytes > WAITING_BYTES and len(self._rows) > 1):
            dropped, old = self._rows.popleft()
            self._bytes -= len(dropped.row)
            self._rest.skipped += not old

    def _count(self, found: Found) -> None:
        for (source, reason), rows in found.counts.items():
            if self.source not in (None, source):
                continue
            if reason:
                self._rest.rejected[reason] += rows
            else:
                self._rest.accepted += rows
        self._rest.skipped += sum(n for s, n in found.skipped.items() if self.source in (None, s))
        self._rest.unread_bytes += found.unread_bytes
        self._rest.missed_segments += found.missed_segments


class LiveHub:
    """All watchers of one process over one spool directory. Belongs to the event loop it is used on."""

    def __init__(self, spool_dir: Path, interval: float = POLL_SECONDS, max_watchers: int = MAX_WATCHERS) -> None:
        """`interval` is in seconds. The directory may not exist yet."""
        self._spool_dir, self._interval, self._max = spool_dir, interval, max_watchers
        self._watchers: set[Watcher] = set()
        self._recent: deque[Item] = deque(maxlen=CONTEXT_ROWS)
        self._task: asyncio.Task[None] | None = None
        self._closing = False

    @property
    def watchers(self) -> int:
        return len(self._watchers)

    @property
    def running(self) -> bool:
        """Whether the spool is being read now."""
        return self._task is not None and not self._task.done()

    def watch(self, source: str | None = None) -> Watcher:
        """Begin to watch; give the watcher back to `leave`. Raises TooManyWatchers, also while closing."""
        if self._closing or len(self._watchers) >= self._max:
            raise TooManyWatchers(f"{len(self._watchers)} people watch already; close one of their windows")
        watcher = Watcher(source)
        self._watchers.add(watcher)
        if self.running:
            watcher.offer(Found(items=list(self._recent)), replay=True)
        else:
            self._task = asyncio.create_task(self._follow(), name="live view")
        return watcher

    def leave(self, watcher: Watcher) -> None:
        """End one watch; the spool is read no more after the last. Leaving twice is no error."""
        watcher.close()
        self._watchers.discard(watcher)

    def stop(self) -> None:
        """End all streams and refuse new ones; safe to call from a signal handler of the loop."""
        self._closing = True
        for watcher in list(self._watchers):
            self.leave(watcher)

    async def close(self) -> None:
        """`stop`, and wait until the spool is let go."""
        self.stop()
        if self._task is not None:
            await asyncio.wait([self._task])

    async def _follow(self) -> None:
        tail = SpoolTail(self._spool_dir)
        self._recent.clear()
        replay = True
        try:
            while self._watchers:
                try:
                    found = await asyncio.to_thread(tail.poll)
                except OSError as error:
                    log.warning("the live view cannot read the spool: %s", error)
                    await asyncio.sleep(TROUBLE_SECONDS)
                    continue
                if replay:
                    found.trim(CONTEXT_ROWS)
                self._recent.extend(found.items)
                for watcher in self._watchers:
                    watcher.offer(found, replay)
                replay = False
                await asyncio.sleep(self._interval)
        finally:
            tail.close()  # without awaiting: whoever comes next must find this task done or still looping
            for watcher in self._watchers:
                watcher.close()  # only after a bug; their pages connect again and start a new task
