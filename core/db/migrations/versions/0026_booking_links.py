"""Links to bookings, requests for codes, and the hashes of e-mail addresses."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the tables and the column."""
    op.create_table(
        "booking_links",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("booking_id", NUMBER, nullable=False),
        sa.Column("nonce", sa.String(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["booking_id"], ["bookings.id"], name=op.f("fk_booking_links_booking_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking_links")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_booking_links_token_hash")),
    )
    op.create_index("ix_booking_links_booking_id", "booking_links", ["booking_id"])
    op.create_index("ix_booking_links_expires_at", "booking_links", ["expires_at"])
    op.create_table(
        "code_requests",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("hashed", sa.String(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_code_requests")),
    )
    op.add_column("bookings", sa.Column("email_hash", sa.String(), nullable=True))
    op.create_index("ix_bookings_email_hash_ends_at", "bookings", ["email_hash", "ends_at"])
