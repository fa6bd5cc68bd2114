"""The spool in one process: on the disk before the call returns, gone when delivered; bounded; never in the way."""

import errno
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from spooled import DOWN, YES, balanced, on_disk, run, track
from tests.contract.scripted import Reply, Scripted

from firsthand import Client, Problem, Report
from firsthand.spool import segment
from firsthand.spool.frames import read

ClientOf = Callable[..., Client]


def test_on_the_disk_before_the_call_returns_and_gone_when_delivered(
    collector: Scripted, client_of: ClientOf, tmp_path: Path
) -> None:
    client = client_of(collector.endpoint, spool_dir=str(tmp_path / "new" / "spool"))
    directory = tmp_path / "new" / "spool"
    for n in range(1, 4):
        client.track("X", {"n": n}, user_id="u", consent=YES)
        assert len(on_disk(directory)) == n
    (path,) = directory.glob("*.spool")
    assert path.stat().st_mode & 0o777 == 0o600
    assert directory.stat().st_mode & 0o777 == 0o700
    assert client.flush(60) == Report(3, 0, 0, 0)
    assert on_disk(directory) == []
    assert client.shutdown() == Report(3, 0, 0, 0)
    assert list(directory.iterdir()) == []


def test_what_an_earlier_process_left_is_sent_by_the_next(client_of: ClientOf, tmp_path: Path) -> None:
    with Scripted() as away:
        endpoint, port = away.endpoint, away.port
    first = client_of(endpoint, spool_dir=tmp_path)
    ids = track(first, 250)
    assert first.shutdown(0).pending == 250
    assert on_disk(tmp_path) == ids
    with Scripted() as elsewhere:
        other = client_of(elsewhere.endpoint, spool_dir=tmp_path)
        track(other, 1)
        assert other.flush(60).sent == 1, "another source: not its events"
    with Scripted(port=port) as back:
        second = client_of(endpoint, spool_dir=tmp_path)
        new = track(second, 1)
        assert second.flush(60) == Report(251, 0, 0, 0), "flush means what is left in files as well"
        assert [m["messageId"] for m in back.messages] == [*new, *ids]
        assert (second.stats().captured, second.stats().recovered) == (1, 250)
        assert balanced(second)


def test_a_partly_delivered_file_is_continued_not_repeated(collector: Scripted, client_of: ClientOf,
                                                           tmp_path: Path) -> None:  # fmt: skip
    collector.otherwise = lambda _request: Reply(200 if len(collector.batches) <= 2 else 503)
    first = client_of(collector.endpoint, spool_dir=tmp_path, batch_events=10)
    ids = track(first, 50)
    assert collector.wait(lambda c: len(c.batches) >= 3)
    first.shutdown(0)
    left = on_disk(tmp_path)
    assert left == ids[50 - len(left) :]
    assert len(left) == 30
    collector.otherwise = lambda _request: Reply()
    before = len(collector.messages)
    second = client_of(collector.endpoint, spool_dir=tmp_path)
    second.track("last", user_id="u", consent=YES)
    second.flush(60)
    assert second.flush(60).pending == 0
    assert sorted(m["messageId"] for m in collector.messages[before:] if m["event"] == "X") == sorted(left)


