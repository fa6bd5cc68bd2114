"""The loss ledger: gaps in the numbers of sessions, and what devices told, by day and source."""

import json
import threading
from datetime import UTC, date, datetime
from typing import Any

import pytest

from collector.spool.losses import SourceLoss, path_of, read
from tests.stores import Store
from tests.warehouse.spooled import event, spool
from warehouse import losses
from warehouse.loader import Loader, LoaderConfig
from warehouse.losses import LossBook, losses_of
from warehouse.query import Reader

DAY = date(2026, 1, 2)
NOON = datetime(2026, 1, 2, 12, tzinfo=UTC).timestamp()


def said(session: str, *numbers: int, day: int = 2, hour: int = 10, **more: Any) -> list[dict[str, Any]]:
    at = f"2026-01-{day:02d}T{hour:02d}:00:00.000Z"
    return [event(f"{session}-{n}-{more.get('source_id', '')}", session_id=session, seq=n, received_at=at, **more)
            for n in numbers]  # fmt: skip


def lost(id: str, reasons: Any, **more: Any) -> dict[str, Any]:
    return event(id, event="$lost", properties={"count": 1, "reasons": reasons}, **more)


def load(store: Store, *rows: dict[str, Any]) -> None:
    spool(store.data, [list(rows)])
    loader = Loader(LoaderConfig(store.config.data_dir), store.config)
    loader.run_once()
    loader.close()


def test_gaps_by_source_on_the_day_a_session_began(local: Store) -> None:
    load(
        local,
        *said("whole", 0, 1, 2), *said("holes", 0, 3, 5), *said("tail", 4), *said("blog", 0, 1, source_id="blog"),
        *said("night", 0, 1, day=1, hour=23), *said("night", 3, hour=0),  # began the day before: that day's
        *said("late", 0, hour=23), *said("late", 1, 2, day=3, hour=1),  # goes on tomorrow: today's
        *said("huge", 0, 10**12), *said("minus", -5), event("without-number", session_id="w"),
        *said("whole", 2),  # a repeat
    )  # fmt: skip
    with Reader(local.config) as reader:
        assert losses_of(reader, DAY) == {
            "shop": SourceLoss(sessions=5, expected=3 + 6 + 5 + 3 + 1, arrived=3 + 3 + 1 + 3 + 1),
            "blog": SourceLoss(sessions=1, expected=2, arrived=2),
        }
        assert losses_of(reader, date(2026, 1, 1)) == {"shop": SourceLoss(sessions=1, expected=4, arrived=3)}
        assert losses_of(reader, date(2026, 1, 5)) == {}
        view = reader.query("select last_seq, arrived, missing from deliveries where session_id = 'holes'").objects()
    assert view == [{"last_seq": 5, "arrived": 3, "missing": 3}]


def test_what_devices_told_and_what_clients_make_up(local: Store) -> None:
    load(
        local, lost("a", {"queue_full": 3, "expired": 2}), lost("b", {"queue_full": 4}),
        lost("c", {"ada@example.com": 1, "queue_full": "many", "expired": -7, "storage": 1e300}),
        lost("d", [1, 2]), lost("e", None), event("f", event="$lost"), lost("g", {"x": {"deep": 1}}),
        event("h", event="Fake", properties={"reasons": {"queue_full": 99}}),
    )  # fmt: skip
    with Reader(local.config) as reader:
        assert losses_of(reader, DAY)["shop"].lost == {"queue_full": 7, "expired": 2, "other": 1}
        assert "ada" not in json.dumps(reader.query("select * from lost").objects())


def test_the_book_is_read_by_the_console_and_closed_days_are_read_once(
    local: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(local, *said("s", 0, 2), lost("l", {"queue_full": 1}), *said("old", 0, 1, 3, day=1))
    book = LossBook(local.data, local.config, lambda: NOON)
    book.run_once()
    found = read(local.data)
    assert found.time is not None and found.days["2026-01-02"]["shop"].lost == {"queue_full": 1}
    assert found.days["2026-01-02"]["shop"].expected - found.days["2026-01-02"]["shop"].arrived == 1
    assert found.days["2026-01-01"]["shop"].expected == 4
    asked: list[date] = []
    monkeypatch.setattr(losses, "losses_of", lambda reader, day: asked.append(day) or {})
    book.run_once()
    assert asked == [date(2026, 1, 2), date(2026, 1, 1)]
    path_of(local.data).write_text("{")
    book.run_once()
    assert len(asked) == 2 + losses.BACK_DAYS


def test_a_store_that_is_away_ends_no_thread_and_nothing_new_costs_nothing(
    local: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(losses, "SECONDS", 0.01)
    book, stop, rounds = LossBook(local.data, local.config), threading.Event(), []
    commits = iter([1, 1, 1, 2, 2, 2])

    def once() -> None:
        rounds.append(1)
        if len(rounds) == 1:
            raise OSError("away")

    def now() -> int:
        number = next(commits, None)
        if number is None:
            stop.set()
        return number or 2

    monkeypatch.setattr(book, "run_once", once)
    book.run(stop, now)
    assert len(rounds) == 3, "once in vain, once more, and once for the second commit"
