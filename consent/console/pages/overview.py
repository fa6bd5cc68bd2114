"""Overview: how many said yes, of all who were asked; how that moves; and what waits for somebody.

The rate is granted ÷ served: whoever closed a banner without a word is in the denominator. The counts stand beside it,
because a rate of few people says little. Rates stand by place (region and the very notice) and purpose; a cell that is
chosen shows its own course, and each place says by how many points it moved against the same number of days before.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from starlette.responses import Response

from consent.admin import events, figures, policies
from consent.admin.figures import Day
from consent.admin.policies import REVIEW
from consent.console import rates
from consent.console.names import titles
from consent.console.page import Endpoint, Page
from consent.console.visit import Visit

RANGES: Final = ("7", "30", "90")


def show(visit: Visit) -> Response:
    chosen = visit.query("days") if visit.query("days") in RANGES else "30"
    today, days = datetime.fromtimestamp(visit.now, UTC).date(), int(chosen)
    since, until = (today - timedelta(days=days - 1)).isoformat(), (today + timedelta(days=1)).isoformat()
    earlier = (today - timedelta(days=2 * days - 1)).isoformat()
    with visit.house.store.read() as connection:
        current = policies.current(connection, visit.site)
        if current is None:
            return visit.render("overview_empty.html")
        asked = [p for p in current.document.purposes if not p.required]
        purpose = next((p.id for p in asked if p.id == visit.query("purpose")), asked[0].id if asked else "")
        rows = figures.opt_in(connection, visit.site, since, until, [p.id for p in asked])
        before = figures.opt_in(connection, visit.site, earlier, since)
        table = rates.table_of(rows, rates.names_of(policies.notices(connection, visit.site)))
        where = next((row for row in table if row.key == visit.query("place")), None)
        trend = figures.trend(connection, visit.site, purpose, since, until, where.place if where else None)
        totals = figures.totals(connection, visit.site, {p.id: p.version for p in asked})
        unmapped = events.unmapped(connection, visit.site)
        waiting = policies.drafts(connection, visit.site, REVIEW)
    return visit.render(
        "overview.html", days=chosen, ranges=RANGES, purposes=[p.id for p in asked], purpose=purpose, table=table,
        where=where, mine=rates.moved_of(table, before, purpose), level=rates.level, totals=totals, trend=trend,
        chart=chart_of(trend, visit), served=sum(d.served for d in trend), unmapped=unmapped, waiting=waiting,
        titles=titles(current.document, visit.words.language),
    )  # fmt: skip


def chart_of(trend: list[Day], visit: Visit) -> dict[str, Any]:
    """The trend as the chart wants it: seconds, and per cent of those who were asked; gaps where nobody was."""
    words = visit.words
    return {
        "time": words("overview.day"),
        "percent": True,
        "x": [_seconds(day.day) for day in trend],
        "series": [
            {"label": words(f"state.{name}"), "values": [_share(getattr(day, name), day.served) for day in trend]}
            for name in ("granted", "denied", "withdrawn")
        ],
    }


def _share(part: int, whole: int) -> float | None:
    return min(100.0, 100 * part / whole) if whole else None


def _seconds(day: str) -> int:
    at = date.fromisoformat(day)
    return int(datetime(at.year, at.month, at.day, 12, tzinfo=UTC).timestamp())


OVERVIEW: Final = Page("overview", "privacy", "overview.view", (Endpoint(show),))
