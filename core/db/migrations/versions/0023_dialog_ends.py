"""The ends of booking dialogs."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "dialog_ends",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("municipality_id", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("answered", sa.String(), nullable=False),
        sa.Column("booked", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["municipality_id"], ["municipalities.id"], name=op.f("fk_dialog_ends_municipality_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dialog_ends")),
    )
    op.create_index("ix_dialog_ends_municipality_id_at", "dialog_ends", ["municipality_id", "at"])
