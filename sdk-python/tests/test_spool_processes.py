"""The spool among processes: sent by whoever comes next, once."""

import fcntl
import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from spooled import DOWN, YES, balanced, on_disk, run, track
from tests.contract.scripted import Scripted

from firsthand import Client, Report
from firsthand.guard import Reporter
from firsthand.spool import frames, segment
from firsthand.spool.frames import event_frame
from firsthand.spool.log import Spool

ClientOf = Callable[..., Client]


@pytest.mark.parametrize("end", ["os._exit(0)", "os.kill(os.getpid(), signal.SIGKILL)", "os.abort()"])
def test_no_end_of_a_process_loses_an_event(collector: Scripted, client_of: ClientOf, tmp_path: Path,
                                            end: str) -> None:  # fmt: skip
    code = f"""
        import os, signal, firsthand
        firsthand.configure(batch_seconds=60)
        for n in range(30): firsthand.track('X', user_id='u', consent={{'analytics': True}})
        {end}
    """
    run(code, collector.endpoint, tmp_path, check=False)
    assert collector.messages == []
    assert len(on_disk(tmp_path)) == 30
    run("import firsthand; firsthand.configure(); firsthand.flush(60)", collector.endpoint, tmp_path)
    assert len({m["messageId"] for m in collector.messages}) == len(collector.messages) == 30
    assert list(tmp_path.iterdir()) == []


def test_a_living_sibling_sends_what_a_dead_one_left(collector: Scripted, tmp_path: Path,
                                                     monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.setattr("firsthand.flusher.LOOK_SECONDS", 0.2)
    monkeypatch.setattr("firsthand.spool.log.LOOK_SECONDS", 0.1)
    living = Client("key-1", collector.endpoint, spool_dir=str(tmp_path))
    living.track("living", user_id="u", consent=YES)
    living.flush(60)
    code = """
        import os, firsthand
        firsthand.configure(batch_seconds=60)
        for n in range(10): firsthand.track('dead', user_id='u', consent={'analytics': True})
        os._exit(1)
    """
    run(code, collector.endpoint, tmp_path, check=False)
    assert collector.wait(lambda c: len(c.messages) == 11)
    living.shutdown()
    assert Counter(m["event"] for m in collector.messages) == {"living": 1, "dead": 10}


def test_a_file_of_a_living_process_is_nobody_elses(tmp_path: Path) -> None:
    mine = segment.create(str(tmp_path), "mine")
    assert segment.claim(mine.path) is None
    assert segment.claim(str(tmp_path / "gone.spool")) is None
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        mine.disown()  # as the SDK does after a fork: must not unlock
        os.write(writer, b".")
        time.sleep(30)
        os._exit(0)
    try:
        os.read(reader, 1)
        assert segment.claim(mine.path) is None
        mine.live = 1
        mine.close()
        found = segment.claim(mine.path)
        assert found is not None, "a child that lives on does not keep its parent's file locked"
        found.close()
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def test_a_file_that_was_deleted_between_opening_and_locking_is_not_claimed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.spool"
    path.write_bytes(frames.HEADER + event_frame(0, b"x"))
    real = fcntl.flock

    def slow(fd: int, how: int) -> None:
        path.unlink()
        real(fd, how)

    monkeypatch.setattr(fcntl, "flock", slow)
    assert segment.claim(str(path)) is None


def test_a_forked_child_has_a_file_of_its_own(collector: Scripted, client_of: ClientOf, tmp_path: Path) -> None:
    client = client_of(collector.endpoint, spool_dir=tmp_path)
    track(client, 3)
    pid = os.fork()
    if pid == 0:
        track(client, 2)
        os._exit(0 if client.flush(60) == Report(2, 0, 0, 0) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert len(collector.messages) == 2
    assert client.flush(60) == Report(3, 0, 0, 0)
    assert len({m["messageId"] for m in collector.messages}) == 5


def test_track_in_a_signal_handler_that_interrupted_track(client_of: ClientOf, tmp_path: Path) -> None:
    client = client_of(DOWN, spool_dir=tmp_path)

    def handler(*_: object) -> None:
        client.track("signal", user_id="u", consent=YES)

    before = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 0.001, 0.0007)
    try:
        ids = track(client, 3_000)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert None not in ids
    assert set(ids) <= set(on_disk(tmp_path))
    assert balanced(client)


def test_events_are_synced_within_ten_milliseconds(client_of: ClientOf, tmp_path: Path,
                                                   monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    begun: list[float] = []
    real = segment._datasync

    def noted(fd: int) -> None:
        begun.append(time.monotonic())
        real(fd)

    monkeypatch.setattr(segment, "_datasync", noted)
    client = client_of(DOWN, spool_dir=tmp_path)
    track(client, 1)

    def synced(events: int) -> float:
        """Tracks so many; seconds until the next sync began."""
        count, at = len(begun), time.monotonic()
        track(client, events)
        while len(begun) == count and time.monotonic() - at < 60:
            time.sleep(0.0005)
        return begun[count] - at

    in_time = tries = 0
    while in_time < 5:  # how long most take is for a machine that does nothing else; a system would miss them all
        time.sleep(0.03)
        in_time, tries = in_time + (synced(1) < 0.010), tries + 1
        assert tries < 300, f"only {in_time} of {tries} were synced within 10 ms"
    count, at = len(begun), time.monotonic()
    synced(1_000)
    time.sleep(0.1)
    assert 1 <= len(begun) - count <= (time.monotonic() - at) / 0.005 + 1, "one commit for many"


def test_a_sync_of_zero_seconds_is_inside_of_the_call(client_of: ClientOf, tmp_path: Path,
                                                      monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    synced: list[int] = []
    monkeypatch.setattr(segment, "_datasync", synced.append)
    client = client_of(DOWN, spool_dir=tmp_path, spool_sync_seconds=0)
    track(client, 7)
    assert len(synced) == 7


def test_what_is_left_at_exit_is_said_to_be_in_the_spool(tmp_path: Path) -> None:
    code = """
        import firsthand
        firsthand.configure(exit_timeout=0.2)
        firsthand.track('X', user_id='u', consent={'analytics': True})
    """
    done = run(code, DOWN, tmp_path)
    assert "1 events were not delivered" in done.stderr
    assert "they are in the spool" in done.stderr
    assert len(on_disk(tmp_path)) == 1


def test_two_spools_share_a_directory_and_its_bound(tmp_path: Path) -> None:
    first, second = (Spool(str(tmp_path), "k", 1_000_000, 1, Reporter()) for _ in range(2))
    for spool in (first, second):
        spool.spill()
    sizes = 0
    for spool in (first, second):
        spool._look()
        while not isinstance(spool.append(b"x" * 10_000), str):
            sizes += 10_000
    assert sizes <= 1_000_000
    assert sum(p.stat().st_size for p in tmp_path.iterdir()) <= 1_000_000
    first.close()
    second.close()
