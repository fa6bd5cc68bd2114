"""The cursor sees every row once, whatever happens to the files under it."""

import asyncio
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.live import tail as tail_module
from collector.live.tail import ROWS_A_POLL, Found, SpoolTail
from collector.spool.format import EVENTS, head_of
from collector.spool.reader import SEALED, remove, segments_of
from tests.collector.live.rows import event, refused, write, writer


def ids(found: Found) -> list[str]:
    return [msgspec.json.decode(item.row).get("event_id", "refused") for item in found.items]


async def test_an_empty_or_missing_spool_has_nothing(tmp_path: Path) -> None:
    tail = SpoolTail(tmp_path / "none")
    assert tail.poll() == Found()
    tail.close()


async def test_rows_come_once_and_in_order(tmp_path: Path) -> None:
    spool = writer(tmp_path)
    tail = SpoolTail(tmp_path)
    tail.poll()
    await write(spool, event(1), event(2))
    await write(spool, event(3))
    assert ids(tail.poll()) == ["e-1", "e-2", "e-3"]
    assert tail.poll() == Found()
    await write(spool, event(4))
    found = tail.poll()
    assert ids(found) == ["e-4"]
    assert found.counts == {("shop", ""): 1}
    tail.close()
    await spool.close()


async def test_what_was_there_before_comes_first_for_context(tmp_path: Path) -> None:
    spool = writer(tmp_path)
    await write(spool, *[event(n) for n in range(10)])
    tail = SpoolTail(tmp_path)
    assert len(tail.poll().items) == 10
    assert tail.poll() == Found()
    tail.close()
    await spool.close()


async def test_context_is_only_the_end_of_a_long_segment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tail_module, "CONTEXT_BYTES", 4000)
    spool = writer(tmp_path)
    for n in range(100):
        await write(spool, event(n))
    tail = SpoolTail(tmp_path)
    context = ids(tail.poll())
    assert 2 <= len(context) <= 8
    assert context[-1] == "e-99"
    tail.close()
    await spool.close()


async def test_a_segment_sealed_and_deleted_under_the_cursor_loses_nothing(tmp_path: Path) -> None:
    spool = writer(tmp_path, seal_bytes=1)  # every append begins a new segment
    tail = SpoolTail(tmp_path)
    tail.poll()
    await write(spool, event(1))
    assert ids(tail.poll()) == ["e-1"]
    await write(spool, event(2))  # seals the first, opens the second
    for segment in segments_of(spool.shard, SEALED):
        remove(segment)
    await write(spool, event(3))
    assert ids(tail.poll()) == ["e-2", "e-3"]
    tail.close()
    await spool.close()


async def test_rows_written_before_the_seal_are_read_after_the_deletion(tmp_path: Path) -> None:
    spool = writer(tmp_path)
    tail = SpoolTail(tmp_path)
    tail.poll()
    await write(spool, event(1))
    assert ids(tail.poll()) == ["e-1"]
    await write(spool, event(2))
    await spool.close()
    for segment in segments_of(spool.shard, SEALED):
        remove(segment)
    found = tail.poll()
    assert ids(found) == ["e-2"]
    assert (found.missed_segments, found.unread_bytes) == (0, 0)
    tail.close()


async def test_segments_that_came_and_went_between_two_polls_are_counted(tmp_path: Path) -> None:
    spool = writer(tmp_path, seal_bytes=1)
    tail = SpoolTail(tmp_path)
    tail.poll()
    await write(spool, event(1))
    tail.poll()
    for n in (2, 3, 4):
        await write(spool, event(n))
    for segment in segments_of(spool.shard, SEALED):
        remove(segment)
    found = tail.poll()
    assert ids(found) == ["e-4"]
    assert found.missed_segments == 2
    tail.close()
    await spool.close()


async def test_a_shard_that_was_empty_begins_with_its_next_number(tmp_path: Path) -> None:
    spool = writer(tmp_path)
    await write(spool, event(1))
    await spool.close()
    for segment in segments_of(spool.shard, SEALED):
        remove(segment)
    tail = SpoolTail(tmp_path)
    assert tail.poll() == Found()
    again = writer(tmp_path)
    await write(again, event(2))
    found = tail.poll()
    assert again.shard == spool.shard
    assert (ids(found), found.missed_segments) == (["e-2"], 0)
    tail.close()
    await again.close()


async def test_a_new_worker_is_seen_from_its_first_row(tmp_path: Path) -> None:
    first = writer(tmp_path)
    tail = SpoolTail(tmp_path)
    tail.poll()
    second = writer(tmp_path)
    await write(second, event(2))
    await write(first, event(1))
    found = tail.poll()
    assert sorted(ids(found)) == ["e-1", "e-2"]
    assert len({item.key for item in found.items}) == 2
    tail.close()
    await first.close()
    await second.close()


