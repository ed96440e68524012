"""The change up to which a member saw a booking; of what was seen before, the time says it."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the column."""
    op.add_column("staff_actions", sa.Column("change_id", NUMBER))
