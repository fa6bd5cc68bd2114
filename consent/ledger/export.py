"""The ledger for auditors and other systems: one row an entry, oldest first, in chunks. Erased entries say so."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
import sqlalchemy as sa
from sqlalchemy import Connection

from consent.store.tables import ledger_entry, ledger_payload

CHUNK: Final = 2_000
COLUMNS: Final = (
    "site", "seq", "at", "kind", "id", "subject", "action", "method", "granted", "denied", "policy_version",
    "notice_hash", "jurisdiction", "region", "locale", "gpc", "age", "client_time", "erased", "commitment", "hash",
    "payload",
)  # fmt: skip


def rows(connection: Connection, chain: str, after: int = 0, limit: int | None = None) -> Iterator[dict[str, Any]]:
    """Entries after number `after` as flat rows (`COLUMNS`); lists of purposes are sorted, `at` is ISO 8601 UTC.

    `payload` is the recorded JSON as text, None if it was erased.
    """
    entry, said = ledger_entry.c, ledger_payload.c
    joined = ledger_entry.outerjoin(ledger_payload, (said.chain == entry.chain) & (said.seq == entry.seq))
    query = sa.select(*ledger_entry.c, said.payload).select_from(joined).where(entry.chain == chain).order_by(entry.seq)
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


def _flat(row: Any) -> dict[str, Any]:
    said: dict[str, Any] = msgspec.json.decode(row.payload) if row.payload is not None else {}
    purposes = said.get("purposes") or {}
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
