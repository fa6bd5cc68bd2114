"""What one collector worker knows of consent, and its only way to the store.

Two rules shape it. *A slow store never holds up an event*: the store is used in two threads of our own, and
everything that an event needs (policy, map, what was heard) lies in memory. *Nothing is decided on what we do not
know*: until the store was read for the first time, and when it could not be read for five minutes, `ready` is False
and the collector answers 503, so clients keep their events.

Once a second `poll` reads each site's `revision` (a published policy, a changed map) and the changes since the last
number (denials, suppressions). So a withdrawal that one worker, or another machine over PostgreSQL, recorded bites
everywhere within about a second; the worker that records it knows at once. After a restart the same read gives the
same knowledge.

Choices are written in groups: whatever waits goes into one transaction, with one sync of the disk. The queue is
bounded.

There is no store until somebody publishes: an installation that uses none of this pays one look for a file a second.
"""

import asyncio
import logging
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa
from msgspec import Struct
from sqlalchemy import Connection

from consent.gate import SiteGate
from consent.heard import Heard
from consent.keys import KeyRing, load_or_create
from consent.model import EventRule
from consent.receipts import ChoiceError
from consent.record import Published, Recorded, Request, World, record
from consent.store import Store, open_store, sqlite_path
from consent.store.tables import change, served_notice, site
from consent.store.upsert import upsert
from consent.subjects import Subjects, short
from consent.tally import Done, Tally
from consent.tokens import TokenReader

log = logging.getLogger("firsthand.consent")
T = TypeVar("T")
Noted = tuple[str, str, str, str, bool]  # site, source, event, purpose, is it in the map
Served = tuple[str, str, str, str, str, str]  # site, day, notice, policy, jurisdiction, region

GROUP = 200
MAX_WAITING = 2_000
STALE_SECONDS = 300.0
FIRST_SECONDS = 10.0
FLUSH_EVERY = 5  # polls
MANY = 2_000


class Busy(Exception):
    """The store cannot take this now; the client should come back."""


class Site(Struct):
    """One site as this worker knows it. `last`: the newest number that was heard."""

    id: str
    revision: int
    gate: SiteGate
    book: dict[str, Published]
    events: tuple[EventRule, ...]
    heard: Heard
    last: int = 0


