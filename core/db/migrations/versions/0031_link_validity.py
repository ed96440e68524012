"""Links that hold for one e-mail address of their booking, by when that was changed last."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0026"


def upgrade() -> None:
    """Add the columns, and drop the one that they replace; what was revoked stays so."""
    op.add_column("bookings", sa.Column("email_changed_at", sa.BigInteger(), nullable=True))
    op.add_column("booking_links", sa.Column("email_changed_at", sa.BigInteger(), nullable=True))
    op.execute("DELETE FROM booking_links WHERE revoked_at IS NOT NULL")
    op.drop_column("booking_links", "revoked_at")
