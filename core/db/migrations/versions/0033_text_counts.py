"""Counts of text messages: their parts in a month, and those to a number on a day."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "text_counts",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("count", NUMBER, nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_text_counts")),
    )
