"""Memory with a path: as large as was asked for, and what somebody looks at stays as it is."""

import os
from pathlib import Path

from warehouse.room import Room


def test_what_is_written_can_be_read_at_the_path() -> None:
    room = Room()
    for text in (b"a" * 10_000, b"b" * 3, b"c" * 100_000, b"d"):
        room.sized(len(text))[:] = text
        assert Path(room.path).read_bytes() == text
    assert len(room.sized(0)) == 1
    room.close()


def test_who_still_looks_sees_the_old_bytes() -> None:
    room = Room()
    old = room.sized(3)
    old[:] = b"old"
    room.sized(50_000)[:3] = b"new"
    assert (bytes(old), Path(room.path).read_bytes()[:3]) == (b"old", b"new")
    room.close()
    assert bytes(old) == b"old"


def test_nothing_is_left_open() -> None:
    before = len(os.listdir("/proc/self/fd"))
    room = Room()
    looking = [room.sized(size) for size in (10, 20, 30)]
    room.close()
    room.close()
    del room, looking
    assert len(os.listdir("/proc/self/fd")) == before
