"""Signed heads. Whoever holds one can tell later whether the chain before it was touched."""

from collections.abc import Mapping

import sqlalchemy as sa
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from msgspec import Struct
from sqlalchemy import Connection

from consent.canonical import canonical
from consent.keys import Signer
from consent.ledger.append import Head
from consent.store.tables import ledger_checkpoint

EVERY = 1_000


class Checkpoint(Struct, frozen=True):
    """That entry `seq` of `chain` had this hash; `at` in milliseconds; Ed25519 by key `kid`."""

    chain: str
    seq: int
    hash: bytes
    at: int
    kid: str
    signature: bytes


def sign(chain: str, head: Head, at: int, signer: Signer) -> Checkpoint:
    return Checkpoint(chain, head.seq, head.hash, at, signer.kid, signer.sign(_signed(chain, head.seq, head.hash, at)))


def is_signed(mark: Checkpoint, public_keys: Mapping[str, bytes]) -> bool:
    """Is the signature good, by a key that is known?"""
    raw = public_keys.get(mark.kid)
    if raw is None:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(raw).verify(
            mark.signature, _signed(mark.chain, mark.seq, mark.hash, mark.at)
        )
    except InvalidSignature:
        return False
    return True


def store(connection: Connection, mark: Checkpoint) -> None:
    """Keep a checkpoint; one that is there already stays as it is."""
    known = sa.select(ledger_checkpoint.c.seq).where(
        ledger_checkpoint.c.chain == mark.chain, ledger_checkpoint.c.seq == mark.seq
    )
    if connection.execute(known).first() is None:
        connection.execute(ledger_checkpoint.insert().values(
            chain=mark.chain, seq=mark.seq, hash=mark.hash, at=mark.at, kid=mark.kid, signature=mark.signature
        ))  # fmt: skip


def checkpoints(connection: Connection, chain: str) -> list[Checkpoint]:
    """The chain's checkpoints, oldest first."""
    query = sa.select(ledger_checkpoint).where(ledger_checkpoint.c.chain == chain).order_by(ledger_checkpoint.c.seq)
    return [
        Checkpoint(row.chain, row.seq, bytes(row.hash), row.at, row.kid, bytes(row.signature))
        for row in connection.execute(query)
    ]


def _signed(chain: str, seq: int, hashed: bytes, at: int) -> bytes:
    return b"firsthand.checkpoint.1\x1f" + canonical([chain, seq, hashed.hex(), at])
