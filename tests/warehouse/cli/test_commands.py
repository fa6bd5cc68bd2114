"""The commands, run as people run them: in their own process, or through click for what is only text."""

import json
import logging
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from collector.settings import Settings
from tests.stores import STORES_SLOWLY, Store, local_store, rest_store
from tests.warehouse.spooled import bad_event, event, spool
from warehouse.cli import COMMANDS, main
from warehouse.cli.checks import configuration
from warehouse.cli.common import settings
from warehouse.loader import Loader, LoaderConfig


def firsthand(
    *arguments: str, environ: dict[str, str] | None = None, stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "warehouse.cli", *arguments], capture_output=True, text=True, input=stdin, timeout=120,
        env={**{k: v for k, v in os.environ.items() if not k.startswith("FIRSTHAND_")}, **(environ or {})}, check=False,
    )  # fmt: skip


def here(*arguments: str, environ: dict[str, str] | None = None, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """The same in this process, for what says nothing about processes: Python's start takes longer than most commands.
    An error that nobody caught would be a traceback there and fails here."""
    known: dict[str, str | None] = {name: None for name in os.environ if name.startswith("FIRSTHAND_")}
    before = os.umask(0o077)
    try:
        done = CliRunner().invoke(main, arguments, input=stdin, env=known | (environ or {}))
    finally:
        os.umask(before)
    assert isinstance(done.exception, SystemExit | None), done.exc_info
    return subprocess.CompletedProcess(arguments, done.exit_code, done.stdout, done.stderr)


def test_help_needs_nothing_heavy_and_is_quick() -> None:
    code = (
        "import sys; from warehouse.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'duckdb', 'pyiceberg', 'pyarrow', 'boto3', 'sqlalchemy', 'starlette'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert all(name in done.stdout for name in COMMANDS)


def below(command: click.Command | None, words: list[str]) -> list[tuple[list[str], bool]]:
    """The words of `command` and of every command below it, and whether it is a group of others."""
    parts = command.commands.items() if isinstance(command, click.Group) else ()
    return [(words, bool(parts)), *(found for name, part in parts for found in below(part, [*words, name]))]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example(name: str) -> None:
    for words, group in below(main.get_command(click.Context(main), name), [name]):
        done = CliRunner().invoke(main, [*words, "--help"], terminal_width=200)
        assert done.exit_code == 0, done.output
        examples = re.findall(r"^ +(.*\bfirsthand .*)$", done.output.partition("Example")[2], re.M)
        assert sum(f"firsthand {' '.join(words)}" in line for line in examples) >= 1 + group, words
        assert group or all(option in done.output for option in ("--data", "--config", "--json")), words


def test_what_up_tells_to_type_can_be_typed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from warehouse.cli.up import program, typed

    assert typed(Path.cwd() / "data") == "data"
    assert typed(tmp_path) == str(tmp_path)  # no row of dots
    beside = Path(sys.executable).parent
    monkeypatch.setenv("PATH", str(beside))
    assert program() == "firsthand"
    (tmp_path / "firsthand").write_text("#!/bin/sh\n")  # somebody else's
    (tmp_path / "firsthand").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    done = subprocess.run([program(), "--version"], capture_output=True, text=True, check=False)
    assert (done.returncode, "firsthand" in done.stdout) == (0, True)


@STORES_SLOWLY
def test_load_then_query_as_a_person_would(store: Store) -> None:
    environ = store.environ()
    spool(store.data, [[event(f"e{i}", properties={"n": i}) for i in range(5)]], bad=[bad_event()])
    loaded = firsthand("load", "--once", "--json", "--data", str(store.data), environ=environ)
    assert loaded.returncode == 0, loaded.stderr
    assert json.loads(loaded.stdout)["committed_events"] == 5
    asked = firsthand("query", "select event_id, event_time from events order by 1 limit 1", "--json",
                      "--data", str(store.data), environ=environ)  # fmt: skip
    assert json.loads(asked.stdout) == [{"event_id": "e0", "event_time": "2026-01-02T03:04:05.678Z"}]
    kept = here("maintain", "--json", "--data", str(store.data), environ=environ)
    assert kept.returncode == 0, kept.stderr
    assert set(json.loads(kept.stdout)) == {"compacted", "erased", "expired", "purged", "retained"}
    checked = here("doctor", "--json", "--data", str(store.data), environ=environ)
    assert checked.returncode == 0, checked.stdout
    assert {finding["state"] for finding in json.loads(checked.stdout)} <= {"ok", "warn"}


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Two events in the table, for tests that leave them as they are."""
    store = local_store(tmp_path_factory.mktemp("loaded") / "data")
    spool(store.data, [[event("a", page_title="x,y"), event("b", user_id="u")]])
    Loader(LoaderConfig(store.config.data_dir), store.config).run_once()
    return store


def test_query_as_csv_table_and_from_standard_input(loaded: Store) -> None:
    sql = "select event_id, page_title, user_id from events order by 1"
    csv = here("query", sql, "--csv", "--data", str(loaded.data)).stdout
    assert csv.splitlines() == ["event_id,page_title,user_id", 'a,"x,y",', "b,,u"]
    table = here("query", sql, "--data", str(loaded.data)).stdout
    assert "page_title" in table
    piped = firsthand("query", "-", "--json", "--data", str(loaded.data), stdin=sql).stdout
    assert [row["event_id"] for row in json.loads(piped)] == ["a", "b"]


def test_who_has_seen_enough_closes_the_pipe_and_gets_no_error(loaded: Store) -> None:
    command = [sys.executable, "-m", "warehouse.cli", "query", "select * from range(200000)", "--csv", "--data"]
    with subprocess.Popen([*command, loaded.data], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout and process.stderr
        assert process.stdout.readline() == b"range\r\n"
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 1


def test_upkeep_that_found_nothing_says_so(loaded: Store) -> None:
    assert here("maintain", "--expire", "--purge", "--data", str(loaded.data)).stdout == "nothing to do\n"


def test_nothing_is_marked_up(loaded: Store) -> None:
    """Text from the web must not become the terminal's formatting."""
    shown = here("query", "select '[red]x[/red] [/nope]' as t", "--data", str(loaded.data))
    assert shown.returncode == 0
    assert "[red]x[/red] [/nope]" in shown.stdout


# A store that others share: it is there, whatever was typed for the directory
ELSEWHERE = {"FIRSTHAND_CONSENT_STORE": "sqlite:///d/shared.db"}
NO_KEYS = "typo/keys/consent.json; a collector makes it"


@pytest.mark.parametrize(
    ("arguments", "environ", "says"),
    [
        (["query", "selec 1"], {}, "Parser Error"),
        (["query", "drop view events"], {}, "only statements that read"),
        (["query", "select 1", "--config", "/nowhere.toml"], {}, "does not exist"),
        (["load", "--once"], {"FIRSTHAND_CATALOG_URI": "mysql://x"}, "catalog_uri begins with"),
        (["load", "--once"], {"FIRSTHAND_COMMIT_INTERVAL": "soon"}, "commit_interval"),
        (["config"], {"FIRSTHAND_WORKERS": "0"}, "workers must be at least 1"),
        (["doctor"], {"FIRSTHAND_DEFAULT_MODE": "sure"}, "default_mode"),
        (["load", "--once"], {"FIRSTHAND_LOG_LEVEL": "loud"}, "log_level must be"),
        (["query", "select 1", "--data", "typo"], {}, "there is no directory"),
        (["query", "select 1", "--csv", "--json"], {}, "not both"),
        (["maintain", "--data", "typo"], {}, "there is no directory"),
        (["keys", "rotate", "--data", "typo"], {}, "there is no directory"),
        (["consent", "verify", "--data", "typo"], {}, "there is no directory"),
        (["consent", "policy", "--data", "typo"], {}, "there is no directory"),
        (["dsr", "list", "--data", "typo"], {}, "there is no directory"),
        (
            ["dsr", "open", "--kind", "erase", "--user-id", "u", "--data", "typo"],
            {},
            NO_KEYS,
        ),
        (["dsr", "erase", "--queue", "--data", "typo"], {}, "there is no directory"),
        (["dsr", "erase", "--queue", "--data", "typo"], ELSEWHERE, NO_KEYS),
        (["consent", "verify", "--data", "typo"], ELSEWHERE, NO_KEYS),
        (["consent", "checkpoint", "--data", "typo"], ELSEWHERE, NO_KEYS),
        (
            ["consent", "erase", "--user-id", "u", "--data", "typo"],
            ELSEWHERE,
            NO_KEYS,
        ),
        (
            ["dsr", "open", "--kind", "access", "--email", "a@b.example", "--data", "typo"],
            ELSEWHERE,
            NO_KEYS,
        ),
        (["dsr", "restrict", "0199", "--data", "typo"], ELSEWHERE, "there is no request"),
        (["dsr", "check", os.devnull, "--data", "typo"], {}, NO_KEYS),
        (["load", "--once", "--data", "/proc/nowhere"], {}, "/proc/nowhere cannot be made"),
        (["serve", "--data", "/proc/nowhere"], {}, "/proc/nowhere cannot be made"),
        (["up", "--data", "/proc/nowhere"], {}, "/proc/nowhere cannot be made"),
        (["source", "add", "x", "--data", "/proc/nowhere"], {}, "/proc/nowhere cannot be made"),
        (["source", "add", "x", "--origin", "shop.example"], {}, "an origin is like https://"),
        (["up", "--port", "99999"], {}, "port must be a number"),
        (["up", "--host", "192.0.2.1"], {}, "cannot listen on port 8080 of 192.0.2.1"),
        (["serve", "--host", "no host", "--port", "0"], {}, "cannot listen on no host"),
    ],
)
def test_mistakes_end_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], environ: dict[str, str], says: str
) -> None:
    """In this process, but for what an uncaught error would print: click's runner gives that as `exception`."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "d").mkdir()
    for name in [name for name in os.environ if name.startswith("FIRSTHAND_")]:
        monkeypatch.delenv(name)
    done = CliRunner(env=environ).invoke(main, [*arguments, *([] if "--data" in arguments else ["--data", "d"])])
    assert (done.exit_code, type(done.exception)) == (2, SystemExit), done.exception
    assert says in done.stderr
    assert done.stdout == ""
    assert set(os.listdir(tmp_path)) == {"d"}


def test_a_table_that_is_too_wide_is_shown_a_value_a_line(loaded: Store) -> None:
    done = CliRunner().invoke(main, ["query", "select * from events order by event_id", "--data", str(loaded.data)])
    assert re.findall(r"^event_id +(\w+)$", done.stdout, re.M) == ["a", "b"]
    assert re.findall(r"^user_id(?: +(\w+))?$", done.stdout, re.M) == ["", "u"]
    narrow = CliRunner().invoke(main, ["query", "select 1 as a, 2 as a", "--data", str(loaded.data)])
    assert "│ 1 │ 2 │" in narrow.stdout


def test_a_misspelt_variable_is_told_of(tmp_path: Path) -> None:
    done = CliRunner(env={"FIRSTHAND_PROT": "1"}).invoke(main, ["config", "--data", str(tmp_path)])
    assert (done.exit_code, "is FIRSTHAND_PORT meant?" in done.stderr) == (0, True)


def test_an_absent_catalog_is_a_problem_not_a_traceback(tmp_path: Path) -> None:
    environ = {"FIRSTHAND_CATALOG_URI": "http://127.0.0.1:1", "FIRSTHAND_WAREHOUSE": "w"}
    spool(tmp_path / "d", [[event("a")]])
    for arguments in (["load", "--once"], ["query", "select 1"], ["maintain"]):
        run = firsthand if arguments[0] == "load" else here
        done = run(*arguments, "--data", str(tmp_path / "d"), environ=environ)
        assert (done.returncode, "Traceback" in done.stderr) == (1, False), done.stderr
        assert "firsthand doctor" in done.stderr


def test_config_hides_secrets(tmp_path: Path) -> None:
    file = tmp_path / "firsthand.toml"
    file.write_text('s3_secret_access_key = "very-secret"\ncommit_interval = 3\n')
    shown = here("config", "--show", "--config", str(file))
    as_json = here("config", "--json", "--config", str(file), environ={"FIRSTHAND_CATALOG_CREDENTIAL": "id:hush"})
    assert "very-secret" not in shown.stdout + as_json.stdout
    assert "hush" not in as_json.stdout
    found = json.loads(as_json.stdout)
    assert (found["commit_interval"], found["s3_secret_access_key"]) == (3.0, "***")


def test_the_shell_answers_and_leaves(loaded: Store) -> None:
    typed = "select count(*) as how_many\nfrom events;\nselec;\n\\r\n\\q\n"
    done = firsthand("shell", "--data", str(loaded.data), stdin=typed)
    assert done.returncode == 0, done.stderr
    assert "how_many" in done.stdout
    assert "Parser Error" in done.stderr
    typed = "select event_id, event_time\nfrom events\norder by 1 limit 1;\nselec;\nselect 'x' as \"y\";\n"
    done = here("shell", "--json", "--data", str(loaded.data), stdin=typed)
    first, second, third = map(json.loads, done.stdout.splitlines())
    assert first == [{"event_id": "a", "event_time": "2026-01-02T03:04:05.678Z"}]
    assert ("Parser Error" in second["error"], third, done.stderr) == (True, [{"y": "x"}], "")


def test_the_loader_says_in_json_what_happened_and_not_what_an_event_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: dict[str, Any] = {}
    monkeypatch.setattr(logging, "basicConfig", taken.update)
    settings(None, str(tmp_path), lines=True)
    try:
        raise ValueError("ada@lovelace.example")
    except ValueError:
        record = logging.LogRecord("firsthand.loader", logging.ERROR, "", 0, "not loaded", None, sys.exc_info())
    said = json.loads(taken["handlers"][0].format(record))
    assert (said["message"], said["error"], "ada" in str(said)) == ("not loaded", "ValueError", False)


def findings(store: Store, **environ: str) -> tuple[int, dict[str, list[dict[str, Any]]]]:
    done = here("doctor", "--json", "--data", str(store.data), environ=environ)
    found: dict[str, list[dict[str, Any]]] = {}
    for finding in json.loads(done.stdout):
        found.setdefault(finding["check"], []).append(finding)
    return done.returncode, found


def test_doctor_on_a_new_directory_is_well(local: Store) -> None:
    code, found = findings(local)
    assert (code, firsthand("doctor", "--data", str(local.data)).returncode) == (0, 0)
    assert {"config", "data", "spool", "catalog", "bucket", "geo", "clock", "keys"} <= set(found)


def test_doctor_finds_what_is_wrong_and_says_what_to_do(local: Store) -> None:
    spool(local.data, [[event("a")]])
    Loader(LoaderConfig(local.config.data_dir), local.config).run_once()
    keys = local.data / "keys"
    keys.mkdir()
    (keys / "pii.json").write_text("{}")
    (keys / "pii.json").chmod(0o644)
    spool(local.data, [[event("c")]])
    [waiting] = local.data.glob("spool/*/*.sealed")
    os.utime(waiting, (time.time() - 4000, time.time() - 4000))
    future = waiting.with_name("next")
    os.utime(future, (time.time() + 4000, time.time() + 4000))
    code, found = findings(local, FIRSTHAND_GEOIP_DB="/nowhere.mmdb", FIRSTHAND_SPOOL_MIN_FREE_BYTES=str(2**60))
    assert code == 1
    assert {name for name, some in found.items() if any(f["state"] == "fail" for f in some)} == {
        "keys", "geo", "data", "clock",
    }  # fmt: skip
    assert found["spool"][0]["state"] == "warn"
    assert all(f["todo"] for some in found.values() for f in some if f["state"] != "ok")


@pytest.mark.stores
def test_doctor_tells_a_wrong_secret_from_a_missing_bucket(seaweed: Any, tmp_path: Path) -> None:
    from tests.stores import ACCESS_KEY, SECRET_KEY

    store = local_store(tmp_path / "d")
    common = {
        "FIRSTHAND_CATALOG_URI": f"sqlite:///{tmp_path}/c.db", "FIRSTHAND_S3_ENDPOINT": seaweed.s3,
        "FIRSTHAND_S3_ACCESS_KEY_ID": ACCESS_KEY,
    }  # fmt: skip
    right, wrong = {"FIRSTHAND_S3_SECRET_ACCESS_KEY": SECRET_KEY}, {"FIRSTHAND_S3_SECRET_ACCESS_KEY": "wrong"}
    code, found = findings(store, **common, **right, FIRSTHAND_WAREHOUSE="s3://events/w")
    assert (code, found["bucket"][0]["state"]) == (0, "ok"), found["bucket"]
    code, found = findings(store, **common, **right, FIRSTHAND_WAREHOUSE="s3://nobody-made-this/w")
    assert (code, found["bucket"][0]["todo"]) == (1, "create the bucket nobody-made-this")
    code, found = findings(store, **common, **wrong, FIRSTHAND_WAREHOUSE="s3://events/w")
    assert (code, found["bucket"][0]["state"]) == (1, "fail")
    assert "secret" in found["bucket"][0]["todo"]


@pytest.mark.stores
def test_doctor_asks_a_catalog_that_chooses_the_place_itself(seaweed: Any, tmp_path: Path) -> None:
    store = rest_store(tmp_path / "d", seaweed)
    environ = store.environ() | {"FIRSTHAND_WAREHOUSE": "lake"}
    _, found = findings(store, **environ)
    assert "chooses" in found["bucket"][0]["text"]
    spool(store.data, [[event("a")]])
    done = here("load", "--once", "--data", str(store.data), environ=environ)
    assert done.returncode == 0, done.stderr
    _, found = findings(store, **environ)
    assert (found["bucket"][0]["state"], "bucket lake" in found["bucket"][0]["text"]) == ("ok", True)
    _, found = findings(store, **environ | {"FIRSTHAND_CATALOG_URI": "http://127.0.0.1:1"})
    assert (found["bucket"][0]["state"], found["catalog"][0]["state"]) == ("fail", "fail")


@pytest.mark.parametrize(
    ("line", "secret"),
    [
        ('oidc_client_secret = "x"\noidc_issuer = ""', True),
        ('catalog_uri = "postgresql+psycopg://u:p@h/d"', True),
        ('catalog_uri = "http://127.0.0.1:1"', False),
        ('s3_access_key_id = "x"', False),
    ],
)
def test_doctor_says_when_others_may_read_a_secret(tmp_path: Path, line: str, secret: bool) -> None:
    file = tmp_path / "firsthand.toml"
    file.write_text(line)
    file.chmod(0o644)
    [found] = configuration(Settings(), file)
    assert (found.state, found.todo) == (("warn", f"chmod 600 {file}") if secret else ("ok", ""))
    file.chmod(0o600)
    assert next(configuration(Settings(), file)).state == "ok"


def test_doctor_reads_the_sources_and_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "firsthand.toml"
    file.write_text('[[source]]\nid = "a"\nwrite_key = "fh_a"\norigns = ["https://a.example"]')
    [found] = configuration(Settings(data=str(tmp_path)), file)
    assert (found.state, "origns" in found.text) == ("fail", True)
    file.write_text("")
    monkeypatch.setenv("FIRSTHAND_COMIT_INTERVAL", "1")
    warned, _ = configuration(Settings(data=str(tmp_path)), file)
    assert (warned.state, warned.todo) == ("warn", "is FIRSTHAND_COMMIT_INTERVAL meant?")
