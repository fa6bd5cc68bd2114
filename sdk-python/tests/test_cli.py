"""`python -m firsthand`: the verdict of a key, what is wrong on the way, and what was left in a spool."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.contract.scripted import Reply, Scripted

from firsthand import Client, doctor
from firsthand.cli import _parser, main
from firsthand.settings import load

YES = {"analytics": True}
BOT = Reply(rejected=({"index": 0, "reason": "bot"},))


@pytest.fixture
def run(collector: Scripted, capsys: pytest.CaptureFixture[str]) -> Any:
    def call(*arguments: str, endpoint: str | None = None) -> tuple[int, Any]:
        given = ["--write-key", "key-1", "--endpoint", endpoint or collector.endpoint, "--json"]
        code = main([*arguments, *given])
        return code, json.loads(capsys.readouterr().out)

    return call


def test_send_and_its_verdict(collector: Scripted, run: Any) -> None:
    code, found = run(
        "send", "Order Completed", "--user-id", "u-7", "--consent", "analytics", "-p", "total=9.9", "-p", "text=x=y"
    )
    assert (code, found["verdict"], found["problems"]) == (0, "accepted", [])
    (message,) = collector.messages
    assert message["messageId"] == found["messageId"]
    assert (message["event"], message["properties"]) == ("Order Completed", {"total": 9.9, "text": "x=y"})


@pytest.mark.parametrize(
    ("arguments", "reply", "verdict", "reason"),
    [
        (["--user-id", "u"], Reply(), "not sent", "no_consent"),
        (["--consent", "analytics"], Reply(), "not sent", "no_identity"),
        (["--user-id", "u", "--purpose", "necessary"], BOT, "rejected", "bot"),
        (["--user-id", "u", "--consent", "analytics"], Reply(401), "not sent", "unauthorized"),
        (["--user-id", "u", "--consent", "analytics", "--timeout", "0.3"], Reply(503), "not sent", "unreachable"),
    ],
)  # fmt: skip
def test_send_says_why_not(collector: Scripted, run: Any, arguments: list[str], reply: Reply, verdict: str,
                           reason: str) -> None:  # fmt: skip
    collector.otherwise = lambda _request: reply
    code, found = run("send", "X", *arguments)
    assert (code, found["verdict"]) == (1, verdict)
    assert reason in [p["reason"] for p in found["problems"]]


def test_doctor_finds_nothing_wrong(
    collector: Scripted, run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "_ask", lambda _settings: (200, None))
    code, found = run("doctor", "--spool-dir", str(tmp_path / "spool"))
    assert (code, found["ok"]) == (0, True)
    assert [c["name"] for c in found["checks"]] == [check.__name__ for check in doctor.CHECKS]
    assert "can be written; 0 files" in found["checks"][-1]["detail"]


@pytest.mark.parametrize(
    ("settings", "name", "words"),
    [
        ({"endpoint": "http://nowhere.invalid"}, "name", "cannot be resolved"),
        ({"endpoint": "http://127.0.0.1:9"}, "key", "refused"),
        ({}, "key", "404"),
        ({"enabled": False}, "configuration", "enabled=false"),
        ({"dry_run": True}, "configuration", "dry_run=true"),
        ({"spool_dir": "/proc/firsthand"}, "spool", "see docs/python.md"),
        ({"spool_dir": "spool", "spool_bytes": 10**18}, "spool", "lower it"),
    ],
)
def test_doctor_names_what_is_wrong(collector: Scripted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                    settings: dict[str, Any], name: str, words: str) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    given = load({}, **{"write_key": "k", "endpoint": collector.endpoint, **settings})
    findings = {f.name: f for f in doctor.examine(given)}
    assert not findings[name].ok
    assert words in findings[name].detail


def test_a_clock_that_is_off_is_said() -> None:
    assert doctor._skew("Thu, 01 Jan 2026 00:00:00 GMT").startswith("; this clock is ")
    assert doctor._skew("nonsense") == doctor._skew(None) == ""


def test_drain_sends_what_was_left(run: Any, tmp_path: Path) -> None:
    with Scripted() as away:
        endpoint, port = away.endpoint, away.port
    client = Client("key-1", endpoint, spool_dir=str(tmp_path))
    for _ in range(5):
        client.track("X", user_id="u", consent=YES)
    client.shutdown(0)
    code, found = run("drain", "--spool-dir", str(tmp_path), "--timeout", "0.2", endpoint=endpoint)
    assert (code, found["pending"]) == (1, 5)
    with Scripted(port=port) as back:
        code, found = run("drain", "--spool-dir", str(tmp_path), endpoint=endpoint)
        assert (code, found) == (0, {"sent": 5, "pending": 0, "dropped": 0, "rejected": 0})
        assert len(back.messages) == 5
    assert list(tmp_path.iterdir()) == []


def test_wrong_settings_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["send", "X", "--endpoint", "http://127.0.0.1"]) == 2
    assert "write_key is missing" in capsys.readouterr().err
    assert main(["drain", "--write-key", "k", "--endpoint", "http://127.0.0.1", "--json"]) == 2
    assert "--spool-dir" in json.loads(capsys.readouterr().out)["error"]


def test_drain_of_a_directory_that_is_not_there_is_a_mistake_and_makes_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = tmp_path / "shpo"
    assert main(["drain", "--write-key", "k", "--endpoint", "http://127.0.0.1", "--spool-dir", str(where)]) == 2
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)
    assert f"there is no spool directory '{where}'" in said.err
    assert not where.exists()


@pytest.mark.parametrize("command", ["send", "doctor", "drain"])
def test_help_has_examples_that_parse(command: str) -> None:
    done = subprocess.run([sys.executable, "-m", "firsthand", command, "--help"], capture_output=True, text=True,
                          check=True, env={**os.environ, "COLUMNS": "200"})  # fmt: skip
    examples = re.findall(rf"python -m firsthand ({command}[^\n#]*)", done.stdout.partition("examples:")[2])
    assert len(examples) == 2
    for example in examples:
        assert _parser().parse_args(shlex.split(example)).command.__name__ == command
