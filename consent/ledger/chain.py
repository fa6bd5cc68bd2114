"""The hashes of the chain, and nothing else."""

import hashlib
from typing import Final

from consent.canonical import canonical

GENESIS: Final = bytes(32)
SALT_BYTES: Final = 32
LABEL: Final = b"firsthand.ledger.1\x1f"


def commitment(salt: bytes, payload: bytes) -> bytes:
    """What stands in the chain for a payload. Raises ValueError for a salt that is too short to hide it."""
    if len(salt) != SALT_BYTES:
        raise ValueError(f"a salt has {SALT_BYTES} bytes")
    return hashlib.sha256(salt + payload).digest()


def link(chain: str, seq: int, at: int, kind: str, committed: bytes, previous: bytes) -> bytes:
    """The hash of entry `seq` (from 1); `previous` is the one before it, or GENESIS."""
    return hashlib.sha256(LABEL + canonical([chain, seq, at, kind, committed.hex(), previous.hex()])).digest()
