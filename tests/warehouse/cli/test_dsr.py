"""`firsthand dsr` and `firsthand keys` from the request to the certificate, over real tables and a real ledger."""

import csv
import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from consent.keys import key_path, load_or_create
from consent.pii.hashing import pseudonym
from consent.pii.keys import open_keys, rotate
from tests.stores import Store
from tests.warehouse.spooled import event, spool
from warehouse.cli import main
from warehouse.loader import Loader, LoaderConfig
from warehouse.query import Reader

MAIL, USER, DEVICE = "ada@example.com", "u-ada-4711", "a-9f8a7c6b5d4e"


class Shell:
    """The command line over one data directory."""

    def __init__(self, data: Path) -> None:
        self.data = data

    def __call__(self, *words: str, code: int = 0) -> str:
        done = CliRunner().invoke(main, [*words, "--data", str(self.data)])
        assert done.exit_code == code, (words, done.output, done.exception)
        return done.output

    def json(self, *words: str) -> Any:
        return json.loads(self(*words, "--json"))


@pytest.fixture
def shell(local: Store) -> Shell:
    """Ada, seen under two keys, by her address and by her user id, on a device of her own; and Bob."""
    load_or_create(key_path(local.data), 1)  # as a collector does at its first start
    path = local.data / "keys" / "pii.json"
    old = open_keys(path).current
    new = rotate(path).current
    rows = [
        event("1", user_id=pseudonym(old, "email", MAIL), subject_key=pseudonym(old, "email", MAIL)),
        event("2", user_id=pseudonym(new, "email", MAIL), anonymous_id=DEVICE, subject_key=USER),
        event("3", anonymous_id=DEVICE, subject_key=DEVICE, properties={"n": 1, "formula": "=1+1"}),
        event("4", type="alias", user_id=USER, subject_key=USER, properties={"previousId": pseudonym(new, "email",
        MAIL)}), event("5", user_id="u-bob", anonymous_id="a-bob", subject_key="u-bob", properties={"friend": USER}),
    ]  # fmt: skip
    spool(local.data, [rows])
    Loader(LoaderConfig(local.config.data_dir), local.config).run_once()
    return Shell(local.data)


def ids(local: Store) -> list[str]:
    with Reader(local.config) as reader:
        return [row["event_id"] for row in reader.query("select event_id from events order by 1").objects()]


def test_a_person_is_exported_and_then_erased(shell: Shell, local: Store, tmp_path: Path) -> None:
    access = shell.json("dsr", "open", "--kind", "access", "--email", MAIL)["id"]
    assert "identity was not verified" in shell("dsr", "export", access, str(tmp_path / "x.zip"), code=2)
    shell("dsr", "verify", access, "--how", "logged in")
    out = tmp_path / "ada.zip"
    assert shell.json("dsr", "export", access, str(out))["rows"] == {"events": 4, "consent": 0}
    assert out.stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(out) as file:
        assert [row["event_id"] for row in json.loads(file.read("events.json"))] == ["1", "2", "3", "4"]
        assert len(list(csv.DictReader(io.StringIO(file.read("events.csv").decode("utf-8-sig"))))) == 4

    id = shell.json("dsr", "open", "--kind", "erase", "--email", MAIL)["id"]
    shell("dsr", "verify", id, "--how", "logged in")
    would = shell.json("dsr", "erase", id, "--dry-run")
    assert would["tables"]["events"]["files"] == 1
    assert ids(local) == ["1", "2", "3", "4", "5"]
    document = shell.json("dsr", "erase", id, "--grace", "0", "--email", MAIL)
    assert ids(local) == ["5"]
    assert document["report"]["tables"]["events"]["rows"] == 4
    certificate = local.data / "certificates" / f"{id}.json"
    assert shell.json("dsr", "check", str(certificate)) == {"certified": True}
    shown = shell.json("dsr", "show", id)
    assert (shown["state"], sorted(shown["tasks"]), shown["identifiers"]) == (
        "done",
        ["ledger", "suppress", "tables"],
        0,
    )
    assert shell.json("consent", "verify")[0]["problem"] is None

    forged = json.loads(certificate.read_text())
    forged["report"]["tables"]["events"]["rows"] = 0
    certificate.write_text(json.dumps(forged))
    shell("dsr", "check", str(certificate), code=1)
    for path in local.data.rglob("*"):
        if path.is_file() and path.suffix != ".zip":
            content = path.read_bytes()
            assert MAIL.encode() not in content, path
            assert DEVICE.encode() not in content, path


