"""What the citizen said stays beside our replies, so that a page can show the talk again."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the column; what was said before is not known."""
    op.add_column("inbounds", sa.Column("said", sa.String(), nullable=True))
