"""Group commit, sealing, numbers, locks, recovery, and a disk that fails. Real files, real processes."""

import asyncio
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest

from collector.spool.format import BAD_EVENTS, EVENTS
from collector.spool.reader import OPEN, SEALED, remove, sealed, segments_of, shards
from collector.spool.writer import SpoolLimits, SpoolUnavailable, SpoolWriter
from tests.collector.spool.harness import ROOMY, contents, lines, running


def test_what_was_acknowledged_is_read_back(tmp_path: Path) -> None:
    async def work(writer: SpoolWriter) -> None:
        for i in range(20):
            await writer.append(EVENTS, b"%d\n" % i, 1)
        await writer.append(BAD_EVENTS, b"bad\nbad\n", 2)

    running(tmp_path, work)
    assert lines(tmp_path) == [b"%d" % i for i in range(20)]
    (content,) = contents(tmp_path)
    assert [bytes(p) for p in content.bad_events] == [b"bad\nbad\n"]
    assert content.footer is not None
    assert (content.footer.frames, content.footer.events, content.footer.bad_events) == (21, 20, 2)


def test_requests_that_come_together_share_a_sync(tmp_path: Path) -> None:
    async def one(writer: SpoolWriter, i: int) -> None:
        await writer.append(EVENTS, b"%d\n" % i, 1)

    async def work(writer: SpoolWriter) -> None:
        await asyncio.gather(*(one(writer, i) for i in range(300)))

    groups = running(tmp_path, work)
    assert sum(groups) == 300
    assert len(groups) <= 3
    assert sorted(lines(tmp_path)) == sorted(b"%d" % i for i in range(300))


def test_more_buffers_than_one_system_call_takes(tmp_path: Path) -> None:
    async def work(writer: SpoolWriter) -> None:
        waiting = [writer.append(EVENTS, b"%d\n" % i, 1) for i in range(5000)]
        await asyncio.gather(*waiting)

    running(tmp_path, work)
    assert len(lines(tmp_path)) == 5000


def test_done_means_on_the_disk(tmp_path: Path) -> None:
    """When the future is done, the bytes are in the file: another process would read them."""

    async def work(writer: SpoolWriter) -> None:
        for i in range(5):
            await writer.append(EVENTS, b"payload-%d\n" % i, 1)
            (open_file,) = segments_of(writer.shard, OPEN)
            assert b"payload-%d\n" % i in open_file.path.read_bytes()

    running(tmp_path, work)


def test_a_request_that_is_cancelled_takes_no_other_with_it(tmp_path: Path) -> None:
    async def wait(future: asyncio.Future[None]) -> str:
        await future
        return "durable"

    async def work(writer: SpoolWriter) -> None:
        first = asyncio.create_task(wait(writer.append(EVENTS, b"1\n", 1)))
        second = asyncio.create_task(wait(writer.append(EVENTS, b"2\n", 1)))
        await asyncio.sleep(0)
        first.cancel()
        assert await second == "durable"
        with pytest.raises(asyncio.CancelledError):
            await first

    running(tmp_path, work)
    assert lines(tmp_path) == [b"1", b"2"]


def test_sealed_by_size(tmp_path: Path) -> None:
    async def work(writer: SpoolWriter) -> None:
        for _ in range(6):
            await writer.append(EVENTS, b"x" * 600 + b"\n", 1)

    running(tmp_path, work, SpoolLimits(min_free_bytes=0, seal_bytes=1000))
    assert [len(c.events) for c in contents(tmp_path)] == [2, 2, 2]


def test_sealed_by_age_without_further_events(tmp_path: Path) -> None:
    async def work(writer: SpoolWriter) -> None:
        await writer.append(EVENTS, b"1\n", 1)
        started = time.monotonic()
        while not sealed(tmp_path):
            assert time.monotonic() - started < 60
            await asyncio.sleep(0.02)
        await writer.append(EVENTS, b"2\n", 1)

    running(tmp_path, work, SpoolLimits(min_free_bytes=0, seal_seconds=0.2))
    assert [len(c.events) for c in contents(tmp_path)] == [1, 1]


