"""Index what was sent to rooms, whose ids are void once its chat has another address."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Add the index."""
    sent = sa.text("provider_id IS NOT NULL AND room_id IS NOT NULL")
    op.create_index(
        "ix_outgoing_sent_to_room",
        "outgoing",
        ["room_id"],
        sqlite_where=sent,
        postgresql_where=sent,
    )
