"""Ledger: what was chosen, by whom, when; one receipt; the proof that the chain is whole; exports.

A person is looked for by an id as clients send it. The ledger holds none: the id becomes its keyed subject first, is
written nowhere, and does not stand in the address (the search for a person is a form that is posted).
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Final
from urllib.parse import urlencode

from starlette.responses import Response, StreamingResponse

from consent.admin import ledger, policies
from consent.console import headers
from consent.console.names import titles
from consent.console.page import Endpoint, Page
from consent.console.visit import Refused, Visit
from consent.iso27560 import receipt_record
from consent.ledger import files
from consent.ledger.export import Wanted
from consent.ledger.verify import Report
from consent.receipts import RECEIPT
from consent.subjects import subjects_of

LINES: Final = 50
KINDS: Final = ("receipt", "link", "spread", "erase", "suppress", "lift")


def show(visit: Visit, report: Report | None = None) -> Response:
    query = _query(visit)
    before = visit.query("before") or visit.form.get("before")
    subjects = _subjects(visit, query)
    wanted = _wanted(query, subjects)
    with visit.house.store.read() as connection:
        current = policies.current(connection, visit.site)
        found = ledger.search(
            connection, visit.site, subjects=subjects, purpose=wanted.purpose, granted=wanted.granted,
            since=wanted.since, until=wanted.until, kind=wanted.kind,
            before=int(before) if before.isdecimal() else None, limit=LINES + 1,
        )  # fmt: skip
    problem = "ledger.unreadable" if any(line.payload == {} for line in found) else ""
    shown = {k: v for k, v in query.items() if v and k not in ("anonymous", "user")}
    return visit.render(
        "ledger.html", lines=found[:LINES], more=len(found) > LINES, query=query, kinds=KINDS, report=report,
        purposes=[p.id for p in current.document.purposes if not p.required] if current else [],
        of_person=bool(subjects), carried=urlencode(shown), formats=list(files.FORMATS),
        problem=problem, titles=titles(current.document if current else None, visit.words.language),
    )  # fmt: skip


def receipt(visit: Visit) -> Response:
    """What was chosen, and the same as a consent record after ISO/IEC TS 27560."""
    with visit.house.store.read() as connection:
        line = ledger.receipt(connection, visit.site, visit.path("id"))
        said = line.payload or {}
        book = policies.book(connection, visit.site)
    if line.kind != RECEIPT or said.get("policyVersion") not in book:
        raise Refused(404, "error.404")
    standard = receipt_record(line, book[said["policyVersion"]].document)
    return visit.render("receipt.html", line=line, said_by=said, standard=standard,
                        titles=titles(book[said["policyVersion"]].document, visit.words.language))  # fmt: skip


def verify(visit: Visit) -> Response:
    with visit.house.store.read() as connection:
        report = ledger.report(connection, visit.house.ring(), visit.site)
    return show(visit, report)


def export(visit: Visit) -> Response:
    """Everything that the filters let through, as a file like that of `firsthand consent export`; written down."""
    form, query = visit.form.get("format"), _query(visit)
    if form not in files.FORMATS:
        raise Refused(422, "error.422")
    pieces = ledger.export(visit.house.store, visit.admin, visit.site, form, _wanted(query, _subjects(visit, query)))
    day = datetime.fromtimestamp(visit.now, UTC).date().isoformat()
    name = f'attachment; filename="ledger-{visit.site}-{day}.{form}"'
    return StreamingResponse(
        _in_threads(visit, pieces), media_type=files.FORMATS[form],
        headers={**headers.COMMON, "Content-Disposition": name},
    )  # fmt: skip


def _subjects(visit: Visit, query: dict[str, str]) -> list[str]:
    """Under what the ledger knows the person who is looked for; none if nobody is."""
    if not (query["anonymous"] or query["user"]):
        return []
    return subjects_of(visit.house.ring(), visit.site, query["anonymous"] or None, query["user"] or None)


def _wanted(query: dict[str, str], subjects: Iterable[str] = ()) -> Wanted:
    return Wanted(
        tuple(subjects), query["purpose"], {"yes": True, "no": False}.get(query["granted"]), _day(query["since"]),
        _day(query["until"], 1), query["kind"] if query["kind"] in KINDS else "",
    )  # fmt: skip


async def _in_threads(visit: Visit, parts: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Pieces of a file, each made in a thread of the console's."""
    while (
        piece := await asyncio.get_running_loop().run_in_executor(visit.house.threads, next, parts, None)
    ) is not None:
        yield piece


def _query(visit: Visit) -> dict[str, str]:
    """The filters, wherever they came from."""
    names = ("anonymous", "user", "purpose", "granted", "since", "until", "kind")
    return {
        name: visit.form.get(name) or (visit.query(name) if name not in ("anonymous", "user") else "") for name in names
    }


def _day(text: str, plus: int = 0) -> int | None:
    """The beginning of a UTC day in milliseconds; None if it is none."""
    try:
        day = date.fromisoformat(text) + timedelta(days=plus)
    except (ValueError, OverflowError):
        return None
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000)


LEDGER: Final = Page(
    "ledger",
    "privacy",
    "ledger.view",
    (
        Endpoint(show),
        Endpoint(show, "POST"),
        Endpoint(verify, "POST", "/verify", "ledger.verify"),
        Endpoint(export, "POST", "/export", "ledger.export"),
        Endpoint(receipt, path="/receipt/{id}"),
    ),
)