def test_nothing_written_leaves_no_segment(tmp_path: Path) -> None:
    async def work(writer: SpoolWriter) -> None:
        await asyncio.sleep(0.3)

    running(tmp_path, work, SpoolLimits(min_free_bytes=0, seal_seconds=0.1))
    assert sealed(tmp_path) == []


def test_numbers_have_no_gaps_even_when_segments_were_deleted(tmp_path: Path) -> None:
    async def work(writer: SpoolWriter) -> None:
        await writer.append(EVENTS, b"1\n", 1)

    seen = []
    for _ in range(5):
        running(tmp_path, work)
        for segment in sealed(tmp_path):
            seen.append(segment.seq)
            remove(segment)
    assert seen == [0, 1, 2, 3, 4]
    assert len(shards(tmp_path)) == 1


def test_a_lost_directory_is_a_new_shard(tmp_path: Path) -> None:
    import shutil

    async def work(writer: SpoolWriter) -> None:
        await writer.append(EVENTS, b"1\n", 1)

    running(tmp_path, work)
    (before,) = shards(tmp_path)
    shutil.rmtree(before)
    running(tmp_path, work)
    (after,) = shards(tmp_path)
    assert after.name != before.name


def test_each_writer_has_its_own_shard(tmp_path: Path) -> None:
    async def main() -> None:
        writers = [SpoolWriter(tmp_path, "c1", ROOMY) for _ in range(3)]
        assert len({w.shard for w in writers}) == 3
        for w in writers:
            await w.append(EVENTS, b"1\n", 1)
        await writers[0].close()
        again = SpoolWriter(tmp_path, "c1", ROOMY)
        assert again.shard == writers[0].shard
        for w in (again, *writers[1:]):
            await w.close()

    asyncio.run(main())
    assert len(lines(tmp_path)) == 3


def test_what_is_written_is_for_its_owner_only(tmp_path: Path) -> None:
    async def work(writer: SpoolWriter) -> None:
        await writer.append(EVENTS, b"1\n", 1)

    running(tmp_path, work)
    files = [p for p in tmp_path.rglob("*") if p.is_file()]
    assert files
    assert all(p.stat().st_mode & 0o077 == 0 for p in files)


ABANDON = """
import asyncio, os, sys
from pathlib import Path
from collector.spool.format import EVENTS
from collector.spool.writer import SpoolLimits, SpoolWriter

async def main():
    writer = SpoolWriter(Path(sys.argv[1]), "c1", SpoolLimits(min_free_bytes=0))
    for i in range(7):
        await writer.append(EVENTS, b"%d\\n" % i, 1)
    print(next(writer.shard.glob("*.open")), flush=True)
    os.kill(os.getpid(), 9)

asyncio.run(main())
"""


def _abandoned(root: Path) -> Path:
    done = subprocess.run([sys.executable, "-c", ABANDON, str(root)], capture_output=True, text=True, timeout=60)
    assert done.returncode == -9
    return Path(done.stdout.strip())


@pytest.mark.parametrize("tail", [b"", b"\x00" * 40, b"\xf1\x57", b"\xf1\x57\xd0\x0a\xff\x00"])
def test_a_killed_worker_s_segment_is_sealed_by_the_next(tmp_path: Path, tail: bytes) -> None:
    left = _abandoned(tmp_path)
    with left.open("ab") as file:
        file.write(tail)

    async def work(writer: SpoolWriter) -> None:
        await writer.append(EVENTS, b"new\n", 1)

    running(tmp_path, work)
    assert lines(tmp_path) == [*(b"%d" % i for i in range(7)), b"new"]
    assert [s.seq for s in sealed(tmp_path)] == [0, 1]
    assert not list(tmp_path.rglob("*.open"))


