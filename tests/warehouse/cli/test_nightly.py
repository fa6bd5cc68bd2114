"""Erasing by night: when it begins, and that it does what waits and nothing else."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

from collector.settings import SettingsError, load
from tests.stores import Store
from tests.warehouse.cli.test_dsr import MAIL, Shell, ids, shell
from warehouse.cli import nightly

NOON = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)

__all__ = ["shell"]  # the fixture


@pytest.mark.parametrize(
    ("at", "hours"), [("12:01", 1 / 60), ("13:30", 1.5), ("12:00", 24), ("11:59", 24 - 1 / 60), ("03:00", 15)]
)
def test_until_when_it_waits(at: str, hours: float) -> None:
    assert nightly.seconds_until(at, NOON) == pytest.approx(hours * 3600)


@pytest.mark.parametrize("at", ["3", "24:00", "03:60", "noon"])
def test_a_time_that_is_none_is_said(at: str) -> None:
    with pytest.raises(SettingsError, match="erase_at must be a time of day"):
        load(None, "x", {"FIRSTHAND_ERASE_AT": at})


def test_at_its_time_it_erases_who_is_verified(shell: Shell, local: Store) -> None:
    first = shell.json("dsr", "open", "--kind", "erase", "--email", MAIL)["id"]
    unverified = shell.json("dsr", "open", "--kind", "erase", "--user-id", "u-bob")["id"]
    access = shell.json("dsr", "open", "--kind", "access", "--user-id", "u-bob")["id"]
    for id in (first, access):
        shell("dsr", "verify", id, "--how", "in person")
    found = load(None, str(local.data), {"FIRSTHAND_ERASE_AT": "12:00"})
    stop = threading.Event()
    times = [NOON - timedelta(milliseconds=50), NOON]

    def clock() -> datetime:
        now = times.pop(0)
        if not times:
            stop.set()  # one night is enough
        return now

    nightly.run(found, stop, clock, grace=0)
    assert ids(local) == ["5"]
    assert shell.json("dsr", "show", first)["state"] == "done"
    assert shell.json("dsr", "show", unverified)["state"] == "received"
    assert shell.json("dsr", "show", access)["state"] == "verified"
    assert shell.json("dsr", "check", str(local.data / "certificates" / f"{first}.json")) == {"certified": True}


def test_upkeep_erases_only_when_told_to(shell: Shell, local: Store) -> None:
    id = shell.json("dsr", "open", "--kind", "erase", "--user-id", "u-bob")["id"]
    shell("dsr", "verify", id, "--how", "in person")
    assert shell.json("maintain")["erased"] == []
    assert "u-bob" in str(shell.json("query", "select user_id from events"))
    assert "gives" not in shell("dsr", "erase", code=2)
    assert "--queue goes with neither" in shell("dsr", "erase", "--queue", "--dry-run", code=2)
