"""What whoever waits at a terminal sees, at a terminal; and that nobody else is told anything."""

import os
import pty
import subprocess
import sys

import pytest

from warehouse.cli.progress import erasing

# Each waits until the one before was seen
STEPS = """
import sys
from warehouse.cli.progress import erasing, progress
print("begun")
with progress("reading [/etc]", quiet="quiet" in sys.argv) as tell:
    on_step, on_file = erasing(tell, 9)
    for show in (lambda: None, lambda: tell("writing 1,000", 3, 3), lambda: on_step("expire"), lambda: on_file(1, 2)):
        show()
        sys.stdin.readline()
print("done")
"""


def started(*arguments: str, stderr: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", STEPS, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "120"},
    )  # fmt: skip


def test_a_terminal_is_told_what_is_done_and_then_left_clean() -> None:
    ours, theirs = pty.openpty()
    with started(stderr=theirs) as process:
        os.close(theirs)
        assert process.stdin and process.stdout
        for text in (b"reading [/etc]", b"writing 1,000", b"expiring snapshots, then 9 s for readers that have begun"):
            read_until(ours, text)
            process.stdin.write(b"\n")
            process.stdin.flush()
        out, _ = process.communicate(b"\n")
        left = read_until(ours, b"\x1b[2K")
    os.close(ours)
    assert (process.returncode, out) == (0, b"begun\ndone\n")
    assert left.rpartition(b"\x1b[2K")[2].strip() == b""


def read_until(terminal: int, text: bytes) -> bytes:
    """All that came until `text` did. Raises OSError if the other end is closed before."""
    came = b""
    while text not in came:
        came += os.read(terminal, 65536)
    return came


def test_programs_and_files_are_told_nothing() -> None:
    ours, theirs = pty.openpty()
    with started("quiet", stderr=theirs) as quiet, started(stderr=subprocess.PIPE) as filed:
        os.close(theirs)
        assert quiet.communicate(b"\n" * 4)[0] == b"begun\ndone\n"
        assert filed.communicate(b"\n" * 4) == (b"begun\ndone\n", b"")
    with pytest.raises(OSError, match="Input/output"):  # the end, with nothing before it
        os.read(ours, 1)
    os.close(ours)


def test_every_step_of_an_erasure_has_words() -> None:
    from warehouse.erase.run import STEPS as steps

    told: list[str] = []
    on_step, _ = erasing(lambda doing="", done=0, total=None: told.append(doing), 0)
    for step in ("suppress", "ledger", *steps, "certificate"):
        on_step(step)
        assert told[-1] != step
