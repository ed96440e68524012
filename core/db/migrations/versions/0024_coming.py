"""The citizen's answer to a reminder: that they will come."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    """Add the column."""
    op.add_column("bookings", sa.Column("coming_at", sa.BigInteger(), nullable=True))
