"""Index outbox messages by the provider's id, for receipts."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

SENT = sa.text("provider_id IS NOT NULL")


def upgrade() -> None:
    """Add the index over sent messages."""
    sent: dict[str, Any] = {"sqlite_where": SENT, "postgresql_where": SENT}
    op.create_index("ix_outgoing_provider_id", "outgoing", ["provider_id"], **sent)
