"""People: what holds for one person, and withdrawing at their request.

The id that somebody typed is not kept: it is posted, never in the address, and the audit log says only that a
withdrawal was made and under which receipt.
"""

from typing import Final

from starlette.responses import Response

from consent.admin import ledger, people, policies
from consent.console.names import titles
from consent.console.page import Endpoint, Page
from consent.console.visit import Visit


def show(visit: Visit, said: str = "") -> Response:
    anonymous, user = visit.form.get("anonymous"), visit.form.get("user")
    with visit.house.store.read() as connection:
        current = policies.current(connection, visit.site)
        found = []
        if anonymous or user:
            found = people.find(connection, visit.house.ring(), visit.site, anonymous or None, user or None)
        lines = ledger.search(connection, visit.site, subjects=[p.subject for p in found], limit=20) if found else []
    return visit.render("people.html", current=current, people=found, lines=lines, anonymous=anonymous, user=user,
                        now=int(visit.now * 1000), message=said, versions=_versions(current),
                        titles=titles(current.document if current else None, visit.words.language))  # fmt: skip


def withdraw(visit: Visit) -> Response:
    """A receipt like any other, for one subject of those that were found."""
    anonymous, user = visit.form.get("anonymous"), visit.form.get("user")
    ring = visit.house.ring()
    with visit.house.store.write() as connection:
        people.withdraw_of(
            connection, visit.admin, ring, visit.site, anonymous or None, user or None, visit.form.get("subject")
        )
    return show(visit, "people.withdrawn")


def _versions(current: policies.Version | None) -> dict[str, str]:
    return {p.id: p.version for p in current.document.purposes} if current else {}


PEOPLE: Final = Page(
    "people",
    "privacy",
    "people.view",
    (Endpoint(show), Endpoint(show, "POST"), Endpoint(withdraw, "POST", "/withdraw", "people.withdraw")),
)
