"""Links in text messages, which hold for one telephone number of their booking."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0033"


def upgrade() -> None:
    """Add the column; the links in e-mails have none."""
    op.add_column("booking_links", sa.Column("phone_hash", sa.String(), nullable=True))
