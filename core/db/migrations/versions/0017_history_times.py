"""The desk and time of a booking before it was moved; of earlier moves they aren't known."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the columns."""
    op.add_column("history", sa.Column("desk_before", NUMBER))
    for column in ("starts_before", "ends_before"):
        op.add_column("history", sa.Column(column, sa.BigInteger()))
