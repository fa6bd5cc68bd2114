"""`firsthand consent`: publish, map, verify, checkpoint, export, erase, as the owner of the machine runs them."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from consent.keys import key_path, load_or_create
from consent.presets import preset
from consent.store import open_store
from tests.consent import officer
from warehouse.cli import main


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "data"


def consent(data: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["consent", *arguments, "--data", str(data)])


def as_json(data: Path, *arguments: str) -> Any:
    done = consent(data, *arguments, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


@pytest.fixture
def chosen(data: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A published policy and three people's choices; the second person's name asks for a spreadsheet's trouble."""
    assert consent(data, "publish").exit_code == 0
    monkeypatch.setattr(officer, "RING", load_or_create(key_path(data), 1))
    store = open_store(f"sqlite:///{data / 'consent.db'}")
    for who, action in (("ada.ada", "accept_all"), ("grace.grace", "reject_all"), ("joan.joan", "accept_all")):
        officer.choose(store, "default", who, officer.body(action))
    store.close()
    return data


def test_publish_edit_publish(data: Path) -> None:
    assert as_json(data, "publish") == {"site": "default", "number": 1, "policyVersion": preset().version}
    document = as_json(data, "policy")
    document["proof"] = "token"
    file = data / "policy.json"
    file.write_text(json.dumps(document))
    done = consent(data, "publish", "--file", str(file))
    assert "version 2 is in force" in done.stdout
    assert as_json(data, "policy")["proof"] == "token"
    assert as_json(data, "policy", "--preset")["proof"] == "stamp"
    file.write_text('{"purposes": []}')
    done = consent(data, "publish", "--file", str(file))
    assert (done.exit_code, done.stderr.startswith("error: ")) == (2, True)


def test_the_map(data: Path) -> None:
    data.mkdir()
    file = data.parent / "map.json"
    file.write_text('[{"match": "Order *", "purpose": "necessary"}]')
    assert "publish a policy first" in consent(data, "map", "--file", str(file)).stderr
    as_json(data, "publish")
    assert as_json(data, "map") == []
    assert as_json(data, "map", "--file", str(file))[0]["match"] == "Order *"
    file.write_text('[{"match": "x", "purpose": "sale"}]')
    assert "sale" in consent(data, "map", "--file", str(file)).stderr
    assert as_json(data, "map")[0]["match"] == "Order *"


def test_verify_says_whole_and_names_what_is_not(chosen: Path) -> None:
    mark = as_json(chosen, "checkpoint")
    kept = chosen / "kept.json"
    kept.write_text(json.dumps(mark))
    done = consent(chosen, "verify", "--checkpoint", str(kept))
    assert (done.exit_code, done.stdout.count("whole")) == (0, 2)
    store = open_store(f"sqlite:///{chosen / 'consent.db'}")
    with store.write() as connection:
        connection.execute(sa.text("UPDATE ledger_payload SET subject = 'x' WHERE seq = 2 AND chain = 'default'"))
    store.close()
    done = consent(chosen, "verify")
    assert done.exit_code == 1
    assert "default: BROKEN at entry 2" in done.stdout
    reports = json.loads(consent(chosen, "verify", "--json").stdout)
    assert reports[0]["problem"]["seq"] == 2
    kept.write_text("{}")
    assert "is no checkpoint" in consent(chosen, "verify", "--checkpoint", str(kept)).stderr


def test_exports_hold_the_same(chosen: Path) -> None:
    lines = [json.loads(line) for line in consent(chosen, "export", "-", "--format", "jsonl").stdout.splitlines()]
    table = list(csv.DictReader(io.StringIO(consent(chosen, "export", "-").stdout)))
    file = chosen / "ledger.parquet"
    assert as_json(chosen, "export", str(file))["entries"] == 3
    frame = pl.read_parquet(file)
    assert [r["seq"] for r in lines] == [1, 2, 3] == frame["seq"].to_list() == [int(r["seq"]) for r in table]
    assert lines[0]["granted"] == ["analytics", "marketing", "personalization"] == frame["granted"][0].to_list()
    assert table[1]["denied"].split() == lines[1]["denied"]
    for who in ("ada.ada", "grace", "joan"):
        assert who not in json.dumps(lines)


def test_one_person_erased(chosen: Path) -> None:
    assert consent(chosen, "erase").exit_code == 2
    assert as_json(chosen, "erase", "--anonymous-id", "grace.grace", "--keep-out")["entries"] == [2]
    assert consent(chosen, "verify").exit_code == 0
    lines = [json.loads(line) for line in consent(chosen, "export", "-", "--format", "jsonl").stdout.splitlines()]
    erased = {line["seq"]: (line["erased"], line["subject"], line["payload"]) for line in lines}
    assert erased[2] == (True, None, None)
    assert {line["kind"] for line in lines} == {"receipt", "suppress", "erase"}


def test_a_store_that_is_away_is_one_line(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIRSTHAND_CONSENT_STORE", "postgresql+psycopg://nobody@127.0.0.1:9/none")
    done = consent(data, "policy")
    assert done.exit_code == 1
    assert done.stderr.startswith("error: cannot use the consent store")


@pytest.mark.parametrize("command", [["verify"], ["policy"], ["map"], ["checkpoint"], ["export", "x.csv"]])
def test_a_site_that_is_not_there_is_a_mistake(chosen: Path, command: list[str]) -> None:
    done = consent(chosen, *command, "--site", "shpo")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "there is no site shpo" in done.stderr
    assert not Path("x.csv").exists()


def test_a_ledger_that_cannot_be_written_is_no_error_of_the_store(chosen: Path) -> None:
    done = consent(chosen, "export", "absent/x.csv")
    assert (done.exit_code, done.stderr) == (2, "error: absent/x.csv cannot be written: No such file or directory\n")
