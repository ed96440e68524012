"""Store the texts of inbound messages, so that a page can show the conversation again."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the column; it is empty for earlier messages."""
    op.add_column("inbounds", sa.Column("said", sa.String(), nullable=True))
