"""Settings: one reader, three places, and a mistake is named when the program starts."""

import json
from pathlib import Path
from typing import Any

import pytest

from collector.settings import SECRETS, Settings, SettingsError, load


def _load(tmp_path: Path, toml: str = "", environ: dict[str, str] | None = None, **more: Any) -> Settings:
    path = tmp_path / "firsthand.toml"
    path.write_text(toml)
    return load(path, environ=environ or {}, **more)


def test_order_of_the_places(tmp_path: Path) -> None:
    toml = "port = 1\nworkers = 2\nhost = 'a'\ndata = 'd1'"
    environ = {"FIRSTHAND_PORT": "3", "FIRSTHAND_HOST": "b", "FIRSTHAND_DATA": "d2", "PORT": "9"}
    found = _load(tmp_path, toml, environ, port=4, data="d3", host=None)
    assert (found.port, found.host, found.workers, found.data) == (4, "b", 2, "d3")
    assert found.body_timeout == Settings().body_timeout


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("port", "81", 81), ("body_timeout", "2.5", 2.5), ("body_timeout", "3", 3.0), ("live", "false", False),
        ("live", "TRUE", True), ("hash_user_id", "true", True),
        ("trusted_proxies", "10.0.0.0/8, ::1", ("10.0.0.0/8", "::1")),
        ("trusted_proxies", "", ()), ("query_params", "q", ("q",)), ("collector_id", "eu-1", "eu-1"),
    ],
)  # fmt: skip
def test_the_environment_is_text(tmp_path: Path, name: str, text: str, value: object) -> None:
    assert getattr(_load(tmp_path, "", {f"FIRSTHAND_{name.upper()}": text}), name) == value


def test_lists_in_the_file(tmp_path: Path) -> None:
    assert _load(tmp_path, 'trusted_proxies = ["10.0.0.0/8"]').trusted_proxies == ("10.0.0.0/8",)


@pytest.mark.parametrize(
    ("toml", "environ", "word"),
    [
        ("prot = 1", {}, "prot"),
        ("[collector]\nport = 1", {}, "collector"),
        ("port = 'many'", {}, "`$.port` in "),
        ("", {"FIRSTHAND_PORT": "many"}, "`$.port` in FIRSTHAND_PORT"),
        ("port = 65536", {}, "port must"),
        ("log_level = 'loud'", {}, "log_level"),
        ("collector_id = '../x'", {}, "collector_id"),
        ("rate_limit_events = 0", {}, "rate_limit_events"),
        ("drain_timeout = -1", {}, "drain_timeout"),
        ("", {"FIRSTHAND_TRUSTED_PROXIES": "10.0.0.0/8, proxy"}, "proxy is no address"),
        ("", {"FIRSTHAND_WORKERS": "1.5"}, "workers"),
        ("", {"FIRSTHAND_LIVE": "perhaps"}, "live"),
        ("workers = 0", {}, "workers"),
        ("workers = -1", {}, "workers"),
        ("default_mode = 'maybe'", {}, "default_mode"),
        ("", {"FIRSTHAND_DEFAULT_MODE": "OPT_IN"}, "default_mode"),
        ("commit_interval = 0", {}, "commit_interval"),
        ("seal_seconds = -1", {}, "seal_seconds"),
        ("body_timeout = 0.0", {}, "body_timeout"),
        ("port = [1]", {}, "port"),
        ("port =", {}, "TOML"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, toml: str, environ: dict[str, str], word: str) -> None:
    with pytest.raises(SettingsError) as refused:
        _load(tmp_path, toml, environ)
    assert word in str(refused.value)


def test_a_file_that_was_named_must_exist(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="does not exist"):
        load(tmp_path / "none.toml", environ={})


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match="TOML"):
        load(tmp_path / "x.toml", environ={})


def test_sources_in_the_file_are_no_settings(tmp_path: Path) -> None:
    assert _load(tmp_path, 'port = 5\n[[source]]\nid = "a"\nwrite_key = "k"').port == 5


def test_secrets_are_hidden_and_the_rest_is_json() -> None:
    values: Any = dict.fromkeys(SECRETS, "hush-hush")
    shown = Settings(**values).shown()
    assert "hush" not in json.dumps(shown)
    assert all(shown[name] == "***" for name in SECRETS)
    assert set(shown) == set(Settings.__struct_fields__)
    assert all(Settings().shown()[name] == "" for name in SECRETS)


def test_whatever_sounds_secret_is_one() -> None:
    sounds = {
        n for n in Settings.__struct_fields__ if any(w in n for w in ("secret", "credential", "password", "access_key"))
    }
    assert sounds <= SECRETS


def test_segments_are_sealed_twice_a_commit() -> None:
    assert Settings(commit_interval=1.0).effective_seal_seconds <= 0.5
    assert Settings(seal_seconds=0.2).effective_seal_seconds == 0.2
