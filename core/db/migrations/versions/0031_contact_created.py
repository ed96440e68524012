"""The time since when each chat is held."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    """Add the column; of former chats, the first one's of their citizen is known."""
    op.add_column(
        "contacts", sa.Column("created_at", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.execute(
        "UPDATE contacts SET created_at ="
        " (SELECT created_at FROM citizens WHERE citizens.id = contacts.citizen_id)"
    )
