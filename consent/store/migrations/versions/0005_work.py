"""Work that officers ask of the loader, and who verified an identity, for the second pair of eyes."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("dsr_request", sa.Column("verifier", sa.Text(), nullable=True))
    op.create_table(
        "dsr_work",
        sa.Column("request", sa.String(length=36), nullable=False),
        sa.Column("site", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("night", sa.Boolean(), nullable=False),
        sa.Column("asked_by", sa.String(length=200), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("began_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("beat_at", sa.BigInteger(), nullable=True),
        sa.Column("runner", sa.String(length=200), nullable=True),
        sa.Column("step", sa.String(length=32), nullable=False),
        sa.Column("done", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("file", sa.String(length=64), nullable=True),
        sa.Column("file_until", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("request", name=op.f("pk_dsr_work")),
    )
    op.create_index(op.f("ix_dsr_work_state"), "dsr_work", ["state"])
