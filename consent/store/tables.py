"""The tables. Migrations (`migrations/versions`) make them; a test compares the two.

Kept for ever: `ledger_entry` (the chain: commitments, no person), `policy_version`, `notice`, `event_map`. Kept while a
person may be known: `ledger_payload` (what an entry says and the salt of its commitment), `consent_state` (what follows
from it), `subject_link`. Erasing a person deletes from those three and leaves the chain whole. `change` feeds gates.
`handoff` holds, for a minute and sealed, what `collector.handoff` takes from one machine to another.

`chain` names a chain: the site's id for receipts, `<site>/audit` for what officers do. Other packages add tables to
`metadata` in modules of their own, and a migration each.
"""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata: Final = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    }
)

site: Final = Table(
    "site", metadata,
    Column("id", String(64), primary_key=True),
    Column("created_at", BigInteger, nullable=False),
    Column("revision", BigInteger, nullable=False),  # grows with every change that a gate must see
)  # fmt: skip

policy_draft: Final = Table(
    "policy_draft", metadata,
    Column("id", String(36), primary_key=True),
    Column("site", String(64), nullable=False),
    Column("state", String(16), nullable=False),  # draft | review | published | rejected
    Column("document", Text, nullable=False),
    Column("based_on", Integer),  # number of the version that it was made from
    Column("comment", Text, nullable=False),
    Column("author", String(200), nullable=False),  # who changed it last
    Column("authors", Text, nullable=False),  # everybody who did, as JSON
    Column("reviewer", String(200)),
    Column("created_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Index(None, "site", "state"),
)  # fmt: skip

policy_version: Final = Table(
    "policy_version", metadata,
    Column("site", String(64), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("version", String(32), nullable=False),
    Column("document", Text, nullable=False),
    Column("comment", Text, nullable=False),
    Column("author", String(200), nullable=False),
    Column("approver", String(200), nullable=False),
    Column("published_at", BigInteger, nullable=False),
    Column("replaced_at", BigInteger),
    Index(None, "site", "version"),
)  # fmt: skip

notice: Final = Table(
    "notice", metadata,
    Column("site", String(64), primary_key=True),
    Column("hash", String(32), primary_key=True),
    Column("body", Text, nullable=False),
    Column("published_at", BigInteger, nullable=False),
)  # fmt: skip

event_map: Final = Table(
    "event_map", metadata,
    Column("site", String(64), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("rules", Text, nullable=False),
    Column("author", String(200), nullable=False),
    Column("changed_at", BigInteger, nullable=False),
)  # fmt: skip

seen_event: Final = Table(
    "seen_event", metadata,
    Column("site", String(64), primary_key=True),
    Column("source", String(64), primary_key=True),
    Column("event", String(200), primary_key=True),
    Column("purpose", String(64), primary_key=True),
    Column("mapped", Boolean, nullable=False),
    Column("first_seen", BigInteger, nullable=False),
    Column("last_seen", BigInteger, nullable=False),
    Column("count", BigInteger, nullable=False),
)  # fmt: skip

# Counts only: how often a notice was served. The denominator of an honest opt-in rate
served_notice: Final = Table(
    "served_notice", metadata,
    Column("site", String(64), primary_key=True),
    Column("day", String(10), primary_key=True),
    Column("notice_hash", String(32), primary_key=True),
    Column("policy_version", String(32), primary_key=True),
    Column("jurisdiction", String(48), primary_key=True),
    Column("region", String(6), primary_key=True),  # empty where it is not known
    Column("count", BigInteger, nullable=False),
)  # fmt: skip

# Counts only: what was answered, with an empty notice where none was named. Stays when a person is erased
choice_count: Final = Table(
    "choice_count", metadata,
    Column("site", String(64), primary_key=True),
    Column("day", String(10), primary_key=True),
    Column("notice_hash", String(32), primary_key=True),
    Column("policy_version", String(32), primary_key=True),
    Column("jurisdiction", String(48), primary_key=True),
    Column("region", String(6), primary_key=True),
    Column("purpose", String(64), primary_key=True),
    Column("outcome", String(16), primary_key=True),  # granted | denied | withdrawn
    Column("count", BigInteger, nullable=False),
)  # fmt: skip

ledger_entry: Final = Table(
    "ledger_entry", metadata,
    Column("chain", String(80), primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("commitment", LargeBinary(32), nullable=False),
    Column("hash", LargeBinary(32), nullable=False),
)  # fmt: skip

ledger_payload: Final = Table(
    "ledger_payload", metadata,
    Column("chain", String(80), primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("id", String(36), nullable=False),
    Column("subject", String(80)),
    Column("purposes", Text, nullable=False),  # ",analytics+,marketing-," for the search
    Column("salt", LargeBinary(32), nullable=False),
    Column("payload", Text, nullable=False),
    Column("request_key", String(100)),
    Column("request_hash", LargeBinary(32)),
    UniqueConstraint("chain", "id"),
    UniqueConstraint("chain", "request_key"),
    ForeignKeyConstraint(["chain", "seq"], ["ledger_entry.chain", "ledger_entry.seq"]),
    Index(None, "chain", "subject", "seq"),
)  # fmt: skip

# One row a chain, locked while it grows: concurrent writers queue here and never fork it
ledger_head: Final = Table(
    "ledger_head", metadata,
    Column("chain", String(80), primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("hash", LargeBinary(32), nullable=False),
)  # fmt: skip

ledger_checkpoint: Final = Table(
    "ledger_checkpoint", metadata,
    Column("chain", String(80), primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary(32), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("kid", String(32), nullable=False),
    Column("signature", LargeBinary(64), nullable=False),
)  # fmt: skip

consent_state: Final = Table(
    "consent_state", metadata,
    Column("site", String(64), primary_key=True),
    Column("subject", String(80), primary_key=True),
    Column("purpose", String(64), primary_key=True),
    Column("granted", Boolean, nullable=False),
    Column("version", String(32), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("receipt", String(36), nullable=False),
    Column("method", String(16), nullable=False),
    Column("jurisdiction", String(48), nullable=False),
    Column("region", String(6)),
    Column("notice_hash", String(32), nullable=False),  # empty where none was named
    Column("gpc", Boolean, nullable=False),
)  # fmt: skip

subject_link: Final = Table(
    "subject_link", metadata,
    Column("site", String(64), primary_key=True),
    Column("device", String(80), primary_key=True),
    Column("person", String(80), primary_key=True),
    Column("trusted", Boolean, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index(None, "site", "person"),
)  # fmt: skip

# What a gate must know of a person at once: the purposes now denied, or `*` for a person who asked to be forgotten.
# In the order of `seq`, which is the order of commits because the head is locked.
change: Final = Table(
    "consent_change", metadata,
    Column("site", String(64), primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("subject", String(80), primary_key=True),
    Column("denied", Text, nullable=False),  # ",analytics,marketing," or ",*,"; "," for none
    Column("at", BigInteger, nullable=False),
)  # fmt: skip

handoff: Final = Table(
    "handoff", metadata,
    Column("name", String(64), primary_key=True),  # SHA-256 of the token's random part, hex
    Column("sealed", LargeBinary, nullable=False),  # opened by that part alone
    Column("until", BigInteger, nullable=False),
    Index(None, "until"),
)  # fmt: skip
