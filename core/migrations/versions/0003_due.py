"""What is due on a platform is looked for every second, so it has an index."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the index."""
    op.create_index(
        "ix_outgoing_platform_status_due_at", "outgoing", ["platform", "status", "due_at"]
    )
