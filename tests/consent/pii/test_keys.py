"""The key file: made once, for its owner only, and never guessed when it is damaged."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from consent.pii.keys import KeyChangeError, KeyFileError, load_or_create, open_keys, retire, rotate

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


def test_rotate_keeps_old_keys_and_retire_destroys_one(tmp_path: Path) -> None:
    path = tmp_path / "pii.json"
    first = load_or_create(path)
    rotated = rotate(path)
    assert [key.kid for key in rotated.all] == ["k2", "k1"]
    assert rotated.all[1] == first
    assert rotated.current.secret != first.secret
    assert path.stat().st_mode & 0o777 == 0o600
    assert [key.kid for key in rotate(path, "y2027").all] == ["y2027", "k2", "k1"]
    left = retire(path, "k1")
    assert [key.kid for key in left.all] == ["y2027", "k2"]
    assert first.secret.hex() not in path.read_bytes().hex()


@pytest.mark.parametrize(
    ("change", "kid", "what"),
    [
        (retire, "k1", "current key"),
        (retire, "k9", "no key k9"),
        (rotate, "k1", "cannot be"),
        (rotate, "a.b", "cannot be"),
    ],
)
def test_wrong_kids(tmp_path: Path, change: Callable[..., object], kid: str, what: str) -> None:
    path = tmp_path / "pii.json"
    load_or_create(path)
    before = path.read_bytes()
    with pytest.raises(KeyChangeError, match=what):
        change(path, kid)
    assert path.read_bytes() == before


def test_keys_from_the_settings_and_from_a_command(tmp_path: Path) -> None:
    path = tmp_path / "pii.json"
    assert [key.kid for key in open_keys(path, f"k2:{GOOD},k1:{'B' * 43}").all] == ["k2", "k1"]
    told = tmp_path / "told.json"
    told.write_text(json.dumps({"current": "v1", "keys": {"v1": GOOD}}))
    assert open_keys(path, command=f"cat {told}").current.kid == "v1"
    assert not path.exists()


@pytest.mark.parametrize(
    ("inline", "command", "what"),
    [("k1:c2hvcnQ", "", "shorter than 32"), ("k1", "", "shorter than 32"), ("", "false", "failed"), ("", "no-such-command-4711", "failed"), ("", "echo SECRET", "printed no JSON"), ("", "echo {}", "damaged")],
)  # fmt: skip
def test_keys_that_cannot_be_had(tmp_path: Path, inline: str, command: str, what: str) -> None:
    with pytest.raises(KeyFileError, match=what) as refused:
        open_keys(tmp_path / "pii.json", inline, command)
    assert "SECRET" not in str(refused.value)


def test_a_directory_in_its_place_is_said(tmp_path: Path) -> None:
    (tmp_path / "pii.json").mkdir(mode=0o700)
    with pytest.raises(KeyFileError, match="cannot be read"):
        open_keys(tmp_path / "pii.json")
