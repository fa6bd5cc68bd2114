"""The tokens of the admin API. Times are milliseconds since the epoch; of a token only its SHA-256 is kept.

It is random with 256 bits, so a plain hash cannot be searched for it. A token that was taken back stays in the table,
because the audit log names it; its name is never given to another.
"""

from typing import Final

from sqlalchemy import JSON, BigInteger, Column, String, Table

from consent.store.tables import metadata

api_token: Final = Table(
    "api_token",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("hash", String(64), nullable=False, unique=True),  # SHA-256, hex
    Column("roles", JSON, nullable=False),
    Column("sites", JSON, nullable=False),  # ids, or ["*"]
    Column("made_by", String(200), nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
    Column("used_at", BigInteger),
)
