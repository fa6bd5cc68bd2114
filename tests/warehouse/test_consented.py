"""Consent in the lake: the ledger copied, views that a withdrawal changes at once, retention by purpose."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from msgspec.structs import replace

from consent.admin import people
from consent.keys import key_path, load_or_create
from consent.presets import preset
from consent.store import Store as ConsentStore
from consent.store import open_store
from tests.collector.consented import Office, office
from tests.consent import officer
from tests.stores import Store
from warehouse.catalog import StoreConfig
from warehouse.cli import main
from warehouse.loader import Loader, LoaderConfig
from warehouse.maintain.retain import days_by_purpose, retain
from warehouse.query import Reader
from warehouse.schema import EVENTS


def load(config: StoreConfig) -> None:
    loader = Loader(LoaderConfig(config.data_dir), config)
    loader.run_once()
    loader.close()


def asked(config: StoreConfig, sql: str) -> list[tuple[object, ...]]:
    with Reader(config) as reader:
        return list(reader.query(sql))


def people_in(config: StoreConfig, purpose: str) -> list[object]:
    found = asked(config, f"SELECT DISTINCT anonymous_id FROM events_for_{purpose} ORDER BY 1")
    return [row[0] for row in found]


@pytest.fixture
def config(tmp_path: Path) -> StoreConfig:
    return StoreConfig(str(tmp_path / "data"))


def sent(house: Office) -> None:
    """Three people: all granted, one only analytics, one on the marketing list by the event's own purpose."""
    house.desk.now = datetime.now(UTC)
    for who, choices in (("ada", None), ("grace", {"analytics": True}), ("joan", None)):
        said = {"action": "set", "choices": choices} if choices else {}
        token = house.choose(who, **said)["token"]
        assert house.send(who, token).rows
    token = house.choose("joan")["token"]
    assert house.send("joan", token, purpose="marketing", userId="u-joan").rows


def test_a_withdrawal_changes_the_next_querys_answer(config: StoreConfig) -> None:
    with office(Path(config.data_dir)) as house:
        sent(house)
    load(config)
    assert people_in(config, "analytics") == ["ada", "grace", "joan"]
    assert people_in(config, "marketing") == ["ada", "joan"]
    assert people_in(config, "third_party") == []
    ring = load_or_create(key_path(Path(config.data_dir)), 1)
    store = open_store(config.consent_store)
    with store.write() as connection:
        found = people.find(connection, ring, "default", "ada", None)
        people.withdraw(connection, officer.admin(), ring, "default", found[0].subject)
        user = people.find(connection, ring, "default", None, "u-joan")
        people.suppress(connection, officer.admin(), "default", [user[0].subject])
    store.close()
    assert people_in(config, "analytics") == ["grace", "joan"]
    assert people_in(config, "marketing") == ["joan"], "their first event, before they logged in, names no user"
    assert asked(config, "SELECT count(*) FROM events_for_marketing") == [(1,)]
    assert asked(config, "SELECT count(*) FROM events") == [(4,)], "nothing was rewritten"


def test_the_ledger_is_copied_exactly_once(config: StoreConfig) -> None:
    with office(Path(config.data_dir)) as house:
        sent(house)
        load(config)
        load(config)
        rows = asked(config, "SELECT site, seq, kind, granted FROM consent_receipts ORDER BY site, seq")
        assert [row[:3] for row in rows] == [("default", n, "receipt") for n in range(1, 5)]
        assert rows[1][3] == ["analytics"]
        house.choose("late", "reject_all")
        erased = house.choose("erased")["receipt"]["subject"]
        with house.store.write() as connection:
            people.erase(connection, officer.admin(), "default", [erased])
    load(config)
    rows = asked(
        config, "SELECT seq, erased, subject IS NULL, payload IS NULL FROM consent_receipts WHERE seq > 4 ORDER BY 1"
    )
    assert rows == [(5, False, False, False), (6, True, True, True), (7, False, True, False)]
    joined = asked(
        config,
        "SELECT count(DISTINCT r.subject) FROM events e JOIN consent_receipts r ON r.subject = e.consent_subject",
    )
    assert joined == [(3,)]


def test_no_store_no_table_and_nothing_denied(config: StoreConfig) -> None:
    load(config)
    assert asked(config, "SELECT count(*) FROM consent_receipts") == [(0,)]
    assert people_in(config, "marketing") == []


def test_a_store_that_cannot_be_read_gives_no_views(config: StoreConfig) -> None:
    Path(config.data_dir).mkdir()
    Path(config.data_dir, "consent.db").write_bytes(b"no database" * 500)
    load(config)  # the events do not mind
    with Reader(config) as reader:
        assert list(reader.query("SELECT count(*) FROM events")) == [(0,)]
        names = {row[0] for row in reader.query("SELECT view_name FROM duckdb_views() WHERE NOT internal")}
    assert "events_for_marketing" not in names


def aged(config: StoreConfig, consent: ConsentStore, days: dict[str, int]) -> None:
    """A policy with classes of its own."""
    purposes = tuple(replace(p, retention="short" if p.id in days else "standard") for p in preset().purposes)
    document = replace(preset(), purposes=purposes, retention={"standard": 400, "short": min(days.values())})
    officer.publish(consent, "default", document)


def test_retention_by_purpose(store: Store, tmp_path: Path) -> None:
    config = store.config
    with office(Path(config.data_dir)) as house:
        sent(house)
        aged(config, house.store, {"marketing": 30})
        assert days_by_purpose(config.consent_store)["marketing"] == 395, "another site keeps it longer"
        with house.store.write() as connection:
            connection.exec_driver_sql("DELETE FROM site WHERE id = 'elsewhere'")
    load(config)
    days = days_by_purpose(config.consent_store)
    assert (days["marketing"], days["analytics"]) == (30, 400)
    from warehouse.sinks.iceberg import IcebergSink

    table = IcebergSink(config).table(EVENTS)
    now = datetime.now(UTC)
    assert retain(table, days, now + timedelta(days=30)) == {}, "the day is not over"
    assert retain(table, days, now + timedelta(days=31)) == {"marketing": 1}
    assert asked(config, "SELECT purpose, count(*) FROM events GROUP BY 1") == [("analytics", 3)]
    assert retain(table, days, now + timedelta(days=401)) == {"analytics": 3}


def test_upkeep_does_it(config: StoreConfig, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    with office(Path(config.data_dir)) as house:
        sent(house)
    load(config)
    done = CliRunner().invoke(main, ["maintain", "--json", "--data", config.data_dir])
    assert json.loads(done.stdout)["retained"] == {}
