"""The page Health: sums that balance, and losses by source and day."""

from datetime import UTC, datetime
from pathlib import Path

from collector.console.pages.health import ledger_of, rows_of, sheet_of, table_of
from collector.days import Day, DayBook
from collector.metrics import Balance, publish
from collector.spool import losses
from collector.spool.losses import Losses, SourceLoss
from collector.spool.report import LoadReport
from tests.collector.console.conftest import here, shared_office
from tests.collector.console.office import Office

__all__ = ["here", "shared_office"]


def balance() -> Balance:
    made = Balance(received=10, spooled=6, unavailable=1)
    made.accepted["shop"] = 6
    made.rejected["shop no_consent"] = 2
    made.rejected["my blog invalid"] = 1
    return made


def test_workers_add_up_and_one_that_does_not_balance_is_seen() -> None:
    sheet = sheet_of([balance(), balance()])
    assert (sheet["received"], sheet["spooled"], sheet["rejected"], sheet["unavailable"]) == (20, 12, 6, 2)
    assert sheet["reasons"] == [("no_consent", 4), ("invalid", 2)]
    assert sheet["balanced"]
    assert not sheet_of([balance(), Balance(received=1)])["balanced"]


def test_what_is_spooled_is_in_the_table_repeated_or_on_its_way() -> None:
    sheet = sheet_of([balance()])
    loader = LoadReport(datetime.now(UTC), committed_events=3, duplicates=1)
    assert table_of(sheet, loader) == {"committed": 3, "duplicates": 1, "pending": 2}
    assert table_of(sheet, None)["pending"] == 6
    assert table_of(sheet, LoadReport(datetime.now(UTC), committed_events=99))["pending"] == 0


def test_a_day_by_source_with_reasons() -> None:
    rows = rows_of(Day({"my shop accepted": 3, "my shop invalid": 1, "my shop no_consent": 4, "blog bot": 1}))
    assert [(r["source"], r["accepted"], r["refused"]) for r in rows] == [("blog", 0, 1), ("my shop", 3, 5)]
    assert rows[1]["reasons"] == [("no_consent", 4), ("invalid", 1)]


def test_losses_stand_beside_refusals_and_the_rest_is_unexplained() -> None:
    days = {"2026-01-02": Day({"shop accepted": 90, "shop no_consent": 4}, 2)}
    shop, gone = SourceLoss(3, 100, 90, {"queue_full": 5}), SourceLoss(1, 7, 7)
    found = Losses(None, {"2026-01-02": {"shop": shop, "gone": gone},
                          "2026-01-03": {"shop": SourceLoss(1, 3, 1)}, "2026-01-04": {}})  # fmt: skip
    ledger = ledger_of(days, found)
    assert [(day, [row["source"] for row in rows], unavailable) for day, rows, unavailable in ledger] == [
        ("2026-01-03", ["shop"], 0), ("2026-01-02", ["gone", "shop"], 2),
    ]  # fmt: skip
    row = ledger[1][1][1]
    assert (row["missing"], row["told"], row["refused"], row["unexplained"]) == (10, 5, 4, 1)
    assert ledger[0][1][0]["unexplained"] == 2
    assert "sessions" not in ledger_of(days, Losses())[0][1][0], "where nobody looked there is no figure"


def test_the_page_shows_them(here: Office) -> None:
    viewer = here.inside("health-viewer", "viewer")
    assert "Nothing has come yet" in viewer.get("/console/health").text
    data: Path = here.settings.data_dir
    publish(balance(), data / "run" / "c1-0.json")
    DayBook(data / "days", "c1-0").note(balance(), here.now)
    text = viewer.get("/console/health").text
    assert "no_consent" in text and "my blog" in text
    assert 'hx-trigger="every 5s"' in text
    assert "No loader has run" in text
    day = datetime.fromtimestamp(here.now, UTC).date().isoformat()
    losses.write(data, Losses(None, {day: {"shop": SourceLoss(3, 1100, 1000, {"queue_full": 5})}}), here.now)
    text = viewer.get("/console/health").text
    assert "queue_full" in text and "of 1,100 in 3 sessions" in text and "8.5 %" in text
