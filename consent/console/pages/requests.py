"""Requests: what people asked for, how many days are left, every step to the file or the certificate.

Exporting and erasing read and rewrite tables, which this floor of the house does not know: a button leaves word for the
loader (`consent.rights.work`), and the page says how far it is. A mail address or number that is typed here is hashed
at once; only what the tables hold of it is kept. So no page names anybody: a request is known by its number.
"""

import csv
import io
from datetime import UTC, datetime
from typing import Any, Final

from starlette.responses import Response, StreamingResponse

from consent.admin import audit
from consent.console import headers
from consent.console.page import Endpoint, Page
from consent.console.visit import Refused, Visit
from consent.pii.keys import KeyFileError
from consent.rights import intake, requests, work
from consent.rights.deadlines import LAWS, extended
from consent.rights.requests import KINDS, Request, RequestError

SLOW_MS: Final = 60_000  # after which the page asks whether a loader runs
STEPS: Final = {"verify": requests.verify, "extend": requests.extend, "deny": requests.deny}
ASKS: Final[dict[str, work.Kind]] = {"export": "export", "restrict": "restrict", "lift": "lift"}
COLUMNS: Final = (
    "id", "kind", "law", "state", "channel", "received_at", "due_at", "days_left", "extended_at", "verified_by",
    "reason", "closed_at", "certificate",
)  # fmt: skip
TIMES: Final = ("received_at", "due_at", "extended_at", "closed_at")


def show(visit: Visit, said: str = "", problem: str = "", status: int = 200) -> Response:
    everything = visit.query("all") == "1"
    return visit.render("requests.html", status, requests=_listed(visit, everything), everything=everything,
                        kinds=KINDS, laws=tuple(LAWS), named=intake.NAMED, message=said, problem=problem)  # fmt: skip


def one(visit: Visit, said: str = "", problem: str = "", status: int = 200) -> Response:
    """One request: where it stands, what was done and by whom, what comes next."""
    with visit.house.store.read() as connection:
        found = _mine(visit, requests.get(connection, visit.path("id")))
        trail = audit.search(connection, visit.site, action="dsr.", limit=500)
        task = work.of(connection, found.id)
    now = int(visit.now * 1000)
    open_ = found.state in ("received", "verified")
    more = found.extended_at is None and extended(found.law, found.received_at) is not None
    steps = [s for s in STEPS if open_ and not (s == "verify" and found.state != "received")]
    return visit.render(
        "request.html", status, one=found.shown(now), message=said, problem=problem, work=task,
        under_way=task is not None and task.state in work.UNDER_WAY, has_file=task is not None and task.has_file(now),
        slow=task is not None and task.state == "waiting" and not task.night and now - task.asked_at > SLOW_MS,
        asks=_asks(visit, found), another=work.needs_another(found, visit.admin), night=visit.house.config.erase_at,
        trail=[line for line in trail if line.target == found.id][::-1],
        steps=[s for s in steps if s != "extend" or (more and now <= found.due_at)],
    )  # fmt: skip


def open_(visit: Visit) -> Response:
    """Take in a request."""
    named = [(name, value) for name in intake.NAMED if (value := visit.form.get(name))]
    try:
        forms = intake.forms_for(named, visit.house.config.pseudonym_keys(), visit.house.ring(), visit.site)
        with visit.house.store.write() as connection:
            requests.open_request(
                connection, visit.admin, visit.site, visit.form.get("kind"), visit.form.get("law"), forms, "form"
            )
    except RequestError as error:
        return show(visit, problem=visit.words.of(error), status=422)
    except KeyFileError:
        return show(visit, problem=visit.words("requests.noKeys"), status=422)
    return show(visit, "requests.opened")


def step(visit: Visit) -> Response:
    """Verify, extend or deny."""
    change = STEPS.get(visit.form.get("step"))
    if change is None:
        raise Refused(404, "error.404")
    try:
        with visit.house.store.write() as connection:
            _mine(visit, requests.get(connection, visit.path("id")))
            change(connection, visit.admin, visit.path("id"), visit.form.get("why"))
    except RequestError as error:
        return one(visit, problem=visit.words.of(error), status=422)
    return one(visit, "requests.changed")


