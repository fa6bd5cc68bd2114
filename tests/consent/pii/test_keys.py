"""The key file: made once, for its owner only, and never guessed when it is damaged."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from consent.pii.keys import KeyFileError, load_or_create

GOOD = "A" * 43


def test_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "pii.json"
    first = load_or_create(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert load_or_create(path) == first
    assert len(first.secret) == 32
    assert [p.name for p in path.parent.iterdir()] == ["pii.json"]
    assert load_or_create(tmp_path / "other" / "pii.json").secret != first.secret


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660])
def test_a_file_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "pii.json"
    load_or_create(path)
    path.chmod(mode)
    with pytest.raises(KeyFileError, match="chmod 600"):
        load_or_create(path)


@pytest.mark.parametrize(
    "content",
    [
        "", "{", "[]", "5", "{}",
        '{"current":"k1"}', '{"current":"k1","keys":{}}', '{"current":"k2","keys":{"k1":"x"}}',
        json.dumps({"current": "k1", "keys": {"k1": 5}}), json.dumps({"current": "k1", "keys": {"k1": "c2hvcnQ"}}),
        json.dumps({"current": ["k1"], "keys": {"k1": GOOD}}), '{"current":"k1","keys":[]}',
        json.dumps({"current": "k1", "keys": {"k1": "ä" * 43}}),
    ],
)  # fmt: skip
def test_a_damaged_file_is_refused_and_left_alone(tmp_path: Path, content: str) -> None:
    path = tmp_path / "pii.json"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(KeyFileError) as refused:
        load_or_create(path)
    assert str(path) in str(refused.value)
    assert path.read_text() == content


def test_a_rotated_file_gives_its_current_key(tmp_path: Path) -> None:
    path = tmp_path / "pii.json"
    path.write_text(json.dumps({"current": "k2", "keys": {"k1": "B" * 43, "k2": GOOD}}))
    path.chmod(0o600)
    assert load_or_create(path).kid == "k2"
    assert load_or_create(path).secret == bytes(32)


def test_workers_that_start_together_agree(tmp_path: Path) -> None:
    program = (
        "import sys, pathlib; from consent.pii.keys import load_or_create;"
        "print(load_or_create(pathlib.Path(sys.argv[1])).secret.hex())"
    )
    path = str(tmp_path / "keys" / "pii.json")
    started = [subprocess.Popen([sys.executable, "-c", program, path], stdout=subprocess.PIPE) for _ in range(4)]
    assert len({process.communicate(timeout=30)[0] for process in started}) == 1
