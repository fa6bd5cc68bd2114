"""Ledger: what was chosen, by whom, when; one receipt; the proof that the chain is whole; exports.

A person is looked for by an id as clients send it. The ledger holds none: the id becomes its keyed subject first, is
written nowhere, and does not stand in the address (the search for a person is a form that is posted).
"""

from collections.abc import AsyncIterator, Iterator
from datetime import date, datetime, timedelta, timezone
from typing import Final
from urllib.parse import urlencode

import msgspec
from starlette.responses import Response, StreamingResponse

from consent.admin import ledger, policies
from consent.admin.ledger import Line
from consent.console import headers
from consent.console.page import Endpoint, Page
from consent.console.visit import Refused, Visit
from consent.iso27560 import receipt_record
from consent.ledger.verify import Report
from consent.receipts import RECEIPT
from consent.subjects import subjects_of

LINES: Final = 50
KINDS: Final = ("receipt", "erase", "suppress")
FORMATS: Final = {"csv": "text/csv; charset=utf-8", "jsonl": "application/x-ndjson"}
EXPORT_PAGE: Final = 1000


def show(visit: Visit, report: Report | None = None) -> Response:
    query = _query(visit)
    before = visit.query("before") or visit.form.get("before")
    subjects: list[str] = []
    if query["anonymous"] or query["user"]:
        subjects = subjects_of(visit.house.ring(), visit.site, query["anonymous"] or None, query["user"] or None)
    with visit.house.store.read() as connection:
        current = policies.current(connection, visit.site)
        found = ledger.search(
            connection, visit.site, subjects=subjects, purpose=query["purpose"],
            granted={"yes": True, "no": False}.get(query["granted"]), since=_day(query["since"]),
            until=_day(query["until"], 1), kind=query["kind"] if query["kind"] in KINDS else "",
            before=int(before) if before.isdecimal() else None, limit=LINES + 1,
        )  # fmt: skip
    problem = "ledger.unreadable" if any(line.payload == {} for line in found) else ""
    shown = {k: v for k, v in query.items() if v and k not in ("anonymous", "user")}
    return visit.render(
        "ledger.html", lines=found[:LINES], more=len(found) > LINES, query=query, kinds=KINDS, report=report,
        purposes=[p.id for p in current.document.purposes if not p.required] if current else [],
        of_person=bool(subjects), carried=urlencode(shown), formats=list(FORMATS),
        problem=problem,
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
    return visit.render("receipt.html", line=line, said_by=said, standard=standard)


def verify(visit: Visit) -> Response:
    with visit.house.store.read() as connection:
        report = ledger.report(connection, visit.house.ring(), visit.site)
    return show(visit, report)


def export(visit: Visit) -> Response:
    """Everything that the filters let through, as a file. Written down in the audit log; persons are subjects in it."""
    wanted = visit.form.get("format")
    if wanted not in FORMATS:
        raise Refused(422, "error.422")
    query = _query(visit)
    with visit.house.store.write() as connection:
        filters = {k: v for k, v in query.items() if v and k not in ("anonymous", "user")}
        visit.audit(connection, "ledger.export", wanted, filters)
    name = f'attachment; filename="ledger-{datetime.now(timezone(timedelta())).date().isoformat()}.{wanted}"'
    return StreamingResponse(
        _in_threads(visit, (_csv if wanted == "csv" else _jsonl)(_all(visit, query))),
        media_type=FORMATS[wanted], headers={**headers.COMMON, "Content-Disposition": name},
    )  # fmt: skip


def _all(visit: Visit, query: dict[str, str]) -> Iterator[Line]:
    before: int | None = None
    while True:
        with visit.house.store.read() as connection:
            found = ledger.search(
                connection, visit.site, purpose=query["purpose"], before=before, limit=EXPORT_PAGE,
                granted={"yes": True, "no": False}.get(query["granted"]), since=_day(query["since"]),
                until=_day(query["until"], 1), kind=query["kind"] if query["kind"] in KINDS else "",
            )  # fmt: skip
        yield from found
        if len(found) < EXPORT_PAGE:
            return
        before = found[-1].seq


def _jsonl(lines: Iterator[Line]) -> Iterator[bytes]:
    for line in lines:
        yield msgspec.json.encode(line) + b"\n"


COLUMNS: Final = (
    "seq", "at", "kind", "id", "subject", "action", "method", "granted", "denied", "jurisdiction", "region",
    "policyVersion", "noticeHash", "locale", "gpc", "hash",
)  # fmt: skip


def _csv(lines: Iterator[Line]) -> Iterator[bytes]:
    yield (",".join(COLUMNS) + "\r\n").encode("utf-8-sig")
    for line in lines:
        said = line.payload or {}
        purposes = said.get("purposes") or {}
        chosen = {
            "granted": " ".join(sorted(p for p, one in purposes.items() if one["granted"])),
            "denied": " ".join(sorted(p for p, one in purposes.items() if not one["granted"])),
        }
        at = said.get("serverTime") or line.at
        known = {"seq": line.seq, "at": at, "kind": line.kind, "hash": line.hash} | chosen
        yield (",".join(_cell(known.get(c, said.get(c))) for c in COLUMNS) + "\r\n").encode()


def _cell(value: object) -> str:
    """One CSV cell (RFC 4180). A spreadsheet must not take a text for a formula."""
    text = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    if text[:1] in ("=", "+", "-", "@", "\t", "\r"):
        text = f"'{text}"
    return '"' + text.replace('"', '""') + '"' if any(c in text for c in ',"\r\n') else text


async def _in_threads(visit: Visit, parts: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Pieces of a file, each made in a thread of the console's."""
    import asyncio

    def piece() -> bytes:
        return b"".join(part for part, _ in zip(parts, range(500), strict=False))

    while chunk := await asyncio.get_running_loop().run_in_executor(visit.house.threads, piece):
        yield chunk


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
    return int(datetime(day.year, day.month, day.day, tzinfo=timezone(timedelta())).timestamp() * 1000)


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
