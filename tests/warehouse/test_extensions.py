"""Extensions are believed once, and only as long as they are the same files; no statement loads another."""

import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests import conftest
from warehouse import extensions
from warehouse.extensions import EXTENSIONS, ExtensionError, connect

SIGNED = "signature is either missing or invalid"


@pytest.fixture(autouse=True)
def asked(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether each connection that was made had to see a signature; DuckDB as it is, which tests elsewhere relax."""
    found: list[bool] = []

    def seen(config: dict[str, Any]) -> duckdb.DuckDBPyConnection:
        found.append("allow_unsigned_extensions" not in config)
        return conftest._connect(config=config)

    monkeypatch.setattr(duckdb, "connect", seen)
    return found


@pytest.fixture
def avro(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The smallest one alone, as a file that a test may change."""
    copy = tmp_path / "avro.duckdb_extension"
    shutil.copy(extensions._file("avro"), copy)
    monkeypatch.setattr(extensions, "EXTENSIONS", ("avro",))
    monkeypatch.setattr(extensions, "_file", lambda name: copy)
    return copy


def spoil(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.unlink()  # this process runs the old one
    file.write_bytes(content)


def test_what_was_believed_is_not_asked_again_and_nothing_else_is_believed(
    tmp_path: Path, asked: list[bool], avro: Path
) -> None:
    data = tmp_path / "data"
    connect(data, {}).close()
    assert not data.exists()
    data.mkdir()
    connect(data, {}).close()
    with connect(data, {}) as duck:
        assert asked == [True, True, False]
        other = tmp_path / "other.duckdb_extension"
        shutil.copy(avro, other)
        spoil(other)
        with pytest.raises(duckdb.InvalidInputException, match="while database is running"):
            duck.execute("SET allow_unsigned_extensions = true")
        with pytest.raises(duckdb.IOException, match=SIGNED):
            duck.execute(f"LOAD '{other}'")
    (data / "tmp" / "extensions").write_bytes(b"\xff torn")
    connect(data, {}).close()
    assert asked[-1] is True


def test_a_file_that_changed_is_asked_again(tmp_path: Path, asked: list[bool], avro: Path) -> None:
    connect(tmp_path, {}).close()
    spoil(avro)
    with pytest.raises(duckdb.IOException, match=SIGNED):
        connect(tmp_path, {})
    assert asked == [True, True]


def test_a_missing_extension_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extensions, "find_spec", lambda name: None)
    with pytest.raises(ExtensionError, match=f"pip install .*duckdb-extension-{EXTENSIONS[0]}"):
        connect(tmp_path, {})
