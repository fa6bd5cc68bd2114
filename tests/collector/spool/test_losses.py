"""What is known to be lost: written by the loader's side, read by the console's."""

from pathlib import Path

import pytest

from collector.spool.losses import Losses, SourceLoss, path_of, read, write


def test_what_was_written_is_read(tmp_path: Path) -> None:
    assert read(tmp_path) == Losses(), "nobody has looked"
    days = {"2026-11-26": {"shop": SourceLoss(3, 100, 90, {"queue_full": 5})}, "2026-11-25": {}}
    write(tmp_path, Losses(None, days), 1_795_662_000.9)
    found = read(tmp_path)
    assert found.days == days
    assert found.time is not None and found.time.timestamp() == 1_795_662_000
    assert list(tmp_path.iterdir()) == [path_of(tmp_path)], "no draft is left"
    found.days.clear()
    assert Losses().days == {}, "no two share their days"


@pytest.mark.parametrize("text", ["", "{damaged", "[]", '{"time":"yesterday"}', '{"days":{"2026-11-26":[]}}'])
def test_what_cannot_be_read_is_nothing(tmp_path: Path, text: str) -> None:
    path_of(tmp_path).write_text(text)
    assert read(tmp_path) == Losses()


def test_time_of_an_older_loader_is_read(tmp_path: Path) -> None:
    path_of(tmp_path).write_text('{"time":"2026-11-26T09:00:00+00:00","days":{}}')
    time = read(tmp_path).time
    assert time is not None and time.isoformat() == "2026-11-26T09:00:00+00:00"
