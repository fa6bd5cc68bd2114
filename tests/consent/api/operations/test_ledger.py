"""The ledger, people, the audit log and the figures over the API: the same as the console's pages show."""

import csv
import io
from typing import Any

import polars as pl

from consent.admin import figures, ledger
from consent.ledger.export import COLUMNS
from tests.consent.api.caller import Caller
from tests.consent.console.visitors import Place

LEDGER = "/sites/default/ledger"


def test_searched_page_by_page(officer: Caller) -> None:
    found: list[dict[str, Any]] = []
    before = None
    while True:
        page = officer.post(f"{LEDGER}/search", {"limit": 10, "before": before})
        found += page["lines"]
        before = page["next"]
        if before is None:
            break
    assert [line["seq"] for line in found] == list(range(len(found), 0, -1))
    mine = officer.post(f"{LEDGER}/search", {"anonymousId": "DE-1-1"})["lines"]
    assert mine[0]["payload"]["action"] == "withdraw"
    yes = officer.post(f"{LEDGER}/search", {"purpose": "analytics", "granted": True, "limit": 1000})["lines"]
    assert 0 < len(yes) < len(found)


def test_one_receipt_after_the_standard(officer: Caller) -> None:
    line = officer.post(f"{LEDGER}/search", {"kind": "receipt", "limit": 1})["lines"][0]
    answer = officer.get(f"{LEDGER}/receipts/{line['payload']['id']}")
    assert answer["line"] == line
    assert answer["record"]["@type"] == "dpv:ConsentRecord"
    assert officer.refused("GET", f"{LEDGER}/receipts/none") == (404, "receipt.unknown")


def test_proved_and_signed(weeks: Place, officer: Caller) -> None:
    report = officer.post(f"{LEDGER}/verify")
    assert report["problem"] is None and report["entries"] > 30
    mark = officer.post(f"{LEDGER}/checkpoints", status=201)
    assert (mark["seq"], mark["hash"]) == (report["entries"], report["head"])
    assert officer.get(f"{LEDGER}/checkpoints")[-1] == mark
    assert officer.post(f"{LEDGER}/verify")["checkpoints"] == 1
    assert officer.post("/sites/default/audit/verify")["problem"] is None


def test_taken_along_as_each_file(weeks: Place, officer: Caller) -> None:
    entries = officer.post(f"{LEDGER}/verify")["entries"]
    for form in ("csv", "jsonl", "parquet"):
        answer = officer.ask("POST", f"{LEDGER}/export", {"format": form})
        assert answer.headers["content-disposition"].endswith(f'.{form}"')
        if form == "csv":
            rows = list(csv.DictReader(io.StringIO(answer.text)))
            assert tuple(rows[0]) == COLUMNS
        else:
            rows = pl.read_ndjson(answer.content).to_dicts() if form == "jsonl" else (
                pl.read_parquet(io.BytesIO(answer.content)).to_dicts()
            )  # fmt: skip
        assert [int(r["seq"]) for r in rows] == list(range(1, entries + 1)), form
    line = officer.get("/sites/default/audit?action=ledger.export&limit=1")["lines"][0]
    assert (line["actor"], line["target"]) == ("token privacy-officer", "parquet")
    one = officer.ask("POST", f"{LEDGER}/export", {"format": "jsonl", "anonymousId": "DE-1-1"}).text.splitlines()
    assert len(one) == 2
    assert officer.refused("POST", f"{LEDGER}/export", {"format": "exe"}) == (400, "invalid")


def test_a_person_is_found_and_withdraws(officer: Caller) -> None:
    assert officer.refused("POST", "/sites/default/people/find", {}) == (422, "person.nobody")
    person = officer.post("/sites/default/people/find", {"anonymousId": "CN-2-1"})[0]
    asked = {"anonymousId": "CN-2-1", "subject": person["subject"]}
    done = officer.post("/sites/default/people/withdraw", asked, 201)
    after = officer.post("/sites/default/people/find", {"anonymousId": "CN-2-1"})[0]
    assert not any(choice["granted"] for choice in after["choices"].values())
    assert {choice["receipt"] for choice in after["choices"].values()} == {done["receipt"]}
    someone = asked | {"anonymousId": "somebody-else"}
    assert officer.refused("POST", "/sites/default/people/withdraw", someone) == (404, "person.unknown")


def test_figures_are_the_consoles(weeks: Place, officer: Caller) -> None:
    shown = officer.get("/sites/default/overview")
    with weeks.house.store.read() as connection:
        rows = figures.opt_in(connection, "default", "0000-00-00", "9999-99-99")
        newest = ledger.search(connection, "default", limit=1)[0].seq
    assert [(r["counts"]["served"], r["counts"]["granted"], r["rate"]) for r in shown["optIn"]] == [
        (r.served, r.granted, r.rate) for r in rows
    ]
    assert shown["unmapped"] == ["Newsletter Opened", "Product Viewed"]
    assert {t["purpose"] for t in shown["totals"]} >= {"analytics", "marketing"}
    assert newest > 30
    assert officer.get("/sites/default/overview?since=2000-01-01&until=2000-02-01")["optIn"] == []
    assert officer.refused("GET", "/sites/default/overview?since=yesterday") == (400, "query")
    assert officer.refused("GET", "/sites/other/overview") == (404, "policy.none")
