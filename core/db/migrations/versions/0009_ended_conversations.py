"""Conversations can be ended for good."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the time at which a conversation was ended; none has been."""
    op.add_column("conversations", sa.Column("ended_at", sa.BigInteger()))
