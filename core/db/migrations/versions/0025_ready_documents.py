"""The documents that citizens have ready for their appointments."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    """Add the column."""
    op.add_column("bookings", sa.Column("ready", sa.JSON(), nullable=True))
