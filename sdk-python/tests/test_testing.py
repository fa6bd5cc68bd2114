"""What users' own tests get: a recorder, a fixture, a transport that sends nothing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import firsthand
from firsthand import Client
from firsthand.testing import DryRun, capture_events

YES = {"analytics": True}


def test_a_dry_run_shows_batches_as_they_would_be(tmp_path: Path) -> None:
    dry = DryRun()
    with Client("key-1", "https://collect.example.org", send=dry, batch_events=2, spool_dir=tmp_path) as client:
        for n in range(5):
            client.track("X", {"n": n}, user_id="u", consent=YES)
    assert [len(batch["batch"]) for batch in dry.batches] == [2, 2, 1]
    assert {batch["writeKey"] for batch in dry.batches} == {"key-1"}
    assert [e["properties"]["n"] for e in dry.events] == [0, 1, 2, 3, 4]


def test_the_setting_dry_run_sends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.create_connection", lambda *_: pytest.fail("a connection"))
    with Client("k", "http://127.0.0.1:9", dry_run=True) as client:
        client.track("X", user_id="u", consent=YES)
        assert client.flush(60).sent == 1


def test_a_recorder_within_a_recorder() -> None:
    with capture_events() as outer:
        firsthand.track("A", user_id="u", consent=YES)
        with capture_events(consent_policy="server") as inner:
            firsthand.track("B", user_id="u")
        firsthand.track("C", user_id="u", consent=YES)
    assert [[e["event"] for e in events] for events in (outer, inner)] == [["A", "C"], ["B"]]


def test_the_fixture(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text('pytest_plugins = ["firsthand.pytest_plugin"]\n')
    (tmp_path / "test_shop.py").write_text(
        "import firsthand\n"
        "def test_one(firsthand_events):\n"
        "    firsthand.track('X', user_id='u', consent={'analytics': True})\n"
        "    assert [e['event'] for e in firsthand_events] == ['X']\n"
        "def test_another(firsthand_events):\n"
        "    assert firsthand_events == []\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    environ = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}  # the plugins of this suite take their time
    done = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=120, check=False)
    assert "2 passed" in done.stdout, done.stdout + done.stderr
