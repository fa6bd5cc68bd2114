"""The audit log: who changed what, when. A chain of the same kind as the receipts', verified the same way.

An entry holds names of what was changed and the new values of what is published anyway; never a person's id.
"""

from typing import Any

import msgspec
import sqlalchemy as sa
from msgspec import Struct
from sqlalchemy import Connection

from consent.admin import Admin
from consent.ledger.append import Entry, append
from consent.store.tables import ledger_entry, ledger_payload

AUDIT = "audit"
DAMAGED = "damaged"  # stands for the verb of a line that cannot be read any more; `verify` names it


class AuditEntry(Struct, frozen=True):
    """One line of the log; `at` in milliseconds since the epoch."""

    seq: int
    at: int
    id: str
    actor: str
    action: str
    target: str
    detail: dict[str, Any]


class _Line(Struct, frozen=True):
    id: str
    actor: str
    action: str
    target: str
    detail: dict[str, Any]


def audit_chain(site: str) -> str:
    """The name of the site's audit chain."""
    return f"{site}/{AUDIT}"


def record(
    connection: Connection, admin: Admin, site: str, action: str, target: str, detail: dict[str, Any] | None = None
) -> int:  # fmt: skip
    """Write one line; gives its number. `action` is a verb with its noun, `policy.publish`."""
    payload = {"id": admin.new_id(), "actor": admin.name, "owner": admin.owner, "action": action, "target": target,
               "detail": detail or {}}  # fmt: skip
    return append(connection, audit_chain(site), [Entry(AUDIT, payload)], admin.now, admin.random)[0].seq


def search(
    connection: Connection, site: str, *, action: str = "", actor: str = "", before: int | None = None, limit: int = 50
) -> list[AuditEntry]:  # fmt: skip
    """The newest lines first. `action` is the start of a verb (`policy.`), `before` a number to go on from."""
    entry, said = ledger_entry.c, ledger_payload.c
    joined = ledger_entry.join(ledger_payload, (said.chain == entry.chain) & (said.seq == entry.seq))
    query = sa.select(entry.seq, entry.at, said.payload).select_from(joined).where(entry.chain == audit_chain(site))
    if before is not None:
        query = query.where(entry.seq < before)
    found: list[AuditEntry] = []
    for row in connection.execute(query.order_by(entry.seq.desc())):
        line = _read(row.payload)
        if line.action.startswith(action) and actor in ("", line.actor):
            found.append(AuditEntry(row.seq, row.at, line.id, line.actor, line.action, line.target, line.detail))
            if len(found) == limit:
                break
    return found


def _read(payload: str) -> _Line:
    try:
        return msgspec.json.decode(payload, type=_Line)
    except msgspec.MsgspecError:
        return _Line("", "", DAMAGED, "", {})