async def test_refused_events_carry_their_reason(tmp_path: Path) -> None:
    spool = writer(tmp_path)
    tail = SpoolTail(tmp_path)
    tail.poll()
    await write(spool, event(1), refused(2), refused(3, "invalid", source_id="app"))
    found = tail.poll()
    assert found.counts == {("shop", ""): 1, ("shop", "no_consent"): 1, ("app", "invalid"): 1}
    assert sorted((i.source, i.reason) for i in found.items) == [
        ("app", "invalid"),
        ("shop", ""),
        ("shop", "no_consent"),
    ]
    tail.close()
    await spool.close()


async def test_a_poll_shows_a_bounded_number_and_counts_the_rest(tmp_path: Path) -> None:
    spool = writer(tmp_path)
    tail = SpoolTail(tmp_path)
    tail.poll()
    await write(spool, *[event(n) for n in range(ROWS_A_POLL + 30)])
    found = tail.poll()
    assert len(found.items) == ROWS_A_POLL
    assert found.skipped == {"shop": 30}
    assert found.counts == {("shop", ""): ROWS_A_POLL + 30}
    tail.close()
    await spool.close()


async def test_a_flood_is_passed_over_and_said_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tail_module, "READ_BYTES", 20_000)
    spool = writer(tmp_path)
    tail = SpoolTail(tmp_path)
    tail.poll()
    for n in range(200):
        await write(spool, event(n))
    found = tail.poll()
    size = sum(p.stat().st_size for p in spool.shard.glob("*.open"))
    assert ids(found)[-1] == "e-199"
    assert size - 20_000 <= found.unread_bytes < size
    await write(spool, event(200))
    assert ids(tail.poll()) == ["e-200"]
    tail.close()
    await spool.close()


async def test_half_a_frame_waits_for_its_other_half(tmp_path: Path) -> None:
    spool = writer(tmp_path)
    await write(spool, event(1))
    tail = SpoolTail(tmp_path)
    tail.poll()
    payload = b'{"event_id":"e-2","source_id":"shop"}\n'
    whole = head_of(EVENTS, payload) + payload
    path = next(spool.shard.glob("*.open"))
    with path.open("ab") as file:
        file.write(whole[:20])
        file.flush()
        assert tail.poll() == Found()
        file.write(whole[20:])
        file.flush()
        assert ids(tail.poll()) == ["e-2"]
    tail.close()
    await spool.close()


async def test_damage_and_foreign_lines_are_counted_not_shown(tmp_path: Path) -> None:
    spool = writer(tmp_path)
    await write(spool, event(1))
    tail = SpoolTail(tmp_path)
    tail.poll()
    await spool.append(EVENTS, b"not json\n", 1)
    path = next(spool.shard.glob("*.open"))
    before = path.stat().st_size
    await write(spool, event(2))
    damaged = path.stat().st_size - before
    with path.open("r+b") as file:
        file.seek(before + 30)
        file.write(b"\x00")
    await write(spool, event(3))
    found = tail.poll()
    assert ids(found) == ["e-3"]
    assert found.unread_bytes == len("not json") + damaged
    tail.close()
    await spool.close()


async def test_no_descriptor_stays_open(tmp_path: Path) -> None:
    def open_files() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    spool = writer(tmp_path, seal_bytes=1)
    await write(spool, event(0))
    before = open_files()
    tail = SpoolTail(tmp_path)
    for n in range(1, 20):
        await write(spool, event(n))
        tail.poll()
    assert open_files() <= before + 1
    tail.close()
    assert open_files() <= before
    await spool.close()


@settings(max_examples=25, deadline=None)
@given(steps=st.lists(st.sampled_from(["write", "poll", "commit", "restart"]), max_size=25))
def test_whatever_the_order_each_row_comes_once_or_its_segment_is_counted(
    steps: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:

    async def run() -> None:
        root = tmp_path_factory.mktemp("spool")
        spool = writer(root)
        tail = SpoolTail(root)
        tail.poll()
        written, seen, missed = 0, [], 0
        for step in [*steps, "write", "poll"]:  # a gap shows itself when something follows it
            if step == "write":
                written += 1
                await write(spool, event(written))
            elif step == "poll":
                found = tail.poll()
                seen += ids(found)
                missed += found.missed_segments
            elif step == "commit":
                for segment in segments_of(spool.shard, SEALED):
                    remove(segment)
            else:
                await spool.close()
                spool = writer(root)
        tail.close()
        await spool.close()
        assert len(seen) == len(set(seen))
        assert len(seen) <= written
        if not missed:
            assert len(seen) == written

    asyncio.run(run())
