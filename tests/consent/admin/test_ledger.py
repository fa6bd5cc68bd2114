"""Searching the ledger; the search is no way in."""

import csv
import io
import json
from typing import Any

import polars as pl
import pytest

from consent.admin import AdminError, audit, ledger, people
from consent.admin.audit import audit_chain
from consent.ledger.export import COLUMNS, Wanted
from consent.ledger.files import FORMATS
from consent.store import Store
from consent.store.tables import ledger_payload
from tests.consent.officer import NOW, RING, admin, body, choose, publish


@pytest.fixture
def filled(registry: Store, site: str) -> Store:
    publish(registry, site)
    choose(registry, site, "a", now=NOW)
    choose(registry, site, "b", body("reject_all"), now=NOW + 1_000)
    choose(registry, site, "a", body("set", choices={"analytics": False}), now=NOW + 2_000)
    return registry


def test_by_person_purpose_time_and_kind(filled: Store, site: str) -> None:
    with filled.read() as connection:

        def found(**where: object) -> list[int]:
            return [line.seq for line in ledger.search(connection, site, **where)]  # type: ignore[arg-type]

        ada = [p.subject for p in people.find(connection, RING, site, "a", None)]
        assert found() == [3, 2, 1]
        assert found(subjects=ada) == [3, 1]
        assert found(purpose="analytics") == [3, 2, 1]
        assert found(purpose="analytics", granted=True) == [1]
        assert found(purpose="analytics", granted=False) == [3, 2]
        assert found(purpose="third_party") == [2]
        assert found(since=NOW + 1_000) == [3, 2]
        assert found(until=NOW + 1_000) == [1]
        assert found(kind="erase") == []
        assert found(before=3, limit=1) == [2]
        assert ledger.search(connection, f"{site}-other") == []


HOSTILE = ["%", "_", "analytics%", "' OR 1=1 --", "a'; DROP TABLE ledger_entry; --", "\\", "x\x01"]


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_searched_for_is_only_text(filled: Store, site: str, text: str) -> None:
    with filled.read() as connection:
        assert ledger.search(connection, site, purpose=text) == []
        assert ledger.search(connection, site, kind=text) == []
        assert ledger.search(connection, site, subjects=[text]) == []
        assert ledger.search(connection, text) == []
        assert len(ledger.search(connection, site)) == 3


def test_one_receipt_of_that_site_only(filled: Store, site: str) -> None:
    with filled.read() as connection:
        line = ledger.search(connection, site)[0]
        assert line.payload
        assert ledger.receipt(connection, site, line.payload["id"]) == line
        for other in ("other", f"{site}/audit"):
            with pytest.raises(AdminError):
                ledger.receipt(connection, other, line.payload["id"])


def test_signed_and_verified(filled: Store, site: str) -> None:
    with filled.write() as connection:
        mark = ledger.checkpoint(connection, admin(), RING, site, site)
        assert mark
        assert mark.seq == 3
        assert ledger.checkpoint(connection, admin(), RING, site, "empty") is None
        told: list[int] = []
        assert ledger.report(connection, RING, site, told.append).checkpoints == 1
        assert ledger.report(connection, RING, audit_chain(site)).problem is None


def read_back(form: str, file: bytes) -> list[dict[str, Any]]:
    if form == "csv":
        return list(csv.DictReader(io.StringIO(file.decode())))
    if form == "jsonl":
        return [json.loads(line) for line in file.splitlines()]
    return pl.read_parquet(io.BytesIO(file)).to_dicts()


@pytest.mark.parametrize("form", FORMATS)
def test_an_export_is_what_was_wanted_oldest_first_and_is_written_down(filled: Store, site: str, form: str) -> None:
    told: list[int] = []
    file = b"".join(ledger.export(filled, admin("joan"), site, form, Wanted(purpose="analytics"), told.append))
    rows = read_back(form, file)
    assert [int(r["seq"]) for r in rows] == [1, 2, 3]
    assert tuple(rows[0]) == COLUMNS
    assert told[-1] == 3
    some = b"".join(ledger.export(filled, admin("joan"), site, form, Wanted(purpose="analytics", granted=True)))
    assert [int(r["seq"]) for r in read_back(form, some)] == [1]
    assert read_back(form, b"".join(ledger.export(filled, admin(), f"{site}-none", form))) == []
    with filled.read() as connection:
        line = audit.search(connection, site, action="ledger.")[0]
    assert (line.actor, line.target, line.detail) == ("joan", form, {"purpose": "analytics", "granted": True})


def test_an_export_of_a_person_names_nobody_in_the_audit_log(filled: Store, site: str) -> None:
    with filled.read() as connection:
        ada = tuple(p.subject for p in people.find(connection, RING, site, "a", None))
    file = b"".join(ledger.export(filled, admin(), site, "jsonl", Wanted(subjects=ada)))
    assert [r["seq"] for r in read_back("jsonl", file)] == [1, 3]
    with filled.read() as connection:
        assert audit.search(connection, site, action="ledger.")[0].detail == {"ofPerson": True}


def test_an_export_takes_no_other_form_and_nothing_that_came_meanwhile(filled: Store, site: str) -> None:
    with pytest.raises(AdminError, match="csv, jsonl, parquet"):
        ledger.export(filled, admin(), site, "exe")
    pieces = ledger.export(filled, admin(), site, "jsonl")
    choose(filled, site, "late", now=NOW + 9_000)
    assert [r["seq"] for r in read_back("jsonl", b"".join(pieces))] == [1, 2, 3]


@pytest.mark.parametrize(
    "damage", ["{}", "not json", "[1]", '{"purposes": {"analytics": 1}}', '{"purposes": {"a": {}}}']
)
def test_a_damaged_payload_is_still_listed_and_exported(filled: Store, site: str, damage: str) -> None:
    where = (ledger_payload.c.chain == site) & (ledger_payload.c.seq == 2)
    with filled.write() as connection:
        connection.execute(ledger_payload.update().where(where).values(payload=damage))
        assert [line.seq for line in ledger.search(connection, site)] == [3, 2, 1]
    for form in FORMATS:
        rows = read_back(form, b"".join(ledger.export(filled, admin(), site, form)))
        assert [int(r["seq"]) for r in rows] == [1, 2, 3]
        assert rows[1]["payload"] == damage
    with filled.read() as connection:
        problem = ledger.report(connection, RING, site).problem
    assert problem and problem.seq == 2


def test_a_damaged_line_of_the_audit_log_is_still_listed(filled: Store, site: str) -> None:
    chain = audit_chain(site)
    with filled.write() as connection:
        where = (ledger_payload.c.chain == chain) & (ledger_payload.c.seq == 1)
        for damage in ("{}", "nothing", '{"actor": 7, "action": [], "target": null, "detail": 1, "id": "x"}'):
            connection.execute(ledger_payload.update().where(where).values(payload=damage))
            found = audit.search(connection, site)
            assert found[-1].seq == 1
            assert found[-1].action == audit.DAMAGED
            assert len(audit.search(connection, site, action="policy.")) == len(found) - 1
        problem = ledger.report(connection, RING, chain).problem
    assert problem and problem.seq == 1