def test_memory_is_bounded_and_the_rest_waits_in_files(client_of: ClientOf, tmp_path: Path,
                                                       monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.setattr("firsthand.spool.log.SEGMENT_BYTES", 20_000)
    with Scripted() as away:
        port = away.port
    client = client_of(f"http://127.0.0.1:{port}", spool_dir=tmp_path, queue_events=100, batch_events=50)
    ids = track(client, 1_000)
    assert None not in ids
    stats = client.stats()
    assert (stats.captured, stats.pending, stats.dropped) == (1_000, 1_000, {})
    assert len(client._delivery.queue) <= 100
    assert sorted(on_disk(tmp_path)) == sorted(filter(None, ids))
    assert len(list(tmp_path.iterdir())) > 5
    with Scripted(port=port) as back:
        assert client.flush(60) == Report(1_000, 0, 0, 0)
        assert [m["messageId"] for m in back.messages] == ids, "in order, each once"
        later = track(client, 3)
        assert client.flush(60).sent == 1_003
        assert [m["messageId"] for m in back.messages[1_000:]] == later
        assert client.shutdown() == Report(1_003, 0, 0, 0)
    assert balanced(client)
    assert list(tmp_path.iterdir()) == []


def test_the_directory_is_bounded_and_what_does_not_fit_is_counted(
    client_of: ClientOf, tmp_path: Path, problems: list[Problem]
) -> None:
    client = client_of(DOWN, spool_dir=tmp_path, spool_bytes=1_000_000, queue_events=10)
    ids = track(client, 2_000, text="x" * 1_000)
    taken = [i for i in ids if i]
    size = sum(p.stat().st_size for p in tmp_path.iterdir())
    assert 700_000 < size <= 1_000_000
    assert client.stats().dropped == {"spool_full": 2_000 - len(taken)}
    assert 500 < len(taken) < 900
    assert balanced(client)
    assert [p.reason for p in problems if p.kind == "dropped"] == ["spool_full"]


def test_a_refused_batch_leaves_the_disk_and_a_wrong_key_does_not(collector: Scripted, client_of: ClientOf,
                                                                  tmp_path: Path) -> None:  # fmt: skip
    collector.replies.append(Reply(400))
    client = client_of(collector.endpoint, spool_dir=tmp_path)
    track(client, 2)
    client.flush(60)
    assert on_disk(tmp_path) == []
    collector.otherwise = lambda _request: Reply(401)
    ids = track(client, 2)
    client.flush(60)
    client.shutdown(0)
    assert set(ids) <= set(on_disk(tmp_path)), "a key that is put right delivers them yet"


# ---- disks that fail ------------------------------------------------------------------------------------------------


def test_a_read_only_directory_costs_durability_and_nothing_else(
    collector: Scripted, client_of: ClientOf, tmp_path: Path, problems: list[Problem], monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_only(*_: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(segment, "create", read_only)  # permissions would not stop root
    client = client_of(collector.endpoint, spool_dir=tmp_path)
    assert None not in track(client, 5)
    assert client.stats().unspooled == 5
    assert client.flush(60) == Report(5, 0, 0, 0)
    assert [(p.kind, p.reason) for p in problems] == [("spool", "unusable")]
    assert "Read-only file system" in problems[0].detail
    monkeypatch.undo()
    time.sleep(1.05)
    track(client, 1)
    assert len(on_disk(tmp_path)) == 1, "a disk that is back is used again"


def test_a_path_that_is_a_file_costs_durability_and_nothing_else(
    collector: Scripted, client_of: ClientOf, tmp_path: Path, problems: list[Problem]
) -> None:
    (tmp_path / "file").write_text("")
    client = client_of(collector.endpoint, spool_dir=tmp_path / "file" / "spool")
    track(client, 2)
    assert client.flush(60) == Report(2, 0, 0, 0)
    assert [(p.kind, p.reason) for p in problems] == [("spool", "unusable")]


def test_a_disk_that_becomes_full_leaves_whole_frames(collector: Scripted, client_of: ClientOf, tmp_path: Path) -> None:
    """A real limit of the kernel: a write over RLIMIT_FSIZE takes a part, then fails, like one on a full disk."""
    code = """
        import resource, signal, sys, firsthand
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (5_000, resource.RLIM_INFINITY))
        for n in range(40): assert firsthand.track('X', {'n': n}, user_id='u', consent={'analytics': True})
        stats = firsthand.stats()
        import os
        print(stats.unspooled, stats.pending, flush=True)
        os._exit(0)
    """
    done = run(code, DOWN, tmp_path)
    unspooled, pending = map(int, done.stdout.split())
    assert pending == 40
    assert 0 < unspooled < 30
    assert len(on_disk(tmp_path)) == 40 - unspooled
    assert [read(p.read_bytes()).damaged for p in tmp_path.glob("*.spool")] == [0]


def test_damaged_files_are_told_and_the_rest_is_sent(
    collector: Scripted, client_of: ClientOf, tmp_path: Path, problems: list[Problem]
) -> None:
    first = client_of(collector.endpoint, spool_dir=tmp_path)
    first._delivery.flusher.start = lambda: None  # type: ignore[method-assign]
    ids = track(first, 3)
    first._delivery.abandon()
    (path,) = tmp_path.glob("*.spool")
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    second = client_of(collector.endpoint, spool_dir=tmp_path)
    second.track("last", user_id="u", consent=YES)
    second.flush(60)
    assert second.flush(60).pending == 0
    got = {m["messageId"] for m in collector.messages}
    assert {ids[0], ids[2]} <= got
    assert ids[1] not in got
    assert [(p.kind, p.reason) for p in problems] == [("spool", "damaged")]
