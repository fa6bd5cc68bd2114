"""The console's own tables. Times are seconds since the epoch; lists are JSON; secrets are kept as SHA-256 only.

A token that opens something (session, link) is random with 256 bits, so a plain hash of it cannot be searched; what is
in the store opens nothing by itself.
"""

from sqlalchemy import JSON, Boolean, Column, Double, ForeignKey, Integer, String, Table, Text

from consent.store.tables import metadata

users = Table(
    "console_user",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("login", String(200), nullable=False, unique=True),  # lower case
    Column("password", Text),  # Argon2id's own form; none: cannot enter by password
    Column("oidc_subject", String(300), unique=True),  # "issuer sub" of the first sign-in there
    Column("roles", JSON, nullable=False),
    Column("sites", JSON, nullable=False),  # ids, or ["*"]
    Column("active", Boolean, nullable=False),
    Column("created", Double, nullable=False),
    Column("seen", Double),
)

sessions = Table(
    "console_session",
    metadata,
    Column("token", String(64), primary_key=True),  # SHA-256, hex
    Column("user", String(32), ForeignKey("console_user.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("csrf", String(64), nullable=False),
    Column("created", Double, nullable=False),
    Column("seen", Double, nullable=False),
    Column("agent", String(200), nullable=False),
)

links = Table(
    "console_link",
    metadata,
    Column("token", String(64), primary_key=True),  # SHA-256, hex
    Column("user", String(32), ForeignKey("console_user.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("expires", Double, nullable=False),
)

attempts = Table(
    "console_attempt",
    metadata,
    Column("key", String(80), primary_key=True),  # "login <sha256>" or "from <sha256>": nobody's address or name
    Column("failures", Integer, nullable=False),
    Column("last", Double, nullable=False),
)
