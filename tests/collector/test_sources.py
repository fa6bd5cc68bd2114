"""Sources: two files read as one, taken over while running, and a mistake in them turns nothing off."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from collector import sources
from collector.settings import Settings, SettingsError
from collector.sources import SourceRegistry, StoredSource
from tests.collector.desk import KEY, SOURCE, Desk
from tests.collector.desk import desk as made

MESSAGE = {"type": "track", "event": "x", "anonymousId": "a"}


def _status(desk: Desk, key: str) -> int:
    return desk.post(json.dumps({"batch": [MESSAGE], "writeKey": key}).encode()).status


def _write(desk: Desk, content: str) -> None:
    draft = desk.data / "draft"
    draft.write_text(content)
    draft.rename(desk.data / "sources.json")
    desk.idle(1.2)


def test_a_running_worker_takes_changes_over(data: Path) -> None:
    with made(data) as desk:
        assert (_status(desk, KEY), _status(desk, "fh_new")) == (200, 401)
        paused = SOURCE | {"id": "b", "write_key": "fh_b", "state": "paused"}
        _write(desk, json.dumps([SOURCE | {"write_key": "fh_new"}, paused]))
        assert (_status(desk, KEY), _status(desk, "fh_new"), _status(desk, "fh_b")) == (401, 200, 403)
        _write(desk, "{damaged")
        assert (_status(desk, KEY), _status(desk, "fh_new"), _status(desk, "fh_b")) == (401, 200, 403)


@pytest.mark.parametrize(
    "damaged", ["", "{", "[5]", '[{"id":"shop"}]', json.dumps([SOURCE | {"mode": "maybe"}]), json.dumps([SOURCE] * 2)]
)
def test_a_damaged_file_keeps_the_old_sources_until_it_is_whole(data: Path, damaged: str) -> None:
    data.mkdir()
    path = data / "sources.json"
    path.write_text(json.dumps([SOURCE]))
    registry = SourceRegistry(Settings(data=str(data)), None)
    path.write_text(damaged)
    registry.refresh()
    registry.refresh()
    assert list(registry.by_key) == [KEY]
    path.write_text(json.dumps([SOURCE | {"write_key": "fh_whole"}]))
    registry.refresh()
    assert list(registry.by_key) == ["fh_whole"]
    path.unlink()
    registry.refresh()
    assert registry.by_key == {}


def test_the_configuration_file_and_the_written_one_are_one_list(data: Path) -> None:
    data.mkdir()
    config = data / "firsthand.toml"
    config.write_text('[[source]]\nid = "site"\nwrite_key = "fh_site"\nmode = "opt_out"\n')
    with made(data) as desk:
        assert (_status(desk, KEY), _status(desk, "fh_site")) == (200, 200)
        config.write_text("[[source\n")
        desk.idle(1.2)
        assert _status(desk, "fh_site") == 200
        config.unlink()
        desk.idle(1.2)
        # The file was named when the worker started: that it is gone is a mistake, too
        assert (_status(desk, KEY), _status(desk, "fh_site")) == (200, 200)


@pytest.mark.parametrize(
    ("stored", "word"),
    [
        ([SOURCE, SOURCE | {"id": "b"}], "same write key"),
        ([SOURCE | {"id": ""}], "id"),
        ([SOURCE | {"id": "x" * 65}], "id"),
        ([SOURCE | {"id": "a\nb"}], "id"),
        ([SOURCE | {"kind": "tv"}], "kind"),
        ([SOURCE | {"mode": "maybe"}], "mode"),
        ([SOURCE | {"state": "asleep"}], "state"),
        ([SOURCE | {"colour": "red"}], "colour"),
        ([SOURCE | {"rate": "fast"}], "int"),
        ([{"id": "a"}], "write_key"),
        ("text", "array"),
        (None, "array"),
    ],
)
def test_at_the_start_a_mistake_is_seen(data: Path, stored: Any, word: str) -> None:
    data.mkdir()
    (data / "sources.json").write_text(json.dumps(stored))
    with pytest.raises(SettingsError) as refused:
        SourceRegistry(Settings(data=str(data)), None)
    assert word in str(refused.value)


def test_defaults_come_from_the_settings(data: Path) -> None:
    settings = Settings(
        data=str(data), default_mode="exempt", rate_limit_events=7, hash_user_id=True, query_params=("Q",)
    )
    found = sources.resolve(
        [StoredSource("a", "k1", origins=["https://A.example/"], query_params=["Page"]),
         StoredSource("b", "k2", mode="opt_out", rate=9, hash_user_id=False)], settings)  # fmt: skip
    assert (found["k1"].mode, found["k1"].rate, found["k1"].hash_user_id) == ("exempt", 7, True)
    assert (found["k2"].mode, found["k2"].rate, found["k2"].hash_user_id) == ("opt_out", 9, False)
    assert found["k1"].origins == ("https://a.example",)
    assert found["k1"].query_params == {"q", "page"}


def test_what_is_written_can_be_read_and_is_for_its_owner_only(data: Path) -> None:
    settings = Settings(data=str(data))
    written = [StoredSource("a", sources.new_write_key()), StoredSource("b", sources.new_write_key(), "server")]
    sources.write_stored(settings, written)
    assert sources.read_stored(settings) == written
    assert os.stat(sources.stored_path(settings)).st_mode & 0o777 == 0o600
    with pytest.raises(SettingsError):
        sources.write_stored(settings, [StoredSource("c", "k", mode="maybe")])
    assert sources.read_stored(settings) == written


def test_write_keys_are_long_and_do_not_repeat() -> None:
    keys = {sources.new_write_key() for _ in range(500)}
    assert len(keys) == 500
    assert all(k.startswith("fh_") and len(k) == 27 for k in keys)
