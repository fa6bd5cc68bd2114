"""Append to a chain: within the caller's transaction, under the lock of the chain's head."""

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from msgspec import Struct
from sqlalchemy import Connection

from consent.canonical import canonical
from consent.ledger import chain as chains
from consent.store.tables import ledger_entry, ledger_head, ledger_payload
from consent.store.upsert import insert

RandomBytes = Callable[[int], bytes]


class Entry(Struct, frozen=True):
    """One thing to record. `payload` is JSON types; the columns beside it follow from it (`columns_of`)."""

    kind: str
    payload: dict[str, Any]


class Head(Struct, frozen=True):
    """The end of a chain."""

    seq: int
    hash: bytes


class Written(Struct, frozen=True):
    """Where an entry went."""

    seq: int
    commitment: bytes


def lock(connection: Connection, chain: str) -> Head:
    """Take the chain for this transaction, and give its end. Others wait until the transaction ends."""
    made = insert(connection, ledger_head).values(chain=chain, seq=0, hash=chains.GENESIS)
    connection.execute(made.on_conflict_do_nothing())
    # In PostgreSQL this waits; in SQLite BEGIN IMMEDIATE holds the whole database already
    query = sa.select(ledger_head.c.seq, ledger_head.c.hash).where(ledger_head.c.chain == chain).with_for_update()
    row = connection.execute(query).one()
    return Head(row.seq, bytes(row.hash))


def append(
    connection: Connection, chain: str, entries: Sequence[Entry], at: int, random: RandomBytes, head: Head | None = None
) -> list[Written]:  # fmt: skip
    """Record entries in order, at time `at` (milliseconds). `head` is what `lock` gave, if it was called before."""
    seq, previous = (head := head or lock(connection, chain)).seq, head.hash
    links, payloads, written = [], [], []
    for entry in entries:
        seq += 1
        payload = canonical(entry.payload)
        salt = random(chains.SALT_BYTES)
        committed = chains.commitment(salt, payload)
        previous = chains.link(chain, seq, at, entry.kind, committed, previous)
        links.append({"chain": chain, "seq": seq, "at": at, "kind": entry.kind, "commitment": committed,
                      "hash": previous})  # fmt: skip
        payloads.append({"chain": chain, "seq": seq, "salt": salt, "payload": payload.decode(),
                         **columns_of(entry.payload)})  # fmt: skip
        written.append(Written(seq, committed))
    if links:
        connection.execute(ledger_entry.insert(), links)
        connection.execute(ledger_payload.insert(), payloads)
        connection.execute(ledger_head.update().where(ledger_head.c.chain == chain).values(seq=seq, hash=previous))
    return written


def columns_of(payload: dict[str, Any]) -> dict[str, Any]:
    """What a payload is found by.

    `id`: unique in its chain. `subject`: whom it is about, if anybody. `purposes`: `,analytics+,marketing-,` of a
    receipt, else empty. `request_key`: unique, makes a repeated request one entry; `request_hash`: of that request.
    """
    purposes, request = payload.get("purposes"), payload.get("request")
    found = sorted(purposes.items()) if isinstance(purposes, dict) else []
    signs = "".join(f"{purpose}{'+' if said['granted'] else '-'}," for purpose, said in found)
    return {
        "id": payload["id"],
        "subject": payload.get("subject"),
        "purposes": f",{signs}" if signs else "",
        "request_key": request["key"] if request else None,
        "request_hash": bytes.fromhex(request["hash"]) if request else None,
    }
