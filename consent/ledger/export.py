"""The ledger for auditors and other systems: one row an entry, oldest first, in chunks. Erased entries say so.

What is wanted of it (`Wanted`) means the same in a search and in an export.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
import sqlalchemy as sa
from msgspec import Struct
from sqlalchemy import ColumnElement, Connection

from consent.store.tables import ledger_entry, ledger_payload

CHUNK: Final = 2_000
COLUMNS: Final = (
    "site", "seq", "at", "kind", "id", "subject", "action", "method", "granted", "denied", "policy_version",
    "notice_hash", "jurisdiction", "region", "locale", "gpc", "age", "client_time", "erased", "commitment", "hash",
    "payload",
)  # fmt: skip


class Wanted(Struct, frozen=True, rename="camel"):
    """Which entries. `subjects` of a person (consent.subjects); `purpose` with or without an answer; `since` ≤ at <
    `until` in milliseconds. Erased entries are found by time and kind only."""

    subjects: tuple[str, ...] = ()
    purpose: str = ""
    granted: bool | None = None
    since: int | None = None
    until: int | None = None
    kind: str = ""

    def conditions(self) -> list[ColumnElement[bool]]:
        """What a row of `ledger_entry` joined with `ledger_payload` must be."""
        entry, said = ledger_entry.c, ledger_payload.c
        where: list[ColumnElement[bool]] = []
        if self.subjects:
            where.append(said.subject.in_(list(self.subjects)))
        if self.purpose:
            signs = ("+", "-") if self.granted is None else ("+",) if self.granted else ("-",)
            where.append(sa.or_(*(said.purposes.contains(f",{self.purpose}{s},", autoescape=True) for s in signs)))
        if self.since is not None:
            where.append(entry.at >= self.since)
        if self.until is not None:
            where.append(entry.at < self.until)
        if self.kind:
            where.append(entry.kind == self.kind)
        return where


def rows(
    connection: Connection, chain: str, after: int = 0, limit: int | None = None, wanted: Wanted | None = None
) -> Iterator[dict[str, Any]]:  # fmt: skip
    """Entries after number `after` as flat rows (`COLUMNS`); lists of purposes are sorted, `at` is ISO 8601 UTC.

    `payload` is the recorded JSON as text, None if it was erased.
    """
    entry, said = ledger_entry.c, ledger_payload.c
    joined = ledger_entry.outerjoin(ledger_payload, (said.chain == entry.chain) & (said.seq == entry.seq))
    query = (
        sa.select(*ledger_entry.c, said.payload)
        .select_from(joined)
        .where(entry.chain == chain, *(wanted.conditions() if wanted else ()))
    )
    query = query.order_by(entry.seq)
    given = 0
    while limit is None or given < limit:
        size = CHUNK if limit is None else min(CHUNK, limit - given)
        found = connection.execute(query.where(entry.seq > after).limit(size)).all()
        for row in found:
            yield _flat(row)
        given += len(found)
        if len(found) < size:
            return
        after = found[-1].seq


def read_payload(text: str | None) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """What a payload says, and what it says by purpose. Nothing of one that was erased, or that somebody damaged so
    that it is no payload any more: such an entry is still listed, and `verify` names it."""
    try:
        said = msgspec.json.decode(text or "{}", type=dict[str, Any])
        purposes = msgspec.convert(said.get("purposes") or {}, dict[str, dict[str, Any]])
        if not all(isinstance(one.get("granted"), bool) for one in purposes.values()):
            return {}, {}
    except msgspec.MsgspecError:
        return {}, {}
    return said, purposes


def _flat(row: Any) -> dict[str, Any]:
    said, purposes = read_payload(row.payload)
    return {
        "site": row.chain, "seq": row.seq, "at": datetime.fromtimestamp(row.at / 1000, UTC).isoformat(),
        "kind": row.kind, "id": said.get("id"), "subject": said.get("subject"), "action": said.get("action"),
        "method": said.get("method"), "granted": sorted(p for p, v in purposes.items() if v["granted"]),
        "denied": sorted(p for p, v in purposes.items() if not v["granted"]),
        "policy_version": said.get("policyVersion"), "notice_hash": said.get("noticeHash"),
        "jurisdiction": said.get("jurisdiction"), "region": said.get("region"), "locale": said.get("locale"),
        "gpc": said.get("gpc"), "age": said.get("age"), "client_time": said.get("clientTime"),
        "erased": row.payload is None, "commitment": bytes(row.commitment).hex(), "hash": bytes(row.hash).hex(),
        "payload": row.payload,
    }  # fmt: skip
