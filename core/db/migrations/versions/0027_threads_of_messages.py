"""The thread of each message of one, whose messages are sent in order."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the column with its index, and set it for texts that aren't sent yet."""
    op.add_column("outgoing", sa.Column("thread_id", NUMBER))
    op.execute(
        "UPDATE outgoing SET thread_id = (SELECT thread_id FROM relay_messages"
        " WHERE relay_messages.id = outgoing.relay_message_id)"
        " WHERE status IN ('pending','claimed') AND relay_message_id IS NOT NULL"
        " AND replaces_id IS NULL"
    )
    unsent = sa.text("status IN ('pending','claimed') AND thread_id IS NOT NULL")
    op.create_index(
        "ix_outgoing_unsent_thread",
        "outgoing",
        ["thread_id", "due_at"],
        sqlite_where=unsent,
        postgresql_where=unsent,
    )
