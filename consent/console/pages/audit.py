"""Audit: every change, newest first, with the proof that none was altered. One chain a site, one for the whole.

What is about the whole installation (users, sources, logins) is shown to people who were given every site.
"""

from typing import Final

from starlette.responses import Response

from consent.admin import audit, ledger
from consent.console.house import HOUSE
from consent.console.page import Endpoint, Page
from consent.console.visit import Refused, Visit
from consent.ledger.verify import Report

LINES: Final = 50
KINDS: Final = ("policy.", "events.", "person.", "dsr.", "ledger.", "keys.", "user.", "session.", "source.")


def show(visit: Visit, report: Report | None = None) -> Response:
    of_house = _of_house(visit)
    before = visit.query("before")
    actor, kind = visit.query("actor"), visit.query("kind")
    with visit.house.store.read() as connection:
        found = audit.search(
            connection, HOUSE if of_house else visit.site, action=kind if kind in KINDS else "", actor=actor,
            before=int(before) if before.isdecimal() else None, limit=LINES + 1,
        )  # fmt: skip
    problem = "ledger.unreadable" if any(line.action == audit.DAMAGED for line in found) else ""
    return visit.render("audit.html", entries=found[:LINES], more=len(found) > LINES, of_house=of_house, kinds=KINDS,
                        actor=actor, kind=kind, report=report, problem=problem)  # fmt: skip


def verify(visit: Visit) -> Response:
    """Read the chain from its first line to its last."""
    site = HOUSE if _of_house(visit) else visit.site
    with visit.house.store.read() as connection:
        report = ledger.report(connection, visit.house.ring(), audit.audit_chain(site))
    return show(visit, report)


def _of_house(visit: Visit) -> bool:
    if (visit.query("of") or visit.form.get("of")) != "house":
        return False
    if not visit.user.everywhere:
        raise Refused(403, "error.everywhere")
    return True


AUDIT: Final = Page(
    "audit",
    "house",
    "audit.view",
    (Endpoint(show), Endpoint(verify, "POST", "/verify")),
)
