"""The ledger: found, read, proved, taken along. A person's ids are sent in a body, never in an address."""

from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

from msgspec import Meta

from consent.admin import AdminError, ledger, policies
from consent.admin.ledger import Line
from consent.api.call import Call
from consent.api.operation import Ask, File, Give, Operation
from consent.iso27560 import receipt_record
from consent.ledger.checkpoint import checkpoints
from consent.ledger.export import Wanted
from consent.ledger.files import FORMATS
from consent.ledger.verify import Report
from consent.receipts import RECEIPT, Text
from consent.subjects import subjects_of

Moment = Annotated[int, Meta(ge=0, le=9_007_199_254_740_991)]


class LedgerSearch(Ask, frozen=True):
    """`purpose` with or without an answer; `since` ≤ at < `until`. `before`: the number to go on from."""

    anonymous_id: Text | None = None
    user_id: Text | None = None
    purpose: Annotated[str, Meta(max_length=64)] = ""
    granted: bool | None = None
    since: Moment | None = None
    until: Moment | None = None
    kind: Annotated[str, Meta(max_length=16)] = ""
    before: Moment | None = None
    limit: Annotated[int, Meta(ge=1, le=ledger.MAX_PAGE)] = 50


class LedgerExport(Ask, frozen=True):
    """What of the ledger, as which file."""

    format: Literal["csv", "jsonl", "parquet"] = "csv"
    anonymous_id: Text | None = None
    user_id: Text | None = None
    purpose: Annotated[str, Meta(max_length=64)] = ""
    granted: bool | None = None
    since: Moment | None = None
    until: Moment | None = None
    kind: Annotated[str, Meta(max_length=16)] = ""


class LedgerLines(Give, frozen=True):
    """Entries, the newest first. `next`: what to send as `before` for more; null at the end."""

    lines: list[Line]
    next: int | None


class Receipt(Give, frozen=True):
    """An entry of the ledger, and the same as a consent record after ISO/IEC TS 27560."""

    line: Line
    record: dict[str, Any]


class Checkpoint(Give, frozen=True):
    """A signed head of the chain; hash and signature as hex. A copy kept elsewhere proves what was before it."""

    chain: str
    seq: int
    hash: str
    at: int
    kid: str
    signature: str


def search(call: Call) -> LedgerLines:
    asked: LedgerSearch = call.body
    wanted = _wanted(call)
    with call.store.read() as connection:
        found = ledger.search(
            connection, call.site, subjects=wanted.subjects, purpose=wanted.purpose, granted=wanted.granted,
            since=wanted.since, until=wanted.until, kind=wanted.kind, before=asked.before, limit=asked.limit,
        )  # fmt: skip
    return LedgerLines(found, found[-1].seq if len(found) == asked.limit else None)


def receipt(call: Call) -> Receipt:
    with call.store.read() as connection:
        line = ledger.receipt(connection, call.site, call.path("id"))
        book = policies.book(connection, call.site)
    version = (line.payload or {}).get("policyVersion")
    if line.kind != RECEIPT or version not in book:
        raise AdminError("receipt.unknown")
    return Receipt(line, receipt_record(line, book[version].document))


def verify(call: Call) -> Report:
    with call.store.read() as connection:
        return ledger.report(connection, call.ring(), call.site)


def export(call: Call) -> File:
    asked: LedgerExport = call.body
    pieces = ledger.export(call.store, call.admin, call.site, asked.format, _wanted(call))
    name = f"ledger-{datetime.fromtimestamp(call.now, UTC).date().isoformat()}.{asked.format}"
    return File(name, FORMATS[asked.format], pieces)


def marks(call: Call) -> list[Checkpoint]:
    with call.store.read() as connection:
        return [_signed(mark) for mark in checkpoints(connection, call.site)]


def mark(call: Call) -> Checkpoint:
    with call.store.write() as connection:
        made = ledger.checkpoint(connection, call.admin, call.ring(), call.site, call.site)
    if made is None:
        raise AdminError("ledger.empty", site=call.site)
    return _signed(made)


def _wanted(call: Call) -> Wanted:
    asked = call.body
    subjects: list[str] = []
    if asked.anonymous_id or asked.user_id:
        subjects = subjects_of(call.ring(), call.site, asked.anonymous_id, asked.user_id)
    return Wanted(tuple(subjects), asked.purpose, asked.granted, asked.since, asked.until, asked.kind)


def _signed(mark: Any) -> Checkpoint:
    return Checkpoint(mark.chain, mark.seq, mark.hash.hex(), mark.at, mark.kid, mark.signature.hex())


LEDGER: Final = "/sites/{site}/ledger"
OPERATIONS: Final = (
    Operation("POST", LEDGER + "/search", "ledger.view", search, "Entries, the newest first", LedgerLines,
              LedgerSearch),
    Operation("GET", LEDGER + "/receipts/{id}", "ledger.view", receipt, "One receipt", Receipt),
    Operation("POST", LEDGER + "/verify", "ledger.verify", verify, "Is the chain whole? Reads all of it", Report),
    Operation("POST", LEDGER + "/export", "ledger.export", export, "The ledger as a file", None, LedgerExport,
              kinds=tuple(FORMATS.values())),
    Operation("GET", LEDGER + "/checkpoints", "ledger.view", marks, "Signed heads of the chain", list[Checkpoint]),
    Operation("POST", LEDGER + "/checkpoints", "ledger.verify", mark, "Sign the head of the chain", Checkpoint,
              status=201),
)  # fmt: skip
