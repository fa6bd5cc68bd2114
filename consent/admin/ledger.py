"""Looking into the ledger: search, one receipt, verify, sign the head."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from msgspec import Struct
from sqlalchemy import ColumnElement, Connection

from consent.admin import Admin, AdminError, audit
from consent.keys import KeyRing
from consent.ledger import checkpoint as marks
from consent.ledger.append import lock
from consent.ledger.verify import Report, verify
from consent.store.tables import ledger_entry, ledger_payload

MAX_PAGE = 1_000


class Line(Struct, frozen=True):
    """One entry; `payload` is None if it was erased. `at` in milliseconds, `hash` and `commitment` as hex."""

    seq: int
    at: int
    kind: str
    commitment: str
    hash: str
    payload: dict[str, Any] | None


def search(
    connection: Connection, site: str, *, subjects: Sequence[str] = (), purpose: str = "", granted: bool | None = None,
    since: int | None = None, until: int | None = None, kind: str = "", before: int | None = None, limit: int = 50,
) -> list[Line]:  # fmt: skip
    """Entries, the newest first. `subjects` of a person (consent.subjects), `purpose` with or without an answer, times
    in milliseconds; `before`: the number to go on from. Erased entries are found by time and kind only."""
    entry, said = ledger_entry.c, ledger_payload.c
    where: list[ColumnElement[bool]] = [entry.chain == site]
    if subjects:
        where.append(said.subject.in_(list(subjects)))
    if purpose:
        signs = ("+", "-") if granted is None else ("+",) if granted else ("-",)
        where.append(sa.or_(*(said.purposes.contains(f",{purpose}{sign},", autoescape=True) for sign in signs)))
    if since is not None:
        where.append(entry.at >= since)
    if until is not None:
        where.append(entry.at < until)
    if kind:
        where.append(entry.kind == kind)
    if before is not None:
        where.append(entry.seq < before)
    query = _lines().where(*where).order_by(entry.seq.desc()).limit(min(limit, MAX_PAGE))
    return [_line(row) for row in connection.execute(query)]


def receipt(connection: Connection, site: str, id: str) -> Line:
    """One receipt of that site by its id. Raises AdminError if there is none, or no more."""
    row = connection.execute(_lines().where(ledger_entry.c.chain == site, ledger_payload.c.id == id)).one_or_none()
    if row is None:
        raise AdminError("receipt.unknown")
    return _line(row)


def report(
    connection: Connection, ring: KeyRing, chain: str, progress: Callable[[int], None] = lambda seq: None
) -> Report:  # fmt: skip
    """Read the whole chain (a site's id, or `audit.audit_chain(site)`) and say whether it is whole."""
    return verify(connection, chain, ring.public_keys(), progress=progress)


def checkpoint(connection: Connection, admin: Admin, ring: KeyRing, site: str, chain: str) -> marks.Checkpoint | None:
    """Sign the head of a chain and keep that; None if the chain is empty. Keep a copy elsewhere."""
    head = lock(connection, chain)
    if head.seq == 0:
        return None
    mark = marks.sign(chain, head, admin.now, ring.signer())
    marks.store(connection, mark)
    if chain == site:
        audit.record(connection, admin, site, "ledger.checkpoint", str(mark.seq), {"hash": mark.hash.hex()})
    return mark


def _lines() -> sa.Select[*tuple[Any, ...]]:
    entry, said = ledger_entry.c, ledger_payload.c
    joined = ledger_entry.outerjoin(ledger_payload, (said.chain == entry.chain) & (said.seq == entry.seq))
    return sa.select(entry.seq, entry.at, entry.kind, entry.commitment, entry.hash, said.payload).select_from(joined)


def _line(row: Any) -> Line:
    payload = msgspec.json.decode(row.payload) if row.payload is not None else None
    return Line(row.seq, row.at, row.kind, bytes(row.commitment).hex(), bytes(row.hash).hex(), payload)
