"""Every scenario, with every SDK it is for, against a scripted collector and against the real one.

What holds for each request (`always()` and the schema of a batch) is checked besides what a scenario expects. In the
end every event that the real collector confirmed is one row in Iceberg, and nothing else is.
"""

import json
import time
import urllib.error
import urllib.request
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.contract.conftest import KINDS, Stack
from tests.contract.driver import Adapter, Run, Scenario, ScenarioFailed, load_all
from tests.contract.schemas import validator
from tests.contract.scripted import Request

SCENARIOS = load_all(tuple(KINDS))


def pairs(seldom: tuple[str, ...] = ()) -> pytest.MarkDecorator:
    """Each scenario with each of its SDKs; those of `seldom` in the slow suite."""
    found = [(scenario, sdk) for scenario in SCENARIOS for sdk in scenario.sdks]
    marks = [[pytest.mark.slow] if sdk in seldom else [] for _, sdk in found]
    named = [pytest.param(s, sdk, id=f"{s.name}-{sdk}", marks=m) for (s, sdk), m in zip(found, marks, strict=True)]
    return pytest.mark.parametrize(("scenario", "sdk"), named)


def play(scenario: Scenario, sdk: str, adapters: dict[str, list[str]], tmp_path: Path, write_key: str,
         forward: str | None = None) -> Run:  # fmt: skip
    run = ready(scenario, sdk, adapters, tmp_path, write_key, forward)
    run.play()
    return run


def ready(scenario: Scenario, sdk: str, adapters: dict[str, list[str]], tmp_path: Path, write_key: str,
          forward: str | None = None) -> Run:  # fmt: skip
    command = [*adapters[sdk], "--state", str(tmp_path / "device.json")]
    return Run(scenario, sdk, Adapter(command), write_key, is_a_batch, forward)


def is_a_batch(request: Request) -> None:
    validator("batch").validate(request.envelope)


@pairs()
def test_with_a_scripted_collector(scenario: Scenario, sdk: str, adapters: dict[str, list[str]],
                                   tmp_path: Path) -> None:  # fmt: skip
    play(scenario, sdk, adapters, tmp_path, "key-1")


# the mini-program's way to the real collector is tests/integration/test_miniprogram.py
@pairs(seldom=("mp",))
def test_with_the_real_collector(scenario: Scenario, sdk: str, adapters: dict[str, list[str]], tmp_path: Path,
                                 stack: Stack) -> None:  # fmt: skip
    source = f"{scenario.name}-{sdk}"
    run = ready(scenario, sdk, adapters, tmp_path, stack.keys[source], stack.endpoint)
    try:
        run.play()
    finally:  # what a first try has delivered is owed as well
        # a scripted answer that says 200 was never seen by the real collector
        scripted = {"rejected", "not_a_collector"}
        if scenario.name not in scripted:
            stack.owed.setdefault(source, []).extend(m["messageId"] for m in run.wire.delivered)


def post(endpoint: str, body: dict[str, Any], write_key: str) -> tuple[int, dict[str, Any]]:
    headers = {"Authorization": f"Bearer {write_key}", "Content-Type": "application/json"}
    asked = urllib.request.Request(f"{endpoint}/v1/batch", json.dumps(body).encode(), headers)
    try:
        with urllib.request.urlopen(asked, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def test_the_real_collectors_answers_obey_the_schema(stack: Stack) -> None:
    key = stack.keys["schema"]
    good = {"type": "track", "event": "A", "userId": "u", "timestamp": "2026-01-02T03:04:05.678Z", "messageId": "m"}
    yes = {"context": {"consent": {"categoryPreferences": {"analytics": True}}}}
    batch = [{**good, **yes}, good, {**good, **yes, "event": "$mine"}, {**good, **yes, "userId": None}, 7]
    status, answer = post(stack.endpoint, {"batch": batch}, key)
    assert status == 200
    validator("answer").validate(answer)
    assert answer["accepted"] == 1
    assert [r["reason"] for r in answer["rejected"]] == ["no_consent", "reserved_name", "no_identity", "invalid"]
    for body, wrong_key in (({"batch": []}, key), ({}, key), ({"batch": [good]}, "unknown")):
        status, answer = post(stack.endpoint, body, wrong_key)
        assert 400 <= status < 500
        validator("answer").validate(answer)
        assert "code" in answer


def test_the_real_collectors_settings_obey_the_schema(stack: Stack) -> None:
    with urllib.request.urlopen(f"{stack.endpoint}/v1/sources/{stack.keys['schema']}/settings", timeout=60) as answer:
        validator("settings").validate(json.load(answer))


def test_in_the_end_each_confirmed_event_is_one_row(stack: Stack) -> None:
    """Runs after the scenarios above and looks at all that they have left."""
    owed = Counter((source, id_) for source, ids in stack.owed.items() for id_ in ids)
    sources = ", ".join(f"'{source}'" for source in stack.owed) or "''"
    deadline = time.monotonic() + 120
    rows: Counter[tuple[str, str]] = Counter()
    while time.monotonic() < deadline and len(rows) < len(owed):
        time.sleep(0.5)
        found = stack.query(f"select source_id, event_id from events where source_id in ({sources}) limit 100000")
        rows = Counter((row["source_id"], row["event_id"]) for row in found)
    assert rows == owed


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ([{"init": {}}, {"track": {"event": "A"}}, {"expect": {"requests": 1}}], "requests is 0, expected 1"),
        ([{"init": {}}, {"expect": {"no such thing": 1}}], "an expectation that exists"),
        ([{"init": {}}, {"dance": {}}], "dance is no step"),
        ([{"track": {"event": "A"}}], "no client"),
        (
            [{"init": {}}, {"consent": {"analytics": True}}, {"track": {"event": "A"}}, {"flush": 5000},
             {"expect": {"never": ["A"]}}],
            "never is ['A']",
        ),
    ],
)  # fmt: skip
@pytest.mark.parametrize("sdk", sorted(KINDS))
def test_the_driver_can_fail(sdk: str, steps: list[dict[str, Any]], words: str, adapters: dict[str, list[str]],
                             tmp_path: Path) -> None:  # fmt: skip
    with pytest.raises(ScenarioFailed) as failure:
        play(Scenario("made up", "", steps, (sdk,)), sdk, adapters, tmp_path, "key-1")
    assert words in str(failure.value)


def test_what_must_always_hold_is_really_checked(adapters: dict[str, list[str]], tmp_path: Path) -> None:
    """An SDK that sends without consent in an opt-in region fails every scenario, also those that expect it to send."""
    steps: list[dict[str, Any]] = [
        {"init": {"mode": "opt_out"}},
        {"track": {"event": "A"}},
        {"flush": 5000},
        {"expect": {"delivered": ["A"]}},
    ]
    with pytest.raises(ScenarioFailed, match="purpose was not granted"):
        play(Scenario("made up", "", steps, ("py",)), "py", adapters, tmp_path, "key-1")
