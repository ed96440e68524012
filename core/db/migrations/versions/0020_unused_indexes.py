"""Drop the indexes of threads that no query uses: the open ones have an index of their own."""

from alembic import op

revision = "0020"
down_revision = "0019"

UNUSED = ("room_id", "booking_id", "closed_at")


def upgrade() -> None:
    """Drop the indexes."""
    for column in UNUSED:
        op.drop_index(f"ix_relay_threads_{column}", "relay_threads")
