"""Index outbox messages by their expiry, for the clean-up."""

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add the index."""
    columns = ["platform", "status", "expires_at"]
    op.create_index("ix_outgoing_platform_status_expires_at", "outgoing", columns)
