"""A segment read to a place of the caller's is the same content."""

import random
from pathlib import Path

import pytest

from collector.fold import MARKS, table
from collector.spool.format import BAD_EVENTS, EVENTS, FOLDED, MAGIC
from collector.spool.reader import Content, Segment, read, remove, sealed
from collector.spool.writer import SpoolLimits, SpoolWriter
from tests.collector.spool.harness import running


class Place:
    """One piece of memory for every segment, with old bytes in it."""

    def __init__(self) -> None:
        self._bytes = bytearray(b"\xf1\x57\xd0\x0a" * 200_000)

    def sized(self, size: int) -> memoryview:
        return memoryview(self._bytes)[:size]


def written(root: Path) -> list[Segment]:
    """Segments with frames of all kinds, one of them longer than what is checked at once."""

    async def work(writer: SpoolWriter) -> None:
        for n in range(60):
            await writer.append(EVENTS, b'{"event":%d}\n' % n * (n + 1), n + 1)
            if n % 3 == 0:
                await writer.append(BAD_EVENTS, b'{"bad":%d}\n' % n, 1)
            if n % 5 == 0:
                folded = bytes(table([b'"a"', b'"b"'])) + b"".join(b'\n{"x":%s}' % bytes(mark) for mark in MARKS[:2])
                await writer.append(FOLDED, folded + b"\n", 2)
        await writer.append(EVENTS, b'{"long":"%s"}\n' % (b"x" * 200_000), 1)

    running(root, work, SpoolLimits(min_free_bytes=0, seal_bytes=10_000))
    found = sealed(root)
    assert len(found) > 2
    return found


def seen(content: Content) -> tuple[object, ...]:
    payloads = [list(map(bytes, some)) for some in (content.events, content.bad_events)]
    return *payloads, content.sha256, content.footer, content.damage, content.intact


def test_one_place_serves_one_segment_after_the_other(tmp_path: Path) -> None:
    place = Place()
    for segment in written(tmp_path):
        content = read(segment, place.sized)
        assert content.intact
        assert seen(content) == seen(read(segment))
        assert content.footer is not None
        assert content.footer.events == sum(bytes(payload).count(b"\n") for payload in content.events)


@pytest.mark.parametrize("seed", range(8))
def test_damage_is_found_the_same_way(tmp_path: Path, seed: int) -> None:
    segment, chance = written(tmp_path)[0], random.Random(seed)
    data = bytearray(segment.path.read_bytes())
    if seed % 2:
        del data[chance.randrange(len(MAGIC), len(data)) :]
    for _ in range(3):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    segment.path.write_bytes(data)
    content = read(segment, Place().sized)
    assert not content.intact
    assert seen(content) == seen(read(segment))


def test_many_are_deleted_at_once_and_what_is_gone_is_no_error(tmp_path: Path) -> None:
    found = written(tmp_path)
    remove(*found[:-1])
    assert sealed(tmp_path) == found[-1:]
    remove(*found)
    remove(*found)
    remove()
    assert sealed(tmp_path) == []
