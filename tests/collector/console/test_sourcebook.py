"""Sources as pages change them: nobody's change is lost."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest

from collector.console.desk import Desk
from collector.console.sourcebook import every, is_written, of_site, replace
from collector.live.hub import LiveHub
from collector.settings import Settings, SettingsError
from collector.sources import StoredSource, read_stored, write_stored


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    config = tmp_path / "firsthand.toml"
    config.write_text('[[source]]\nid = "fixed"\nwrite_key = "fh_fixed"\n')
    settings = Settings(data=str(tmp_path))
    write_stored(settings, [StoredSource("b", "fh_b", site="other"), StoredSource("a", "fh_a")])
    return Desk(settings, config, LiveHub(settings.spool_dir), lambda: None)  # type: ignore[arg-type,return-value]


def test_both_places_are_read_and_one_is_written(desk: Desk) -> None:
    assert [s.id for s in every(desk)] == ["a", "b", "fixed"]
    assert [s.id for s in of_site(desk, "default")] == ["a", "fixed"]
    assert is_written(desk, "a") and not is_written(desk, "fixed")
    assert replace(desk, "fixed", lambda old: old) is None


def test_changes_at_the_same_time_are_all_there(desk: Desk) -> None:
    def add(number: int) -> None:
        replace(desk, "a", lambda old: msgspec.structs.replace(old, query_params=[*old.query_params, f"q{number}"]))

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(add, range(24)))
    assert sorted(read_stored(desk.settings)[1].query_params) == sorted(f"q{n}" for n in range(24))


def test_what_cannot_be_used_changes_nothing(desk: Desk) -> None:
    before = read_stored(desk.settings)
    with pytest.raises(SettingsError, match="state"):
        replace(desk, "a", lambda old: msgspec.structs.replace(old, state="asleep"))
    assert read_stored(desk.settings) == before
