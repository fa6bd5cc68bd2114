"""Handing an id over: once, for a minute, whichever worker is asked, and bounded."""

import threading
from pathlib import Path

import pytest

from collector import handoff as module
from collector.handoff import LIFE_SECONDS, Handoff, HandoffFull, Waiting
from consent.pii.hashing import Key

KEY = Key("k1", bytes(range(32)))


class Clock:
    now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk(tmp_path: Path, clock: Clock) -> Handoff:
    return Handoff(tmp_path / "handoff", KEY, clock)


def test_once_and_by_any_worker(desk: Handoff, tmp_path: Path, clock: Clock) -> None:
    other = Handoff(tmp_path / "handoff", KEY, clock)
    token = desk.leave(Waiting("a-1", "s-1"))
    assert "a-1" not in token
    assert other.redeem(token) == Waiting("a-1", "s-1")
    assert desk.redeem(token) is None
    assert list((tmp_path / "handoff").iterdir()) == []


def test_not_after_a_minute(desk: Handoff, clock: Clock) -> None:
    token = desk.leave(Waiting("a-1"))
    clock.now += LIFE_SECONDS - 1
    early = desk.leave(Waiting("a-2"))
    clock.now += 1
    assert desk.redeem(token) is None
    assert desk.redeem(early) == Waiting("a-2")


def test_files_are_for_their_owner_and_name_no_token(desk: Handoff, tmp_path: Path) -> None:
    token = desk.leave(Waiting("a-1"))
    (file,) = (tmp_path / "handoff").iterdir()
    assert file.stat().st_mode & 0o077 == 0
    assert (tmp_path / "handoff").stat().st_mode & 0o077 == 0
    assert token.split(".")[1] not in file.name


def test_what_nobody_fetched_is_swept_away(desk: Handoff, tmp_path: Path, clock: Clock) -> None:
    import time

    clock.now = time.time()
    desk.leave(Waiting("a-1"))
    clock.now += LIFE_SECONDS + 10
    desk.leave(Waiting("a-2"))
    assert len(list((tmp_path / "handoff").iterdir())) == 1


def test_it_is_bounded(desk: Handoff, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_WAITING", 3)
    for number in range(3):
        desk.leave(Waiting(f"a-{number}"))
    with pytest.raises(HandoffFull):
        desk.leave(Waiting("a-4"))


def test_of_many_at_once_one_wins(desk: Handoff) -> None:
    token = desk.leave(Waiting("a-1"))
    found: list[Waiting | None] = []
    threads = [threading.Thread(target=lambda: found.append(desk.redeem(token))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one for one in found if one is not None] == [Waiting("a-1")]
