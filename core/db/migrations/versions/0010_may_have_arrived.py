"""Note of an outbox message that an earlier try may have arrived: it is tried once more at most."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add the column; of the tries before it is not known."""
    op.add_column(
        "outgoing",
        sa.Column("may_have_arrived", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
