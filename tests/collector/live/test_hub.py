"""Watchers get what they asked for, within bounds, and nobody reads the spool while nobody watches."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from collector.live import hub as hub_module
from collector.live.hub import CONTEXT_ROWS, WAITING_ROWS, Delivery, LiveHub, TooManyWatchers, Watcher
from collector.live.sse import HEARTBEAT, stream_of
from collector.live.tail import Found, Item, SpoolTail
from tests.collector.live.rows import event, refused, write, writer

QUICK = 0.01


@pytest.fixture(autouse=True)
def polls(monkeypatch: pytest.MonkeyPatch) -> list[SpoolTail]:
    """A tail for every poll that is over: what comes after a tail's first is new, not from before."""
    over: list[SpoolTail] = []
    poll = SpoolTail.poll

    def noted(self: SpoolTail) -> Found:
        try:
            return poll(self)
        finally:
            over.append(self)

    monkeypatch.setattr(SpoolTail, "poll", noted)
    return over


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(QUICK)


def item(number: int, source: str = "shop", reason: str = "", size: int = 2) -> Item:
    return Item(f"s:0:{number}:0", source, reason, "2026-01-01T00:00:00Z", b"{}".ljust(size))


def found(*items: Item) -> Found:
    result = Found(items=list(items))
    for i in items:
        result.counts[i.source, i.reason] += 1
    return result


async def gather(watcher: Watcher, rows: int) -> Delivery:
    """Deliveries until `rows` have come, added up."""
    total = Delivery()
    for _ in range(50):
        part = await watcher.take(1.0)
        total.items += part.items
        total.accepted += part.accepted
        total.rejected += part.rejected
        total.skipped += part.skipped
        if len(total.items) >= rows:
            return total
    raise AssertionError(f"only {len(total.items)} of {rows} rows came")


async def test_two_watchers_see_all_workers_accepted_and_refused(tmp_path: Path, polls: list[SpoolTail]) -> None:
    hub = LiveHub(tmp_path, QUICK)
    spools = [writer(tmp_path), writer(tmp_path)]
    watchers = [hub.watch(), hub.watch()]
    await until(lambda: polls)
    await write(spools[0], event(1))
    await write(spools[1], event(2), refused(3))
    for watcher in watchers:
        total = await gather(watcher, 3)
        assert (total.accepted, total.rejected, total.skipped) == (2, {"no_consent": 1}, 0)
        assert not any(replay for _, replay in total.items)
    await hub.close()
    for spool in spools:
        await spool.close()


async def test_rows_from_before_are_context_and_not_counted(tmp_path: Path) -> None:
    spool = writer(tmp_path)
    await write(spool, *[event(n) for n in range(CONTEXT_ROWS + 10)])
    hub = LiveHub(tmp_path, QUICK)
    total = await gather(hub.watch(), CONTEXT_ROWS)
    assert len(total.items) == CONTEXT_ROWS
    assert all(replay for _, replay in total.items)
    assert (total.accepted, total.skipped) == (0, 0)
    later = await gather(hub.watch(), CONTEXT_ROWS)  # who comes second gets the same
    assert [i.key for i, _ in later.items] == [i.key for i, _ in total.items]
    assert all(replay for _, replay in later.items)
    await hub.close()
    await spool.close()


async def test_a_source_sees_only_its_own_rows_and_counts(tmp_path: Path, polls: list[SpoolTail]) -> None:
    hub = LiveHub(tmp_path, QUICK)
    spool = writer(tmp_path)
    watcher = hub.watch("app")
    await until(lambda: polls)
    await write(spool, event(1), refused(2, source_id="other"), event(3, source_id="app"))
    total = await gather(watcher, 1)
    assert [i.source for i, _ in total.items] == ["app"]
    assert (total.accepted, total.rejected) == (1, {})
    assert not (await watcher.take(0.1)).items
    await hub.close()
    await spool.close()