def test_wrong_input_leaves_nothing_half_done(shell: Shell, local: Store) -> None:
    assert "there is no request" in shell("dsr", "erase", "0199", code=2)
    assert "name whom" in shell("dsr", "open", "--kind", "erase", code=2)
    for mistake, says in ((("--user-id", " "), "is empty"), (("--user-id", "u-7", "--email", ""), "is empty"),
                          (("--email", "ada"), "has an @"), (("--phone", "+1 0"), "five digits")):  # fmt: skip
        assert says in shell("dsr", "open", "--kind", "erase", *mistake, code=2)
    assert "there is no site shpo" in shell(
        "dsr", "open", "--kind", "erase", "--user-id", "u", "--site", "shpo", code=2
    )
    assert shell.json("dsr", "list", "--all") == []
    id = shell.json("dsr", "open", "--kind", "erase", "--user-id", "nobody")["id"]
    assert "identity was not verified" in shell("dsr", "erase", id, code=2)
    assert not (local.data / "suppressed.json").exists()
    shell("dsr", "verify", id, "--how", "x")
    shell("dsr", "erase", id, "--grace", "0")
    assert ids(local) == ["1", "2", "3", "4", "5"]
    assert "is done" in shell("dsr", "erase", id, code=2)


def test_a_request_is_of_its_site_whatever_site_is_usual(shell: Shell, local: Store, tmp_path: Path) -> None:
    shell("consent", "publish", "--site", "blog")
    for kind in ("access", "erase"):
        id = shell.json("dsr", "open", "--kind", kind, "--user-id", USER, "--site", "blog")["id"]
        shell("dsr", "verify", id, "--how", "x")
        if kind == "access":
            assert "x.zip cannot be written" in shell("dsr", "export", id, str(tmp_path / "absent" / "x.zip"), code=2)
            assert "events" in shell("dsr", "export", id, str(tmp_path / "x.zip"))
        else:
            assert "events: 1 files" in shell("dsr", "erase", id, "--dry-run")
            assert shell.json("dsr", "erase", id, "--grace", "0")["site"] == "blog"
        assert re.search(r"^received_at +20\d\d-\d\d-\d\d \d\d:\d\d:\d\d\+00:00$", shell("dsr", "show", id), re.M)
    assert ids(local) == ["1", "5"]


def test_restriction_keeps_new_events_out_and_old_ones_in(shell: Shell, local: Store) -> None:
    id = shell.json("dsr", "open", "--kind", "restrict", "--user-id", "u-bob")["id"]
    shell("dsr", "verify", id, "--how", "x")
    shell("dsr", "restrict", id)
    spool(local.data, [[event("6", user_id="u-bob", subject_key="u-bob")]], collector_id="c2")
    assert Loader(LoaderConfig(local.config.data_dir), local.config).run_once().suppressed == 1
    assert ids(local) == ["1", "2", "3", "4", "5"]
    assert shell.json("dsr", "lift", id) == {"lifted": id}
    spool(local.data, [[event("7", user_id="u-bob", subject_key="u-bob")]], collector_id="c3")
    assert Loader(LoaderConfig(local.config.data_dir), local.config).run_once().suppressed == 0
    assert ids(local) == ["1", "2", "3", "4", "5", "7"]
    assert "was lifted already" in shell("dsr", "lift", id, code=2)
    access = shell.json("dsr", "open", "--kind", "access", "--user-id", "u-bob")["id"]
    assert "this needs done" in shell("dsr", "lift", access, code=2)


def test_the_list_counts_days(shell: Shell) -> None:
    shell("dsr", "open", "--kind", "access", "--user-id", "u-1", "--law", "ccpa")
    [one] = shell.json("dsr", "list")
    assert one["days_left"] == 44
    assert "44 days left" in shell("dsr", "list")
    assert shell("dsr", "list", "--csv").splitlines()[0].startswith("id,site,kind")
    shell("dsr", "deny", one["id"], "--reason", "not our customer")
    assert shell.json("dsr", "list") == []
    assert len(shell.json("dsr", "list", "--all")) == 1


def test_keys(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    assert shell.json("keys", "list") == [{"kid": "k2", "current": True}, {"kid": "k1", "current": False}]
    assert [key["kid"] for key in shell.json("keys", "rotate")] == ["k3", "k2", "k1"]
    assert "say --yes" in shell("keys", "retire", "k1", code=2)
    assert "current key" in shell("keys", "retire", "k3", "--yes", code=2)
    assert "no key k9" in shell("keys", "retire", "k9", "--yes", code=2)
    assert [key["kid"] for key in shell.json("keys", "retire", "k1", "--yes", "--grace", "0")] == ["k3", "k2"]
    (shell.data / "keys" / "pii.json").chmod(0o644)
    assert "chmod 600" in shell("keys", "list", code=2)
    monkeypatch.setenv("FIRSTHAND_PII_KEYS", f"e1:{'A' * 43}")
    assert shell.json("keys", "list") == [{"kid": "e1", "current": True}]
    assert "come from the settings" in shell("keys", "rotate", code=2)
