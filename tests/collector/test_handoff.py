"""Handing an id over: once, for a minute, whichever worker or machine is asked, and bounded."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from collector import handoff as module
from collector.handoff import LIFE_SECONDS, Files, Handoff, HandoffFull, Rows, Shelf, Waiting
from consent.pii.hashing import Key
from consent.store import open_store
from consent.store.tables import handoff as table

KEY = Key("k1", bytes(range(32)))
Open = Callable[[], Shelf]


class Clock:
    now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def _rows(url: str) -> Open:
    return lambda: Rows(lambda: open_store(url))


@pytest.fixture(params=["files", "sqlite", pytest.param("postgres", marks=[pytest.mark.stores, pytest.mark.slow])])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    """Opens the same shelf again, as another worker does."""
    if request.param == "files":
        return lambda: Files(tmp_path / "handoff")
    if request.param == "sqlite":
        return _rows(f"sqlite:///{tmp_path / 'consent.db'}")
    url: str = request.getfixturevalue("postgres")
    name = f"handoff_{abs(hash(request.node.name))}"
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return _rows(url.rpartition("/")[0] + f"/{name}")


@pytest.fixture
def desk(opened: Open, clock: Clock) -> Handoff:
    return Handoff(opened(), KEY, clock)


def test_once_and_by_any_worker(desk: Handoff, opened: Open, clock: Clock) -> None:
    other = Handoff(opened(), KEY, clock)
    token = desk.leave(Waiting("a-1", "s-1"))
    assert "a-1" not in token
    assert other.redeem(token) == Waiting("a-1", "s-1")
    assert desk.redeem(token) is None
    assert opened().sweep(clock.now) == 0


def test_not_after_a_minute(desk: Handoff, clock: Clock) -> None:
    token = desk.leave(Waiting("a-1"))
    clock.now += LIFE_SECONDS - 1
    early = desk.leave(Waiting("a-2"))
    clock.now += 1
    assert desk.redeem(token) is None
    assert desk.redeem(early) == Waiting("a-2")


def test_what_nobody_fetched_is_swept_away(desk: Handoff, opened: Open, clock: Clock) -> None:
    desk.leave(Waiting("a-1"))
    clock.now += LIFE_SECONDS + 10
    desk.leave(Waiting("a-2"))
    assert opened().sweep(clock.now) == 1


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


def test_what_lies_there_names_neither_token_nor_id(tmp_path: Path, clock: Clock) -> None:
    token = Handoff(Files(tmp_path / "handoff"), KEY, clock).leave(Waiting("a-1"))
    (file,) = (tmp_path / "handoff").iterdir()
    assert file.stat().st_mode & 0o077 == 0
    assert (tmp_path / "handoff").stat().st_mode & 0o077 == 0
    store = open_store(f"sqlite:///{tmp_path / 'consent.db'}")
    other = Handoff(Rows(lambda: store), KEY, clock).leave(Waiting("a-1"))
    with store.read() as connection:
        ((name, sealed, _),) = connection.execute(sa.select(table)).all()
    store.close()
    for said, called, kept in ((token, file.name, file.read_bytes()), (other, name, sealed)):
        assert said.split(".")[1] not in called
        assert b"a-1" not in kept


def test_another_key_or_damage_gives_nothing(tmp_path: Path, clock: Clock) -> None:
    desk = Handoff(Files(tmp_path / "handoff"), KEY, clock)
    token = desk.leave(Waiting("a-1"))
    assert Handoff(Files(tmp_path / "handoff"), Key("k2", bytes(32)), clock).redeem(token) is None
    (file,) = (tmp_path / "handoff").iterdir()
    file.write_bytes(b"\0" * 40)
    assert desk.redeem(token) is None


def test_a_store_that_does_not_answer_is_said_and_the_client_goes_on_without(tmp_path: Path, clock: Clock) -> None:
    def gone() -> Any:
        raise sa.exc.OperationalError("", {}, OSError())

    desk = Handoff(Rows(gone), KEY, clock)
    with pytest.raises(HandoffFull):
        desk.leave(Waiting("a-1"))
    token = Handoff(Files(tmp_path / "handoff"), KEY, clock).leave(Waiting("a-1"))
    with pytest.raises(HandoffFull):
        desk.redeem(token)
