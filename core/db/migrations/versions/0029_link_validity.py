"""Links that hold for one e-mail address of their booking, and the name of their end."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    """Add the columns, and drop the one that they replace; what was revoked stays so."""
    op.add_column("bookings", sa.Column("email_changed_at", sa.BigInteger(), nullable=True))
    op.add_column("booking_links", sa.Column("email_changed_at", sa.BigInteger(), nullable=True))
    op.execute("DELETE FROM booking_links WHERE revoked_at IS NOT NULL")
    op.drop_column("booking_links", "revoked_at")
    # It never was when a link expires, but the booking's end, by which those that are over go.
    op.drop_index("ix_booking_links_expires_at", "booking_links")
    op.execute("ALTER TABLE booking_links RENAME COLUMN expires_at TO ends_at")
    op.create_index("ix_booking_links_ends_at", "booking_links", ["ends_at"])
