"""The token is one for all processes, private on disk, and nothing else opens the view."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from collector.live.access import COOKIE, LOGIN_SECONDS, cookie_ok, live_token, live_token_path, new_login, token_ok


def test_it_is_made_once_and_private(tmp_path: Path) -> None:
    token = live_token(tmp_path)
    assert len(token) >= 32
    assert live_token(tmp_path) == token
    assert live_token_path(tmp_path).stat().st_mode & 0o777 == 0o600
    assert [p.name for p in live_token_path(tmp_path).parent.iterdir()] == ["live-token"]


def test_processes_that_start_together_agree(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        tokens = set(pool.map(lambda _: live_token(tmp_path), range(64)))
    assert len(tokens) == 1


def test_every_data_directory_has_its_own(tmp_path: Path) -> None:
    assert live_token(tmp_path / "a") != live_token(tmp_path / "b")


def test_a_damaged_file_is_an_error_and_no_open_door(tmp_path: Path) -> None:
    live_token(tmp_path)
    live_token_path(tmp_path).write_text("")
    with pytest.raises(ValueError, match="delete it"):
        live_token(tmp_path)


def test_only_the_right_token_opens() -> None:
    assert token_ok("abc", "abc")
    for wrong in ("", "ab", "abcd", "ABC", "漢", "abc\x00"):
        assert not token_ok(wrong, "abc")


def test_only_the_right_cookie_opens() -> None:
    right = new_login("abc", 1000.5)
    at, number, signature = right.split(".")
    assert cookie_ok(f"a=1; {COOKIE}={right}; b=2", "abc", 1001)
    for wrong in (
        "",
        "a=1",
        f"{COOKIE}=",
        f"{COOKIE}=abc",
        f"{COOKIE}=..",
        f"{COOKIE}={new_login('x', 1000)}",
        f"{COOKIE}={int(at) + 1}.{number}.{signature}",
        f"{COOKIE}={at}.{number}",
        f"{COOKIE}={at}.{number}.",
        f"x{COOKIE}={right}",
        "=;\x00",
    ):
        assert not cookie_ok(wrong, "abc", 1001)
    assert "abc" not in right


def test_each_login_is_its_own_and_ends() -> None:
    first, second = new_login("abc", 1000), new_login("abc", 1000)
    assert first != second
    for login in (first, second):
        assert cookie_ok(f"{COOKIE}={login}", "abc", 999 + LOGIN_SECONDS)
        assert not cookie_ok(f"{COOKIE}={login}", "abc", 1000 + LOGIN_SECONDS)
