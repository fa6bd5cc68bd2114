"""How many said yes, of all who were asked; how that moves; what waits for somebody."""

from typing import Annotated, Final

from msgspec import Meta

from consent.admin import events, figures, policies
from consent.admin.figures import Day, OptIn, Total
from consent.admin.policies import REVIEW
from consent.api.call import Call
from consent.api.operation import Ask, Give, Operation
from consent.routes.door import Refused

Date = Annotated[str, Meta(pattern=r"^\d{4}-\d{2}-\d{2}$", description="A UTC day")]


class Period(Ask, frozen=True):
    """UTC days, `since` ≤ day < `until`; `purpose` of the trend."""

    since: Date = "0000-00-00"
    until: Date = "9999-99-99"
    purpose: str = "analytics"


class OptInLine(Give, frozen=True):
    """Of those who were served a notice. `rate` is granted ÷ served, null where nothing was served."""

    counts: OptIn
    rate: float | None


class Overview(Give, frozen=True):
    """`policy`: version in force; `waiting`: drafts for review; `unmapped`: events that the map does not name."""

    policy: str
    number: int
    opt_in: list[OptInLine]
    trend: list[Day]
    totals: list[Total]
    unmapped: list[str]
    waiting: list[str]


def overview(call: Call) -> Overview:
    asked: Period = call.query
    with call.store.read() as connection:
        current = policies.current(connection, call.site)
        if current is None:
            raise Refused(404, "policy.none", "the site has not published a policy")
        versions = {p.id: p.version for p in current.document.purposes if not p.required}
        return Overview(
            current.version,
            current.number,
            [OptInLine(one, one.rate) for one in figures.opt_in(connection, call.site, asked.since, asked.until)],
            figures.trend(connection, call.site, asked.purpose, asked.since, asked.until),
            figures.totals(connection, call.site, versions),
            sorted({one.event for one in events.unmapped(connection, call.site)}),
            [draft.id for draft in policies.drafts(connection, call.site, REVIEW)],
        )


OPERATIONS: Final = (
    Operation("GET", "/sites/{site}/overview", "overview.view", overview, "Figures of a site", Overview, query=Period),
)
