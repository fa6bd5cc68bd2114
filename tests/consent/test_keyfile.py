"""A key file is its owner's, whole, and made once."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from consent.keyfile import write_secret


def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    write_secret(tmp_path / "keys" / "a", b"one", replace=False)
    assert (tmp_path / "keys" / "a").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o700


def test_of_many_that_begin_at_once_one_wins_and_nothing_is_left_over(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda n: write_secret(path, b"%d" % n * 1000, replace=False), range(8)))
    assert len(set(path.read_bytes())) == 1
    assert len(path.read_bytes()) == 1000
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_what_is_there_stays_unless_it_is_to_be_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a"
    write_secret(path, b"one", replace=False)
    write_secret(path, b"two", replace=False)
    assert path.read_bytes() == b"one"
    write_secret(path, b"three", replace=True)
    assert path.read_bytes() == b"three"
