"""Looking into the ledger: search, one receipt, verify, export, sign the head."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from msgspec import Struct
from sqlalchemy import Connection

from consent.admin import Admin, AdminError, audit
from consent.keys import KeyRing
from consent.ledger import checkpoint as marks
from consent.ledger import files
from consent.ledger.append import lock
from consent.ledger.export import Wanted, read_payload, rows
from consent.ledger.verify import Report, verify
from consent.store import Store
from consent.store.tables import ledger_entry, ledger_payload

MAX_PAGE = 1_000
PAGE = 2_000  # rows of an export in one transaction


class Line(Struct, frozen=True):
    """One entry; `payload`: None if it was erased, empty if it was damaged. `at` in milliseconds, hashes as hex."""

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
    """Entries, the newest first; see `Wanted`. `before`: the number to go on from."""
    entry = ledger_entry.c
    wanted = Wanted(tuple(subjects), purpose, granted, since, until, kind)
    query = _lines().where(entry.chain == site, *wanted.conditions())
    if before is not None:
        query = query.where(entry.seq < before)
    found = connection.execute(query.order_by(entry.seq.desc()).limit(min(limit, MAX_PAGE)))
    return [_line(row) for row in found]


def export(
    store: Store, admin: Admin, site: str, form: str, wanted: Wanted | None = None,
    progress: Callable[[int], None] = lambda count: None,
) -> Iterator[bytes]:  # fmt: skip
    """The site's ledger as a file in one of `files.FORMATS`, piece by piece, oldest first; written down in the audit
    log before the first piece. `progress` is told how many rows there were. Raises AdminError for another form.

    Rows are read in short transactions, because whoever takes the file may take it slowly; entries that come
    meanwhile are not in it."""
    if form not in files.FORMATS:
        raise AdminError("export.form", forms=", ".join(files.FORMATS))
    wanted = wanted or Wanted()
    said = {name: value for name, value in msgspec.to_builtins(wanted).items() if value not in ("", None, [])}
    of_person = {"ofPerson": True} if said.pop("subjects", None) else {}
    with store.write() as connection:
        last = connection.execute(
            sa.select(sa.func.max(ledger_entry.c.seq)).where(ledger_entry.c.chain == site)
        ).scalar()
        audit.record(connection, admin, site, "ledger.export", form, said | of_person)
    return files.pieces(_pages(store, site, wanted, last or 0, progress), form)


def _pages(
    store: Store, site: str, wanted: Wanted, last: int, progress: Callable[[int], None]
) -> Iterator[dict[str, Any]]:  # fmt: skip
    after = count = 0
    while True:
        with store.read() as connection:
            found = list(rows(connection, site, after, PAGE, wanted))
        for row in found:
            if row["seq"] > last:
                return
            yield row
        count += len(found)
        progress(count)
        if len(found) < PAGE:
            return
        after = found[-1]["seq"]


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
    said, _ = read_payload(row.payload)
    payload = None if row.payload is None else said
    return Line(row.seq, row.at, row.kind, bytes(row.commitment).hex(), bytes(row.hash).hex(), payload)
