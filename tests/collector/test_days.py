"""The day book: what came each day, over restarts and workers."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from collector.days import KEPT_DAYS, Day, DayBook, read_days
from collector.metrics import Balance

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
TODAY = date(2026, 3, 4)


def balance(accepted: int, refused: int, unavailable: int = 0) -> Balance:
    made = Balance()
    made.accepted["my shop"] = accepted
    made.rejected["my shop no_consent"] = refused
    made.unavailable = unavailable
    return made


def test_a_day_holds_what_came_on_it_and_nothing_twice(tmp_path: Path) -> None:
    book = DayBook(tmp_path, "c1-0")
    book.note(balance(3, 1), NOON.timestamp())
    book.note(balance(3, 1), NOON.timestamp() + 5)
    book.note(balance(5, 2, 7), NOON.timestamp() + 10)
    tomorrow = NOON + timedelta(days=1)
    book.note(balance(6, 2, 7), tomorrow.timestamp())
    days = read_days(tmp_path, tomorrow.date(), 14)
    assert list(days) == ["2026-03-05", "2026-03-04"]
    assert days["2026-03-04"] == Day({"my shop accepted": 5, "my shop no_consent": 2}, 7)
    assert days["2026-03-05"] == Day({"my shop accepted": 1}, 0)


def test_restarts_and_other_workers_add_up(tmp_path: Path) -> None:
    DayBook(tmp_path, "c1-0").note(balance(3, 1), NOON.timestamp())
    DayBook(tmp_path, "c1-0").note(balance(2, 0), NOON.timestamp())
    DayBook(tmp_path, "c1-1").note(balance(10, 0), NOON.timestamp())
    assert read_days(tmp_path, TODAY, 1)["2026-03-04"].counts == {"my shop accepted": 15, "my shop no_consent": 1}
    assert not list(tmp_path.rglob("*.tmp"))


def test_old_days_are_forgotten_and_damage_is_survived(tmp_path: Path) -> None:
    book = DayBook(tmp_path, "c1-0")
    book.note(balance(1, 0), (NOON - timedelta(days=KEPT_DAYS + 1)).timestamp())
    book.note(balance(2, 0), NOON.timestamp())
    assert [p.name for p in tmp_path.rglob("*.json")] == ["2026-03-04.json"]
    (tmp_path / "c1-0" / "2026-03-04.json").write_text("{")
    assert read_days(tmp_path, TODAY, 1)["2026-03-04"] == Day()
