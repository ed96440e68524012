"""Index the unsent outbox messages of bookings, for the pages that ask for theirs."""

import sqlalchemy
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add the index."""
    unsent = sqlalchemy.text("status IN ('pending','claimed') AND booking_id IS NOT NULL")
    op.create_index(
        "ix_outgoing_unsent_booking",
        "outgoing",
        ["booking_id"],
        sqlite_where=unsent,
        postgresql_where=unsent,
    )
