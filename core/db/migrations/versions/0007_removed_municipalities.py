"""Mark municipalities that were removed, and those that are samples."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the columns; what is loaded is neither, for it may be in use."""
    op.add_column("municipalities", sa.Column("removed_at", sa.BigInteger))
    op.add_column(
        "municipalities",
        sa.Column("is_sample", sa.Boolean, nullable=False, server_default=sa.false()),
    )
