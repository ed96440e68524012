"""Bookings and contacts know which phone number was proven; confirmations are counted."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the columns and the table; of earlier bookings, no number was proven."""
    op.add_column(
        "bookings",
        sa.Column("phone_proven", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.add_column("contacts", sa.Column("proven_phone", sa.String()))
    op.create_table(
        "confirmations",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("network", sa.String(), nullable=False),
        sa.Column("municipality_id", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_confirmations")),
    )
    op.create_index("ix_confirmations_network_at", "confirmations", ["network", "at"])