class Registry:
    """See the module's text. `clock` in milliseconds since the epoch, `steady` in seconds."""

    def __init__(
        self, url: str, keys: Path, clock: Callable[[], int], steady: Callable[[], float], new_id: Callable[[], str],
        random: Callable[[int], bytes],
    ) -> None:  # fmt: skip
        self._url, self._key_path = url, keys
        self._clock, self._steady, self._new_id, self._random = clock, steady, new_id, random
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="consent")
        self._store: Store | None = None
        self._waiting: list[tuple[str, Request, asyncio.Future[Recorded]]] = []
        self._writer: asyncio.Task[None] | None = None
        self._read_at: float | None = None
        self._absent: bool | None = None
        self._hearing = threading.Lock()
        self._failing = False
        self._polls = 0
        self._key_stamp = 0
        self.sites: dict[str, Site] = {}
        self.ring: KeyRing | None = None
        self.tokens: TokenReader | None = None
        self.subjects: Subjects | None = None
        self.tally = Tally()
        self.noted: Counter[Noted] = Counter()
        self.served: Counter[Served] = Counter()

    @property
    def exists(self) -> bool:
        """Has anybody made the store?"""
        path = sqlite_path(self._url)
        return path is None or path.exists()

    @property
    def ready(self) -> bool:
        """Do we know enough to decide? True as well if there is nothing to know."""
        if self._read_at is not None:
            return self._steady() - self._read_at < STALE_SECONDS
        return not self.exists if self._absent is None else self._absent

    async def poll(self) -> None:
        """Learn what changed. Never raises: a store that is away is logged once and asked again."""
        try:
            # Kept, because every request asks whether we are ready, and a look at the disk costs as much as an event
            self._absent = self._store is None and not self.exists
            if self._absent:
                return
            await self.run(self._poll)
        except Exception as error:  # noqa: BLE001 - drivers raise what they like; the text may hold an address
            if not self._failing:
                log.error("the consent store cannot be read: %s", type(error).__name__)
            self._failing = True
        else:
            if self._failing:
                log.warning("the consent store can be read again")
            self._failing = False

    async def listen(self) -> asyncio.Task[None]:
        """Poll now, then once a second until the task is cancelled. A store that does not answer does not keep us."""
        first = asyncio.create_task(self.poll())
        await asyncio.wait([first], timeout=FIRST_SECONDS)

        async def again() -> None:
            await first
            while True:
                await asyncio.sleep(1.0)
                await self.poll()

        return asyncio.create_task(again())

    async def run(self, work: Callable[[Store], T]) -> T:
        """Do something with the store in a thread. Raises what it raises."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, lambda: work(self._opened()))

    async def choose(self, site_id: str, request: Request) -> Recorded:
        """Record one choice; returns when it is durable. Raises ChoiceError, or Busy if too many wait."""
        if len(self._waiting) >= MAX_WAITING:
            raise Busy
        future: asyncio.Future[Recorded] = asyncio.get_running_loop().create_future()
        self._waiting.append((site_id, request, future))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_waiting())
        return await future

    def tell(self, site_id: str, subject: str, seq: int, denied: Sequence[str]) -> None:
        """This worker knows at once what it recorded itself."""
        known = self.sites.get(site_id)
        if known is not None:
            with self._hearing:
                known.heard.tell(short(subject), seq, denied)

    def drain(self) -> dict[Done, int]:
        """What the gate did since the last call; it is also kept for the officers' list of what was seen."""
        found = self.tally.drain()
        for done, count in found.items():
            self.noted[done.site, done.source, done.event, done.purpose, done.mapped] += count
        return found

    async def close(self) -> None:
        """Write what waits, and give the store back."""
        if self._writer is not None:
            await asyncio.wait([self._writer])
        if self._store is not None:
            try:
                await self.run(self._flush)
            except sa.exc.SQLAlchemyError as error:
                log.error("counts of events and notices were lost: %s", type(error).__name__)
            self._store.close()
        self._threads.shutdown()

    async def _write_waiting(self) -> None:
        while self._waiting:
            site_id = self._waiting[0][0]
            group = [w for w in self._waiting if w[0] == site_id][:GROUP]
            chosen = {id(w) for w in group}
            self._waiting = [w for w in self._waiting if id(w) not in chosen]
            try:
                outcomes = await self.run(partial(self._record, site_id, [w[1] for w in group]))
            except Exception as error:  # noqa: BLE001 - every driver's, for everybody who waits
                log.error("choices could not be recorded: %s", type(error).__name__)
                for _, _, future in group:
                    if not future.done():
                        future.set_exception(Busy())
                continue
            for (_, _, future), outcome in zip(group, outcomes, strict=True):
                if future.done():
                    continue  # the client is gone; what it chose is recorded
                if isinstance(outcome, ChoiceError):
                    future.set_exception(outcome)
                else:
                    future.set_result(outcome)

    def world(self) -> World:
        """Time, luck and keys for whoever records. Raises Busy before the keys were read."""
        if self.ring is None:
            raise Busy
        return World(self._clock(), self._new_id, self._random, self.ring)

    def _record(self, site_id: str, requests: list[Request], store: Store) -> list[Recorded | ChoiceError]:
        from consent.admin import policies

        with store.write() as connection:
            # Not our memory of it: another machine may have published a moment ago
            book = policies.book(connection, site_id)
            outcomes = record(connection, site_id, book, requests, self.world())
        for outcome in outcomes:
            for news in outcome.news if isinstance(outcome, Recorded) else ():
                self.tell(site_id, news.subject, news.seq, news.denied)
        return outcomes

    def _opened(self) -> Store:
        if self._store is None:
            self._store = open_store(self._url)
        return self._store

    def _poll(self, store: Store) -> None:
        self._load_keys()
        with store.read() as connection:
            revisions = {row.id: row.revision for row in connection.execute(sa.select(site.c.id, site.c.revision))}
            sites = dict(self.sites)
            for id, revision in revisions.items():
                known = sites.get(id)
                if known is None or known.revision != revision:
                    fresh = _load(connection, id, revision, known)
                    if fresh is not None:
                        sites[id] = fresh
                if id in sites:
                    self._listen(connection, sites[id])
        self.sites = sites
        self._read_at = self._steady()
        self._polls += 1
        if self._polls % FLUSH_EVERY == 0:
            self._flush(store)

    def _listen(self, connection: Connection, known: Site) -> None:
        """Hear what happened since. Numbers only grow: the chain's head is locked while one is given."""
        query = (
            sa.select(change.c.seq, change.c.subject, change.c.denied)
            .where(change.c.site == known.id, change.c.seq > known.last)
            .order_by(change.c.seq)
        )
        news = [(short(row.subject), row.seq, _purposes(row.denied)) for row in connection.execute(query)]
        with self._hearing:
            if len(news) > MANY:
                known.heard.fill(news)
            else:
                for one in news:
                    known.heard.tell(*one)
        if news:
            known.last = news[-1][1]

    def _load_keys(self) -> None:
        stamp = self._key_path.stat().st_mtime_ns if self._key_path.exists() else 0
        if self.ring is None or stamp != self._key_stamp:
            self.ring = load_or_create(self._key_path, self._clock())
            self.tokens = TokenReader(self.ring)
            self.subjects = Subjects(self.ring.subject[-1])
            self._key_stamp = self._key_path.stat().st_mtime_ns

    def _flush(self, store: Store) -> None:
        """Write counts: what was seen, and which notices were served."""
        noted, self.noted = self.noted, Counter()
        served, self.served = self.served, Counter()
        if not noted and not served:
            return
        try:
            with store.write() as connection:
                self._write_counts(connection, noted, served)
        except sa.exc.SQLAlchemyError:
            self.noted.update(noted)  # for the next round
            self.served.update(served)
            raise

    def _write_counts(self, connection: Connection, noted: Counter[Noted], served: Counter[Served]) -> None:
        from consent.admin import events

        now = self._clock()
        for id in sorted({key[0] for key in noted}):
            events.note(connection, id, [
                events.Seen(source, event, purpose, mapped, now, now, count)
                for (of, source, event, purpose, mapped), count in noted.items() if of == id
            ])  # fmt: skip
        names = ("site", "day", "notice_hash", "policy_version", "jurisdiction", "region")
        rows = [dict(zip(names, key, strict=True)) | {"count": count} for key, count in sorted(served.items())]
        upsert(connection, served_notice, rows, add=["count"])


def _load(connection: Connection, id: str, revision: int, known: Site | None) -> Site | None:
    """A site's policy and map; what was heard stays. None for a site that has published nothing."""
    from consent.admin import events, policies

    current = policies.current(connection, id)
    if current is None:
        return None
    book = policies.book(connection, id)
    rules = events.current(connection, id)
    versions = {v: {p.id: p.version for p in published.document.purposes} for v, published in book.items()}
    gate = SiteGate(id, current.document, rules, versions)
    heard = known.heard if known is not None else Heard()
    return Site(id, revision, gate, book, rules, heard, known.last if known is not None else 0)


def _purposes(denied: str) -> tuple[str, ...]:
    return tuple(p for p in denied.split(",") if p)