def test_torn_at_any_byte_the_recovered_segment_is_whole(tmp_path: Path) -> None:
    left = _abandoned(tmp_path)
    whole = left.read_bytes()
    shard = left.parent
    for cut in range(0, len(whole), 5):
        for path in shard.glob("*.*"):
            path.unlink()
        left.write_bytes(whole[:cut])
        (shard / "next").unlink(missing_ok=True)

        async def work(writer: SpoolWriter) -> None:
            pass

        running(tmp_path, work)
        expected = [b"%d" % i for i in range(max(0, (cut - 8) // 15))]
        assert [s.path.suffix for s in segments_of(shard, SEALED)] == [".sealed"]
        assert lines(tmp_path) == expected


def test_full_is_said_at_once_and_ends_when_there_is_room(tmp_path: Path) -> None:
    async def work(writer: SpoolWriter) -> None:
        for _ in range(3):
            await writer.append(EVENTS, b"x" * 1000 + b"\n", 1)
        await _until(lambda: bool(writer.refusal))
        assert "limit" in writer.refusal
        with pytest.raises(SpoolUnavailable, match="limit"):
            writer.append(EVENTS, b"no\n", 1)
        for segment in sealed(tmp_path):
            remove(segment)
        await _until(lambda: not writer.refusal)
        await writer.append(EVENTS, b"yes\n", 1)

    running(tmp_path, work, SpoolLimits(max_bytes=2000, min_free_bytes=0, seal_seconds=0.1))
    assert lines(tmp_path) == [b"yes"]


async def _until(condition: object) -> None:
    started = time.monotonic()
    while not condition():  # type: ignore[operator]
        assert time.monotonic() - started < 60
        await asyncio.sleep(0.02)


def test_a_disk_with_too_little_room_is_full(tmp_path: Path) -> None:
    async def work(writer: SpoolWriter) -> None:
        with pytest.raises(SpoolUnavailable, match="nearly full"):
            writer.append(EVENTS, b"1\n", 1)

    running(tmp_path, work, SpoolLimits(min_free_bytes=2**62))
    assert lines(tmp_path) == []


def test_draining_refuses_and_keeps_what_runs(tmp_path: Path) -> None:
    async def work(writer: SpoolWriter) -> None:
        running_ = writer.append(EVENTS, b"1\n", 1)
        closing = asyncio.create_task(writer.close())
        await asyncio.sleep(0)
        with pytest.raises(SpoolUnavailable, match="draining"):
            writer.append(EVENTS, b"2\n", 1)
        await running_
        await closing

    running(tmp_path, work, close=False)
    assert lines(tmp_path) == [b"1"]


FAILING = """
import asyncio, resource, signal, sys
from pathlib import Path
from collector.spool.format import EVENTS
from collector.spool.writer import SpoolLimits, SpoolUnavailable, SpoolWriter

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # then a write over the limit fails with EFBIG, as a full disk would

async def attempt(writer, text):
    try:
        await writer.append(EVENTS, text, 1)
        return True
    except SpoolUnavailable as refused:
        assert str(refused)
        return False

async def main():
    writer = SpoolWriter(Path(sys.argv[1]), "c1", SpoolLimits(min_free_bytes=0))
    assert await attempt(writer, b"before\\n")
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
    refused = await asyncio.gather(*(attempt(writer, b"lost-%d-" % i + b"x" * 3000 + b"\\n") for i in range(8)))
    assert not any(refused), refused
    assert writer.refusal, "a failed write must be said"
    for _ in range(5):
        await asyncio.sleep(0.3)
        assert not await attempt(writer, b"lost\\n"), "the probe needs more than the disk takes"
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    for _ in range(600):
        if not writer.refusal:
            break
        await asyncio.sleep(0.1)
    assert await attempt(writer, b"after\\n"), writer.refusal
    await writer.close()

asyncio.run(main())
"""


def test_a_failing_disk_refuses_and_recovers_without_a_trace(tmp_path: Path) -> None:
    """The limit of a file's size (setrlimit) makes real writes fail in the middle of a group."""
    done = subprocess.run([sys.executable, "-c", FAILING, str(tmp_path)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert lines(tmp_path) == [b"before", b"after"]
    assert [s.seq for s in sealed(tmp_path)] == list(range(len(sealed(tmp_path))))


def test_no_descriptor_is_left_open(tmp_path: Path) -> None:
    async def work(writer: SpoolWriter) -> None:
        for _ in range(5):
            await writer.append(EVENTS, b"x" * 600 + b"\n", 1)

    before = len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        running(tmp_path, work, SpoolLimits(min_free_bytes=0, seal_bytes=500))
    assert len(os.listdir("/proc/self/fd")) <= before
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] > before
