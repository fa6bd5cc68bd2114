"""The key file: made once, readable by nobody else, rotated without losing what older keys signed."""

import subprocess
import sys
from pathlib import Path

import pytest

from consent.keys import KeyRingError, Signer, key_path, load_or_create, rotate


def test_made_once_and_for_the_owner_only(tmp_path: Path) -> None:
    path = key_path(tmp_path)
    ring = load_or_create(path, 7)
    assert load_or_create(path, 8) == ring
    assert path.stat().st_mode & 0o777 == 0o600
    assert [len(k.secret) for k in (*ring.sign, *ring.token, *ring.subject)] == [32] * 3
    assert "secret" not in repr(ring)


def test_workers_that_start_together_agree(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from consent.keys import load_or_create; "
        f"print(load_or_create(Path({str(key_path(tmp_path))!r}), 1).token[0].secret.hex())"
    )
    running = [subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) for _ in range(3)]
    assert len({process.communicate(timeout=60)[0] for process in running}) == 1


def test_rotation_keeps_the_older_keys(tmp_path: Path) -> None:
    path = key_path(tmp_path)
    before = load_or_create(path, 1)
    made = rotate(path, "sign", 2)
    after = load_or_create(path, 3)
    assert (made.kid, after.sign[0], after.sign[-1]) == ("s2", before.sign[0], made)
    assert set(after.public_keys()) == {"s1", "s2"}
    assert after.signer().kid == "s2"
    assert after.public_keys()["s1"] == Signer(before.sign[0]).public


def test_the_subject_key_stays(tmp_path: Path) -> None:
    load_or_create(key_path(tmp_path), 1)
    with pytest.raises(KeyRingError, match="never rotated"):
        rotate(key_path(tmp_path), "subject", 2)


@pytest.mark.parametrize("content", ["", "{}", '{"sign": [], "token": [], "subject": []}', '{"sign": 1}'])
def test_a_damaged_file_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "consent.json"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(KeyRingError):
        load_or_create(path, 1)


def test_a_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    load_or_create(key_path(tmp_path), 1)
    key_path(tmp_path).chmod(0o640)
    with pytest.raises(KeyRingError, match="chmod 600"):
        load_or_create(key_path(tmp_path), 1)
