"""`firsthand source`: keys are made, shown, changed and paused; what is configured by hand stays untouched."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from collector.settings import Settings
from collector.sources import read_stored, stored_path
from warehouse.cli import main


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)  # no firsthand.toml of the place where the tests run
    return tmp_path / "data"


def source(data: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["source", *arguments, "--data", str(data)])


def as_json(data: Path, *arguments: str) -> Any:
    done = source(data, *arguments, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_add_prints_the_key_and_nothing_else(data: Path) -> None:
    done = source(data, "add", "shop", "--mode", "opt_out")
    assert re.fullmatch(r"fh_[a-z2-9]{24}\n", done.stdout)
    assert done.stderr == ""


def test_add_warns_that_silence_means_no(data: Path) -> None:
    assert "--mode opt_out" in source(data, "add", "shop").stderr


def test_everything_that_was_asked_for_is_kept(data: Path) -> None:
    made = as_json(data, "add", "shop", "--kind", "app", "--mode", "exempt", "--origin", "https://a.example",
                   "--origin", "https://b.example", "--query-param", "q", "--hash-user-id")  # fmt: skip
    stored = read_stored(Settings(data=str(data)))[0]
    assert made["writeKey"] == stored.write_key
    assert (stored.id, stored.kind, stored.mode) == ("shop", "app", "exempt")
    assert stored.origins == ["https://a.example", "https://b.example"]
    assert stored.query_params == ["q"]
    assert stored.hash_user_id is True


def test_keys_are_readable_by_their_owner_only(data: Path) -> None:
    source(data, "add", "shop")
    assert stored_path(Settings(data=str(data))).stat().st_mode & 0o077 == 0


def test_a_name_is_taken_once(data: Path) -> None:
    first = as_json(data, "add", "shop")
    again = source(data, "add", "shop")
    assert again.exit_code == 2
    assert "there is a source shop already" in again.stderr
    assert [s["writeKey"] for s in as_json(data, "list")] == [first["writeKey"]]


def test_rotate_replaces_the_key_and_keeps_the_rest(data: Path) -> None:
    before = as_json(data, "add", "shop", "--origin", "https://a.example")
    after = as_json(data, "rotate", "shop")
    assert after["writeKey"] != before["writeKey"]
    (shown,) = as_json(data, "list")
    assert (shown["writeKey"], shown["origins"]) == (after["writeKey"], ["https://a.example"])


def test_pause_and_resume(data: Path) -> None:
    source(data, "add", "shop")
    source(data, "pause", "shop")
    assert as_json(data, "list")[0]["state"] == "paused"
    assert source(data, "pause", "shop", "--resume").stdout == "shop is live\n"
    assert as_json(data, "list")[0]["state"] == "live"


def test_what_stands_in_the_configuration_is_listed_and_changed_only_there(data: Path, tmp_path: Path) -> None:
    (tmp_path / "firsthand.toml").write_text('[[source]]\nid = "app"\nwrite_key = "fh_by_hand"\n')
    assert [s["id"] for s in as_json(data, "list")] == ["app"]
    for arguments in (("rotate", "app"), ("pause", "app")):
        done = source(data, *arguments)
        assert done.exit_code == 2
        assert "configuration file; change it there" in done.stderr
    assert source(data, "add", "app").exit_code == 2


@pytest.mark.parametrize(
    "arguments", [("rotate", "nobody"), ("pause", "nobody"), ("add", ""), ("add", "x" * 65), ("add", "a/b")]
)
def test_mistakes_change_nothing(data: Path, arguments: tuple[str, ...]) -> None:
    as_json(data, "add", "shop")
    before = stored_path(Settings(data=str(data))).read_bytes()
    done = source(data, *arguments)
    assert done.exit_code == 2
    assert done.stderr.startswith("error: ")
    assert stored_path(Settings(data=str(data))).read_bytes() == before


def test_a_mini_program_is_named_without_its_secret_on_a_command_line(data: Path, tmp_path: Path) -> None:
    source(data, "add", "mini", "--kind", "miniprogram")
    (tmp_path / "secret").write_text("s3cr3t\n")
    done = as_json(data, "wechat", "mini", "--appid", "wx01", "--secret-file", str(tmp_path / "secret"))
    assert done == {"id": "mini", "appid": "wx01"}
    kept = read_stored(Settings(data=str(data)))[0]
    assert kept.wechat is not None
    assert (kept.wechat.appid, kept.wechat.secret) == ("wx01", "s3cr3t")
    assert "s3cr3t" not in repr(kept)
    assert "s3cr3t" not in source(data, "list", "--json").stdout
    assert source(data, "wechat", "mini").exit_code == 2
    source(data, "wechat", "mini", "--remove")
    assert read_stored(Settings(data=str(data)))[0].wechat is None
