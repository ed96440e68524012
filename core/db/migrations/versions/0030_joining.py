"""Requests to join two chats, and the contact at which each booking was booked."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the table and the column, which is set when chats are joined for the first time."""
    op.create_table(
        "join_requests",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("public_id", sa.LargeBinary(), server_default="", nullable=False),
        sa.Column("contact_id", NUMBER, nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("municipality_id", sa.String(), nullable=True),
        sa.Column("shown_name", sa.LargeBinary(), nullable=True),
        sa.Column("joining_id", NUMBER, nullable=True),
        sa.Column("number_hash", sa.String(), nullable=True),
        sa.Column("number_until", sa.BigInteger(), nullable=True),
        sa.Column("tries", NUMBER, server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.id"], name=op.f("fk_join_requests_contact_id")
        ),
        sa.ForeignKeyConstraint(
            ["joining_id"], ["contacts.id"], name=op.f("fk_join_requests_joining_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_join_requests")),
        sa.UniqueConstraint("contact_id", name=op.f("uq_join_requests_contact_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_join_requests_token_hash")),
    )
    op.create_index("ix_join_requests_expires_at", "join_requests", ["expires_at"])
    op.add_column("bookings", sa.Column("contact_id", NUMBER, nullable=True))
