"""Is the chain whole? Reads it from the first entry to the last and names the first thing that is not as it should be.

Checked: numbers without a gap, each hash, each payload against its commitment, the columns beside a payload against the
payload, every missing payload against an erasure that names it, the head, and each checkpoint's hash and signature.
Not checked, because the chain cannot know it: whether the newest entries and the head and the checkpoints were cut off
together. A checkpoint kept elsewhere knows: pass it in `kept`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from msgspec import Struct
from sqlalchemy import Connection, Row

from consent.ledger import chain as chains
from consent.ledger.append import columns_of
from consent.ledger.checkpoint import Checkpoint, checkpoints, is_signed
from consent.store.tables import ledger_entry, ledger_head, ledger_payload

CHUNK = 2_000
ERASE = "erase"


class Problem(Struct, frozen=True):
    """The first thing that is wrong: at which entry, and what."""

    seq: int
    what: str


class Report(Struct, frozen=True):
    """What was read. `problem` is None if all of it is whole."""

    chain: str
    entries: int
    erased: int
    checkpoints: int
    head: str
    problem: Problem | None = None


class _Broken(Exception):
    def __init__(self, seq: int, what: str) -> None:
        super().__init__(seq, what)
        self.problem = Problem(seq, what)


def verify(
    connection: Connection, chain: str, public_keys: Mapping[str, bytes], kept: Sequence[Checkpoint] = (),
    progress: Callable[[int], None] = lambda seq: None,
) -> Report:  # fmt: skip
    """Read the whole chain. `public_keys`: raw Ed25519 keys by kid. `progress` is told how far it is."""
    walk = _Walk(chain, {c.seq: c for c in [*checkpoints(connection, chain), *kept]}, public_keys)
    problem = None
    try:
        for row in _rows(connection, chain):
            walk.take(row)
            if row.seq % CHUNK == 0:
                progress(row.seq)
        walk.end(connection)
    except _Broken as broken:
        problem = broken.problem
    return Report(chain, walk.seq, walk.erased, walk.signed, walk.hash.hex(), problem)


class _Walk:
    """How far the reading is, and what still has to be explained."""

    def __init__(self, chain: str, marks: dict[int, Checkpoint], keys: Mapping[str, bytes]) -> None:
        self.chain, self._marks, self._keys = chain, marks, keys
        self.seq, self.hash, self.erased, self.signed = 0, chains.GENESIS, 0, 0
        self._missing: set[int] = set()

    def take(self, row: Row[*tuple[Any, ...]]) -> None:
        seq = self.seq + 1
        if row.seq != seq:
            raise _Broken(seq, f"entry {seq} is missing; the next one is {row.seq}")
        committed = bytes(row.commitment)
        hashed = chains.link(self.chain, seq, row.at, row.kind, committed, self.hash)
        if hashed != bytes(row.hash):
            raise _Broken(seq, "its hash does not follow from the entry and the hash before it")
        if row.payload is None:
            self._missing.add(seq)
        else:
            self._check_payload(row, committed)
        self.seq, self.hash = seq, hashed
        if (mark := self._marks.pop(seq, None)) is not None:
            self._check_mark(mark)

    def _check_payload(self, row: Row[*tuple[Any, ...]], committed: bytes) -> None:
        raw = row.payload.encode()
        if len(row.salt) != chains.SALT_BYTES or chains.commitment(bytes(row.salt), raw) != committed:
            raise _Broken(row.seq, "its payload or salt is not the one that was recorded")
        payload = msgspec.json.decode(raw)
        beside = columns_of(payload)
        if any(getattr(row, name) != value for name, value in beside.items()):
            raise _Broken(row.seq, "the columns beside its payload say something else than the payload")
        if row.kind == ERASE:
            erased = self._missing & set(payload["erased"])
            self._missing -= erased
            self.erased += len(erased)

    def _check_mark(self, mark: Checkpoint) -> None:
        if mark.hash != self.hash:
            raise _Broken(mark.seq, "a checkpoint of this entry has another hash: the chain was rewritten before it")
        if not is_signed(mark, self._keys):
            raise _Broken(mark.seq, f"the signature of its checkpoint is not good (key {mark.kid})")
        self.signed += 1

    def end(self, connection: Connection) -> None:
        if self._marks:
            seq = min(self._marks)
            raise _Broken(seq, f"there is a checkpoint of entry {seq}, but the chain ends at {self.seq}")
        head = connection.execute(
            sa.select(ledger_head.c.seq, ledger_head.c.hash).where(ledger_head.c.chain == self.chain)
        ).one_or_none()
        end = (0, chains.GENESIS) if head is None else (head.seq, bytes(head.hash))
        if end != (self.seq, self.hash):
            raise _Broken(self.seq, "the head of the chain is not its last entry")
        if self._missing:
            raise _Broken(min(self._missing), "its payload is gone, and no erasure names it")


def _rows(connection: Connection, chain: str) -> Iterator[Row[*tuple[Any, ...]]]:
    """All entries in order with their payloads, in chunks by number: a long chain never lies in memory."""
    joined = ledger_entry.outerjoin(
        ledger_payload,
        (ledger_payload.c.chain == ledger_entry.c.chain) & (ledger_payload.c.seq == ledger_entry.c.seq),
    )
    said = ledger_payload.c
    query = (
        sa.select(
            *ledger_entry.c,
            said.id,
            said.subject,
            said.purposes,
            said.request_key,
            said.request_hash,
            said.salt,
            said.payload,
        )
        .select_from(joined)
        .where(ledger_entry.c.chain == chain)
        .order_by(ledger_entry.c.seq)
        .limit(CHUNK)
    )
    last: int | None = None
    while True:
        rows = connection.execute(query if last is None else query.where(ledger_entry.c.seq > last)).all()
        yield from rows
        if len(rows) < CHUNK:
            return
        last = rows[-1].seq
