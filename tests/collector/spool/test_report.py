"""The loader's report: written by one side, read by the other."""

from pathlib import Path

import pytest

from collector.spool.report import LoadReport, path_of, read, write


def test_what_was_written_is_read(tmp_path: Path) -> None:
    assert read(tmp_path) is None
    total = LoadReport()
    total.add(LoadReport(committed_events=3, lag_seconds=9.0, snapshot_id=7))
    total.add(LoadReport(committed_events=4, lag_seconds=0.5, error="away"))
    write(tmp_path, total, 1_795_662_000.1239)
    found = read(tmp_path)
    assert found is not None
    assert (found.committed_events, found.lag_seconds, found.snapshot_id, found.error) == (7, 0.5, 7, "away")
    assert found.seen == 1_795_662_000.123
    assert list(tmp_path.iterdir()) == [path_of(tmp_path)], "no draft is left"


@pytest.mark.parametrize("text", ["", "{damaged", "[]", '{"time":"yesterday"}'])
def test_what_cannot_be_read_is_none(tmp_path: Path, text: str) -> None:
    path_of(tmp_path).write_text(text)
    assert read(tmp_path) is None
