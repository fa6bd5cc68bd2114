"""The page Ledger: found by person, purpose and time; whole; exported without a person's id."""

import json
import re

import pytest
import sqlalchemy as sa

from consent.admin import ledger
from consent.console.pages.ledger import _day
from consent.ledger import files
from consent.ledger.export import Wanted
from consent.store.tables import ledger_payload
from tests.consent.console.seeds import Said, choose
from tests.consent.console.visitors import NOW, Place, Visitor

PAGE = "/console/s/default/ledger"
ROWS = re.compile(r'<tr><td class="number faint">(\d+)</td>')


def test_the_newest_first_and_on_to_older_ones(weeks: Place, people: dict[str, Visitor]) -> None:
    officer = people["privacy_officer"]
    first = officer.get(PAGE).text
    numbers = [int(n) for n in ROWS.findall(first)]
    assert (numbers == sorted(numbers, reverse=True) and len(numbers) == 49) or len(numbers) == 50
    if "before=" in first:
        older = officer.get(f"{PAGE}?before={numbers[-1]}").text
        assert max(int(n) for n in ROWS.findall(older)) < numbers[-1]


def test_one_person_is_found_by_an_id_that_stands_nowhere(weeks: Place, people: dict[str, Visitor]) -> None:
    officer = people["privacy_officer"]
    choose(weeks.house, NOW - 100, Said("somebody-special", "reject_all"))
    answer = officer.post(PAGE, anonymous="somebody-special")
    assert len(ROWS.findall(answer.text)) == 1
    assert officer.post(PAGE, anonymous="somebody-else").text.count("Nothing matches") == 1
    assert officer.get(f"{PAGE}?anonymous=somebody-special").text.count("somebody-special") <= 1
    for text in (officer.get(PAGE).text, people["auditor"].get("/console/s/default/audit").text):
        assert "somebody-special" not in text


@pytest.mark.parametrize(
    ("fields", "some"),
    [
        ({"purpose": "marketing", "granted": "yes"}, True),
        ({"purpose": "marketing", "granted": "no"}, True),
        ({"purpose": "'; drop table ledger_entry; --"}, False),
        ({"purpose": "%"}, False),
        ({"since": "2030-01-01"}, False),
        ({"until": "2000-01-01"}, False),
        ({"kind": "erase"}, False),
        ({"kind": "' or 1=1 --", "since": "no day"}, True),
    ],
)
def test_filters_find_and_injections_do_not(people: dict[str, Visitor], fields: dict[str, str], some: bool) -> None:
    answer = people["privacy_officer"].post(PAGE, **fields)
    assert answer.status_code == 200
    assert bool(ROWS.findall(answer.text)) == some


def test_a_receipt_has_a_page_on_its_own_site_only(weeks: Place, people: dict[str, Visitor]) -> None:
    [identifier] = choose(
        weeks.house, NOW - 50, Said("receipt-page", "set", choices={"analytics": True, "marketing": False})
    )
    text = people["auditor"].get(f"{PAGE}/receipt/{identifier}").text
    assert identifier in text and "preferences" in text and "s1." in text
    assert "dpv:ConsentRecord" in text
    [asked_elsewhere] = choose(
        weeks.house, NOW - 40, Said("receipt-words", "set", choices={"analytics": True}, notice="", words="klaro")
    )
    text = people["auditor"].get(f"{PAGE}/receipt/{asked_elsewhere}").text
    assert "<code>klaro</code>" in text and "none of the policy’s" in text
    other = weeks.inside("reader-elsewhere", "auditor", sites=("other",))
    assert other.get(f"{PAGE}/receipt/{identifier}").status_code == 404
    assert other.get(f"/console/s/other/ledger/receipt/{identifier}").status_code in (404, 422)
    assert people["auditor"].get(f"{PAGE}/receipt/nothing").status_code == 422


def test_the_chain_is_verified(people: dict[str, Visitor]) -> None:
    assert "Whole:" in people["approver"].post(f"{PAGE}/verify", PAGE).text


def test_a_payload_that_cannot_be_read_is_said_and_the_button_says_where(
    weeks: Place, people: dict[str, Visitor]
) -> None:
    auditor = people["auditor"]
    with weeks.house.store.write() as connection:
        where = (ledger_payload.c.chain == "default") & (ledger_payload.c.seq == 2)
        kept = connection.execute(sa.select(ledger_payload.c.payload).where(where)).scalar_one()
        connection.execute(ledger_payload.update().where(where).values(payload=kept[:-1]))
    try:
        assert "cannot be read" in auditor.get(PAGE).text
        assert "Broken at entry 2" in auditor.post(f"{PAGE}/verify", PAGE).text
    finally:
        with weeks.house.store.write() as connection:
            connection.execute(ledger_payload.update().where(where).values(payload=kept))
    assert "Whole:" in auditor.post(f"{PAGE}/verify", PAGE).text


@pytest.mark.parametrize("form", files.FORMATS)
def test_an_export_is_the_file_of_the_command_and_is_written_down(
    weeks: Place, people: dict[str, Visitor], form: str
) -> None:
    auditor = people["auditor"]
    answer = auditor.post(f"{PAGE}/export", PAGE, format=form, purpose="analytics", granted="yes")
    assert answer.headers["content-type"] == files.FORMATS[form]
    assert answer.headers["content-disposition"].endswith(f'.{form}"')
    wanted = Wanted(purpose="analytics", granted=True)
    command = ledger.export(weeks.house.store, weeks.house.admin("command", NOW), "default", form, wanted)
    assert answer.content == b"".join(command) and len(answer.content) > 1000
    log = auditor.get("/console/s/default/audit").text
    assert "exported the ledger" in log and "&#34;granted&#34;: true" in log


def test_an_export_of_one_person_holds_them_alone_and_the_log_does_not_say_who(
    weeks: Place, people: dict[str, Visitor]
) -> None:
    choose(weeks.house, NOW - 60, Said("exported-person"))
    auditor = people["auditor"]
    lines = auditor.post(f"{PAGE}/export", PAGE, format="jsonl", anonymous="exported-person").text.splitlines()
    assert len(lines) == 1 and json.loads(lines[0])["subject"].startswith("s1.")
    log = auditor.get("/console/s/default/audit").text
    assert "ofPerson" in log and "exported-person" not in log


def test_who_may_not_export_and_what_is_no_format(people: dict[str, Visitor]) -> None:
    assert people["auditor"].post(f"{PAGE}/export", PAGE, format="exe").status_code == 422
    assert people["approver"].post(f"{PAGE}/export", PAGE, format="csv").status_code == 403


def test_a_day_in_milliseconds() -> None:
    assert _day("2026-01-01") == 1_767_225_600_000
    assert _day("") is None and _day("9999-12-31", 1) is None