async def test_the_spool_is_read_only_while_somebody_watches(tmp_path: Path, polls: list[SpoolTail]) -> None:
    hub = LiveHub(tmp_path, QUICK)
    before = hub.running
    first, second = hub.watch(), hub.watch()
    assert (before, hub.running) == (False, True)
    hub.leave(first)
    hub.leave(first)
    so_far = len(polls)
    await until(lambda: len(polls) > so_far + 2)
    assert hub.running
    hub.leave(second)
    await until(lambda: not hub.running)
    assert hub.watchers == 0
    spool = writer(tmp_path)
    so_far = len(polls)
    again = hub.watch()
    await until(lambda: len(polls) > so_far)
    await write(spool, event(1))
    assert (await gather(again, 1)).accepted == 1
    await hub.close()
    assert not hub.running
    await spool.close()


async def test_who_comes_while_the_last_one_leaves_is_served(tmp_path: Path) -> None:
    spool = writer(tmp_path)
    hub = LiveHub(tmp_path, QUICK)
    for n in range(30):
        watcher = hub.watch()
        await asyncio.sleep(0.0007 * n)
        hub.leave(watcher)
    watcher = hub.watch()
    await write(spool, event(1))
    assert (await gather(watcher, 1)).items
    await hub.close()
    await spool.close()


async def test_a_slow_watcher_loses_his_oldest_rows_and_is_told(tmp_path: Path) -> None:
    watcher = Watcher(None)
    for n in range(WAITING_ROWS + 7):
        watcher.offer(found(item(n)), replay=False)
    delivery = await watcher.take(1)
    assert len(delivery.items) == WAITING_ROWS
    assert delivery.items[0][0].key == "s:0:7:0"
    assert (delivery.accepted, delivery.skipped) == (WAITING_ROWS + 7, 7)
    assert b'"skipped":7' in stream_of(delivery)


async def test_what_waits_is_bounded_in_bytes_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "WAITING_BYTES", 10_000)
    watcher = Watcher(None)
    for n in range(20):
        watcher.offer(found(item(n, size=3000)), replay=False)
    delivery = await watcher.take(1)
    assert (len(delivery.items), delivery.skipped) == (3, 17)
    watcher.offer(found(item(99, size=30_000)), replay=False)
    assert len((await watcher.take(1)).items) == 1  # one row always fits


async def test_counts_are_exact_when_rows_are_skipped_on_the_way() -> None:
    watcher = Watcher("shop")
    poll = found(item(1), item(2, reason="bot"), item(3, source="app"))
    poll.skipped.update({"shop": 5, "app": 9})
    poll.counts["shop", ""] += 5
    poll.unread_bytes, poll.missed_segments = 77, 1
    watcher.offer(poll, replay=False)
    delivery = await watcher.take(1)
    assert (delivery.accepted, delivery.rejected, delivery.skipped) == (6, {"bot": 1}, 5)
    assert (delivery.unread_bytes, delivery.missed_segments) == (77, 1)


async def test_silence_is_a_heartbeat() -> None:
    watcher = Watcher(None)
    delivery = await watcher.take(0.01)
    assert stream_of(delivery) == HEARTBEAT


async def test_only_so_many_may_watch(tmp_path: Path) -> None:
    hub = LiveHub(tmp_path, QUICK, max_watchers=2)
    first, _ = hub.watch(), hub.watch()
    with pytest.raises(TooManyWatchers, match="close one"):
        hub.watch()
    hub.leave(first)
    hub.watch()
    await hub.close()
    with pytest.raises(TooManyWatchers):
        hub.watch()


async def test_stopping_wakes_and_ends_every_watcher(tmp_path: Path) -> None:
    hub = LiveHub(tmp_path, QUICK)
    watcher = hub.watch()
    waiting = asyncio.create_task(watcher.take(600))
    await asyncio.sleep(0.05)
    hub.stop()
    assert await asyncio.wait_for(waiting, 60) == Delivery()
    assert watcher.closed
    await hub.close()


async def test_a_spool_that_cannot_be_read_is_logged_and_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(hub_module, "TROUBLE_SECONDS", 0.01)
    spool = writer(tmp_path)
    await write(spool, event(1))
    path = next(spool.shard.glob("*.open"))
    path.rename(tmp_path / "kept")
    path.symlink_to(path.name)  # a loop: opening it fails also for root
    hub = LiveHub(tmp_path, QUICK)
    watcher = hub.watch()
    await until(lambda: "cannot read the spool" in caplog.text)
    path.unlink()
    (tmp_path / "kept").rename(path)
    assert len((await gather(watcher, 1)).items) == 1
    await hub.close()
    await spool.close()
