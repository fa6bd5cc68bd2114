"""Bits that flip and files that are cut, in what a killed collector left behind.

One spool is filled by a real collector that is killed; each seed then damages a copy of it in its own way. Every
event outside the damaged frames is in the table once, each damaged file is counted and put aside, no healthy file
is, and the loader is done with all of it.
"""

import random
import shutil
import signal
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest

from collector.spool.format import Frame, frames
from tests.integration.load import Load
from tests.integration.stack import Stack, stack_on, wait_for
from tests.stores import local_store


@dataclass
class Harm:
    """What was done to one file: ids in the frames that were hit, and whether anybody could tell."""

    what: str
    lost: set[str] = field(default_factory=set)
    evident: bool = True


class Left:
    """The frames of one spool file: (from, to, ids), read before it is hurt."""

    def __init__(self, path: Path) -> None:
        self.size = path.stat().st_size
        whole = [item for item in frames(memoryview(path.read_bytes())) if isinstance(item, Frame)]
        self.frames = [(f.offset, f.end, ids_of(f)) for f in whole]

    def hit(self, start: int, stop: int) -> set[str]:
        """Ids of the frames with a byte in [start, stop)."""
        return {id for a, b, ids in self.frames if a < stop and start < b for id in ids}


def ids_of(frame: Frame) -> list[str]:
    if not frame.accepted:
        return []
    return [msgspec.json.decode(line)["event_id"] for line in bytes(frame.lines()).splitlines()]


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, set[str]]]:
    """A spool with sealed and open segments of killed workers, and the ids that were acknowledged."""
    with stack_on(local_store(tmp_path_factory.mktemp("killed") / "data")) as stack:
        key = stack.add_source()
        collector = stack.serve(workers=2)
        with Load(stack.port, key, batch=5, rate=200) as load:
            wait_for(lambda: stack.sealed() >= 8 and len(stack.segments(".open")) == 2, "segments")
            workers = stack.workers(collector)
            collector.send_signal(signal.SIGSTOP)  # so that it starts no new workers
            for worker in workers:
                worker.kill()
            collector.kill()
            collector.wait()
            load.stop(0)
        assert load.wrong == []
        assert len(stack.segments(".open")) == 2
        yield stack.data, load.acknowledged


def hurt(path: Path, chance: random.Random) -> Harm:
    left = Left(path)
    what = chance.choice(("nothing", "flip", "flip", "flips", "cut", "zeros"))
    with path.open("r+b") as file:
        if what in ("flip", "flips"):
            harm = Harm(what)
            for position in {chance.randrange(left.size) for _ in range(1 if what == "flip" else 5)}:
                file.seek(position)
                byte = file.read(1)[0]
                file.seek(position)
                file.write(bytes([byte ^ 1 << chance.randrange(8)]))
                harm.lost |= left.hit(position, position + 1)
        elif what == "cut":
            at = chance.randrange(left.size)
            file.truncate(at)
            harm = Harm(what, left.hit(at, left.size))
        elif what == "zeros":
            start = chance.randrange(left.size)
            length = min(chance.randrange(1, 4096), left.size - start)
            file.seek(start)
            file.write(bytes(length))
            harm = Harm(what, left.hit(start, start + length))
        else:
            harm = Harm(what, evident=False)
    if path.suffix == ".open":
        # A last frame that ends too early is what an interrupted write looks like; nobody can tell them apart
        last = left.frames[-1][2] if left.frames else []  # a worker may be killed before its first event
        harm.evident = harm.evident and bool(harm.lost) and not harm.lost & set(last)
    return harm


def copy_of(stack: Stack, original: Path) -> None:
    shutil.copytree(original, stack.data)


def check(stack: Stack, seed: int, acknowledged: set[str]) -> tuple[int, int]:
    """Damage, load, compare. The number of files put aside and of events in the frames that were hit."""
    chance = random.Random(seed)
    paths = [*stack.segments(".sealed"), *stack.segments(".open")]
    durable = {id for path in paths for _, _, ids in Left(path).frames for id in ids}
    assert acknowledged <= durable, "acknowledged before it was on the disk"
    harms = {path: hurt(path, chance) for path in paths}
    lost = {id for harm in harms.values() for id in harm.lost}

    report = stack.load_once()
    assert stack.segments(".sealed") == stack.segments(".open") == []
    found = [row["event_id"] for row in stack.rows("select event_id from events_raw")]
    shown = f"seed {seed}: {[(p.name, p.parent.name, h.what, len(h.lost)) for p, h in harms.items()]}\n{stack.said()}"
    assert sorted(found) == sorted(durable - lost), shown
    aside = {path.name for path in (stack.data / "quarantine").glob("*")}
    evident = {f"{p.parent.name}-{p.stem}.sealed" for p, h in harms.items() if h.evident}
    harmed = {f"{p.parent.name}-{p.stem}.sealed" for p, h in harms.items() if h.what != "nothing"}
    assert evident <= aside <= harmed, shown
    assert report["damaged_frames"] >= len(aside)
    assert stack.load_once()["segments"] == 0
    return len(aside), len(lost)


@pytest.mark.parametrize("seed", range(3))
def test_damage_costs_only_the_frames_it_hits(killed: tuple[Path, set[str]], tmp_path: Path, seed: int) -> None:
    original, acknowledged = killed
    with stack_on(local_store(tmp_path / "data")) as stack:
        copy_of(stack, original)
        aside, _ = check(stack, seed, acknowledged)
        assert aside > 0, "this seed shows nothing"


def test_a_damaged_number_makes_a_new_shard(killed: tuple[Path, set[str]], tmp_path: Path) -> None:
    """After all segments are loaded and deleted only the file `next` knows which numbers were given out."""
    original, _ = killed
    with stack_on(local_store(tmp_path / "data")) as stack:
        copy_of(stack, original)
        stack.load_once()
        before = {path.parent.name for path in stack.spool.glob("*/next")}
        for path in stack.spool.glob("*/next"):
            content = path.read_bytes()
            path.write_bytes(b"0" + content[1:])
        [source] = msgspec.json.decode(stack.run("source", "list", "--json"))
        collector = stack.serve(workers=2)
        with Load(stack.port, source["writeKey"], name="later") as load:
            wait_for(lambda: len(load.acknowledged) > 100, "new events")
            load.stop()
        assert stack.stop(collector) == 0
        assert "next is damaged" in stack.said()
        assert {path.parent.name for path in stack.segments(".sealed")}.isdisjoint(before)
        stack.settle()
        assert load.acknowledged <= {row["event_id"] for row in stack.rows("select event_id from events_raw")}


@pytest.mark.slow
def test_damage_in_many_ways(killed: tuple[Path, set[str]], tmp_path: Path) -> None:
    original, acknowledged = killed
    files = events = 0
    for seed in range(100, 130):
        with stack_on(local_store(tmp_path / str(seed) / "data")) as stack:
            stack.data.parent.mkdir()
            copy_of(stack, original)
            aside, lost = check(stack, seed, acknowledged)
            files, events = files + aside, events + lost
    print(f"\n30 damaged spools: {files} files put aside, {events} events in damaged frames, no other lost")
