"""Health: does everything that came have one outcome, how late is the table, and what was lost, day by day.

The loss ledger has three parts. Refused is what this collector turned away, from its own day book. Lost on devices is
what SDKs told. Missing are numbers of sessions that are not in the table; the loader looks for both and leaves
its sums in `<data>/losses.json`. What was missing and was neither refused nor told is the part that nobody can explain.
"""

from collections import Counter
from datetime import UTC, datetime
from typing import Any, Final

from starlette.responses import Response

from collector.console.desk import Desk
from collector.days import ACCEPTED, Day, read_days
from collector.metrics import Balance, collect
from collector.routes.health import LOADER_SILENT_SECONDS
from collector.spool import losses, report
from collector.spool.disk import free_bytes
from collector.spool.losses import Losses
from collector.spool.reader import backlog
from collector.spool.report import LoadReport
from consent.console.page import Endpoint, Page
from consent.console.visit import Visit

DAYS: Final = 14


def health(desk: Desk) -> Page:
    """One page that renews itself."""

    def show(visit: Visit) -> Response:
        settings = desk.settings
        sheets = [sheet for _, sheet in collect(settings.data_dir / "run")]
        loader = report.read(settings.data_dir)
        today = datetime.fromtimestamp(visit.now, UTC).date()
        days = read_days(settings.data_dir / "days", today, DAYS)
        lost = losses.read(settings.data_dir)
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
            days=ledger_of(days, lost),
            looked=lost.time,
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


def table_of(sheet: dict[str, Any], loader: LoadReport | None) -> dict[str, int]:
    """What is in the table and what is on its way, over the loader's life: spooled = committed + duplicates + pending.

    A loader that started later than the workers, or loaded what an earlier worker left, knows of other events than
    they: then the difference says nothing, and below zero it is shown as none.
    """
    if loader is None:
        return {"committed": 0, "duplicates": 0, "pending": sheet["spooled"]}
    pending = sheet["spooled"] - loader.committed_events - loader.duplicates
    return {"committed": loader.committed_events, "duplicates": loader.duplicates, "pending": max(0, pending)}


def ledger_of(days: dict[str, Day], lost: Losses) -> list[tuple[str, list[dict[str, Any]], int]]:
    """By day, the newest first: rows by source with their losses, and what was answered 503."""
    found = []
    for day in sorted({*days, *(d for d, by_source in lost.days.items() if by_source)}, reverse=True)[:DAYS]:
        book = days.get(day, Day())
        rows = {row["source"]: row for row in rows_of(book)}
        for source, loss in lost.days.get(day, {}).items():
            row = rows.setdefault(source, {"source": source, "accepted": 0, "refused": 0, "reasons": []})
            told, missing = sum(loss.lost.values()), max(0, loss.expected - loss.arrived)
            row |= {"sessions": loss.sessions, "expected": loss.expected, "missing": missing,
                    "lost": sorted(loss.lost.items(), key=lambda pair: -pair[1]), "told": told,
                    "unexplained": max(0, missing - told - row["refused"])}  # fmt: skip
        found.append((day, [rows[source] for source in sorted(rows)], book.unavailable))
    return found


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
