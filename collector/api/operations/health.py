"""Health: does everything that came have one outcome, how late is the table, and what was lost; and what the firewall
found."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from msgspec import Meta

from collector.console import sourcebook
from collector.console.desk import Desk
from collector.console.pages.health import DAYS, ledger_of, sheet_of, table_of
from collector.days import read_days
from collector.findings import read_findings
from collector.metrics import collect
from collector.routes.health import LOADER_SILENT_SECONDS
from collector.spool import losses, report
from collector.spool.disk import free_bytes
from collector.spool.reader import backlog
from consent.api.call import Call
from consent.api.operation import Ask, Give, Operation


class Loader(Give, frozen=True):
    """The loader's last report; `silent`: it has said nothing for two minutes."""

    seen_at: int
    silent: bool
    lag_seconds: float
    error: str


class SourceDay(Give, frozen=True):
    """What became of a source's events of one day. `missing` and `lost` are null where the loader has not looked."""

    source: str
    accepted: int
    refused: dict[str, int]
    lost: dict[str, int] | None
    missing: int | None
    unexplained: int | None


class HealthDay(Give, frozen=True):
    day: str
    unavailable: int
    sources: list[SourceDay]


class Health(Give, frozen=True):
    """Sums of all workers since they started: received = spooled + rejected + unavailable, and
    spooled = committed + duplicates + pending. `freeBytes` of the disk of the data directory."""

    workers: int
    received: int
    spooled: int
    rejected: dict[str, int]
    unavailable: int
    balanced: bool
    refusals: list[str]
    committed: int
    duplicates: int
    pending: int
    waiting_segments: int
    waiting_bytes: int
    oldest_seconds: float
    free_bytes: int
    loader: Loader | None
    days: list[HealthDay]


class Lately(Ask, frozen=True):
    days: Annotated[int, Meta(ge=1, le=90)] = 7
    source: Annotated[str, Meta(max_length=64)] = ""


class FoundLine(Give, frozen=True):
    """Values that a rule found in a field in one hour: how many, and what was done. `hour` in milliseconds."""

    hour: int
    source: str
    field: str
    kind: str
    action: str
    rule: str
    times: int


def health(desk: Desk) -> tuple[Operation, ...]:
    def show(call: Call) -> Health:
        settings = desk.settings
        sheets = [sheet for _, sheet in collect(settings.data_dir / "run")]
        sheet, loader = sheet_of(sheets), report.read(settings.data_dir)
        table, waiting = table_of(sheet, loader), backlog(settings.spool_dir, call.now)
        today = datetime.fromtimestamp(call.now, UTC).date()
        days = ledger_of(read_days(settings.data_dir / "days", today, DAYS), losses.read(settings.data_dir))
        return Health(
            len(sheets), sheet["received"], sheet["spooled"], dict(sheet["reasons"]), sheet["unavailable"],
            sheet["balanced"], [s.refusal for s in sheets if s.refusal], table["committed"], table["duplicates"],
            table["pending"], waiting.segments, waiting.bytes, waiting.oldest_seconds, free_bytes(settings.data_dir),
            Loader(int(loader.seen * 1000), call.now - loader.seen > LOADER_SILENT_SECONDS, loader.lag_seconds,
                   loader.error) if loader else None,
            [HealthDay(day, unavailable, [_source(row) for row in rows]) for day, rows, unavailable in days],
        )  # fmt: skip

    def found(call: Call) -> list[FoundLine]:
        asked: Lately = call.query
        until = datetime.fromtimestamp(call.now, UTC)
        lines, _ = read_findings(desk.settings.data_dir / "pii", until - timedelta(days=asked.days), until)
        shown = {s.id for s in sourcebook.of_site(desk, call.site) if asked.source in ("", s.id)}
        return [
            FoundLine(int(f.hour.timestamp() * 1000), f.source, f.field, f.cls, f.action, f.rule, f.times)
            for f in lines if f.source in shown
        ]  # fmt: skip

    return (
        Operation("GET", "/health", "health.view", show, "Does everything that came have one outcome?", Health),
        Operation("GET", "/sites/{site}/pii", "pii.view", found, "What the firewall found lately; never a value",
                  list[FoundLine], query=Lately),
    )  # fmt: skip


def _source(row: dict[str, Any]) -> SourceDay:
    lost = dict(row["lost"]) if "lost" in row else None
    return SourceDay(row["source"], row["accepted"], dict(row["reasons"]), lost, row.get("missing"),
                     row.get("unexplained"))  # fmt: skip