def ask(visit: Visit) -> Response:
    """Export, restrict or lift: word for the loader."""
    kind = ASKS.get(visit.form.get("work"))
    if kind is None:
        raise Refused(404, "error.404")
    return _asked(visit, kind, False)


def erase(visit: Visit) -> Response:
    """Erase, at once or by night: the gates obey now, the loader does the rest."""
    return _asked(visit, "erase", visit.form.get("when") == "night")


def file(visit: Visit) -> Response:
    """The zip of an export; each download is an entry of the audit log."""
    id = visit.path("id")
    try:
        with visit.house.store.write() as connection:
            _mine(visit, requests.get(connection, id))
            pieces = work.download(connection, visit.admin, visit.house.config.data_dir, id)
    except RequestError as error:
        return one(visit, problem=visit.words.of(error), status=422)
    answer = {**headers.COMMON, "Content-Disposition": f'attachment; filename="request-{id}.zip"'}
    return StreamingResponse(pieces, 200, answer, "application/zip")


def _asked(visit: Visit, kind: work.Kind, night: bool) -> Response:
    id = visit.path("id")
    try:
        if night and not visit.house.config.erase_at:
            raise RequestError("request.noNight")
        ring = visit.house.ring()
        with visit.house.store.write() as connection:
            _mine(visit, requests.get(connection, id))
            work.ask(connection, visit.admin, ring, id, kind, night)
    except RequestError as error:
        return one(visit, problem=visit.words.of(error), status=422)
    return visit.go(visit.at("requests", f"/{id}"), "request.asked")


def _asks(visit: Visit, found: Request) -> str:
    """What may be asked of the loader now, by this person; empty if nothing."""
    kind = {"access": "export", "export": "export", "erase": "erase", "restrict": "restrict"}[found.kind]
    if found.state == "done" and found.kind == "restrict" and "lift" not in found.tasks:
        kind = "lift"
    elif found.state not in ("verified", "running"):
        return ""
    return kind if visit.may("requests.erase" if kind == "erase" else "requests.edit") else ""


def sheet(visit: Visit) -> Response:
    """All requests as CSV (RFC 4180), for whoever must show that the clocks were kept; times are ISO 8601, UTC."""
    text = io.StringIO(newline="")
    table = csv.writer(text)
    table.writerow(COLUMNS)
    for line in _listed(visit, True):
        table.writerow([_cell(name, line[name]) for name in COLUMNS])
    with visit.house.store.write() as connection:
        visit.audit(connection, "dsr.list", "csv", {})
    name = f'attachment; filename="requests-{visit.site}-{datetime.fromtimestamp(visit.now, UTC).date()}.csv"'
    answer = {**headers.COMMON, "Content-Disposition": name}
    return Response(text.getvalue().encode("utf-8-sig"), 200, answer, "text/csv; charset=utf-8")


def _cell(name: str, value: Any) -> Any:
    if name in TIMES and value is not None:
        return datetime.fromtimestamp(value / 1000, UTC).isoformat(timespec="seconds")
    # A spreadsheet must not take a reason for a formula
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def _listed(visit: Visit, everything: bool) -> list[dict[str, Any]]:
    now = int(visit.now * 1000)
    with visit.house.store.read() as connection:
        return [r.shown(now) for r in requests.listed(connection, visit.site, only_open=not everything)]


def _mine(visit: Visit, found: Request) -> Request:
    """Another site's request is answered like one that there is not."""
    if found.site != visit.site:
        raise Refused(404, "error.404")
    return found


REQUESTS: Final = Page(
    "requests",
    "privacy",
    "requests.view",
    (
        Endpoint(show),
        Endpoint(open_, "POST", "/open", "requests.edit"),
        Endpoint(sheet, "POST", "/sheet"),
        Endpoint(one, path="/{id}"),
        Endpoint(step, "POST", "/{id}", "requests.edit"),
        Endpoint(ask, "POST", "/{id}/ask", "requests.edit"),
        Endpoint(erase, "POST", "/{id}/erase", "requests.erase"),
        Endpoint(file, "POST", "/{id}/file", "requests.edit"),
    ),
)
