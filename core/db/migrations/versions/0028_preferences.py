"""Preferences of citizens, and links that end reminders by e-mail."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "preferences",
        sa.Column("citizen_id", NUMBER, nullable=False),
        sa.Column("platform", sa.String(), nullable=True),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("quiet_from", NUMBER, nullable=True),
        sa.Column("quiet_until", NUMBER, nullable=True),
        sa.Column("timezone", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["citizen_id"], ["citizens.id"], name=op.f("fk_preferences_citizen_id")
        ),
        sa.PrimaryKeyConstraint("citizen_id", name=op.f("pk_preferences")),
    )
    op.create_table(
        "reminder_links",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("booking_id", NUMBER, nullable=False),
        sa.Column("email_hash", sa.String(), nullable=False),
        sa.Column("nonce", sa.String(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("stopped_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["booking_id"], ["bookings.id"], name=op.f("fk_reminder_links_booking_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminder_links")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_reminder_links_token_hash")),
    )
    for column in ("booking_id", "email_hash", "expires_at"):
        op.create_index(f"ix_reminder_links_{column}", "reminder_links", [column])
