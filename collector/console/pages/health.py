"""Health: does everything that came have one outcome, how late is the table, and what was refused, day by day."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any, Final

from starlette.responses import Response

from collector.console.desk import Desk
from collector.days import ACCEPTED, Day, read_days
from collector.metrics import Balance, collect
from collector.routes.health import LOADER_SILENT_SECONDS, LoaderReport, read_loader
from collector.spool.disk import free_bytes
from collector.spool.reader import backlog
from consent.console.page import Endpoint, Page
from consent.console.visit import Visit

DAYS: Final = 14


def health(desk: Desk) -> Page:
    """One page that renews itself."""

    def show(visit: Visit) -> Response:
        settings = desk.settings
        sheets = [sheet for _, sheet in collect(settings.data_dir / "run")]
        loader = read_loader(settings.data_dir)
        today = datetime.fromtimestamp(visit.now, UTC).date()
        days = read_days(settings.data_dir / "days", today, DAYS)
        return visit.render(
            "health.html",
            sheet=sheet_of(sheets),
            loader=loader,
            silent=loader is not None and visit.now - loader.seen > LOADER_SILENT_SECONDS,
            waiting=backlog(settings.spool_dir, visit.now),
            free=free_bytes(settings.data_dir),
            workers=len(sheets),
            refusals=[s.refusal for s in sheets if s.refusal],
            table=table_of(sheet_of(sheets), loader),
            days=[(day, rows_of(one), one.unavailable) for day, one in days.items()],
        )

    return Page("health", "operations", "health.view", (Endpoint(show),), of_site=False)


def sheet_of(sheets: list[Balance]) -> dict[str, Any]:
    """All workers' sums since they started, and whether each balances."""
    rejected: Counter[str] = Counter()
    for sheet in sheets:
        for key, count in sheet.rejected.items():
            rejected[key.rpartition(" ")[2]] += count
    return {
        "received": sum(s.received for s in sheets),
        "spooled": sum(s.spooled for s in sheets),
        "unavailable": sum(s.unavailable for s in sheets),
        "rejected": sum(rejected.values()),
        "reasons": rejected.most_common(),
        "since": min((s.started for s in sheets), default=None),
        "balanced": all(s.balanced() for s in sheets),
    }


def table_of(sheet: dict[str, Any], loader: LoaderReport | None) -> dict[str, int]:
    """What is in the table and what is on its way, over the loader's life: spooled = committed + duplicates + pending.

    A loader that started later than the workers, or loaded what an earlier worker left, knows of other events than
    they: then the difference says nothing, and below zero it is shown as none.
    """
    if loader is None:
        return {"committed": 0, "duplicates": 0, "pending": sheet["spooled"]}
    pending = sheet["spooled"] - loader.committed_events - loader.duplicates
    return {"committed": loader.committed_events, "duplicates": loader.duplicates, "pending": max(0, pending)}


def rows_of(day: Day) -> list[dict[str, Any]]:
    """A day's counts by source, with the refused ones by reason, the largest first."""
    by_source: dict[str, Counter[str]] = {}
    for key, count in day.counts.items():
        source, _, outcome = key.rpartition(" ")
        by_source.setdefault(source, Counter())[outcome] += count
    rows = []
    for source, outcomes in sorted(by_source.items()):
        accepted = outcomes.pop(ACCEPTED, 0)
        rows.append({"source": source, "accepted": accepted, "refused": sum(outcomes.values()),
                     "reasons": outcomes.most_common()})  # fmt: skip
    return rows
