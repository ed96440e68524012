"""An index for reminders whose way isn't chosen yet, through which no claim goes."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"

UNSENT = "status IN ('pending','claimed')"


def upgrade() -> None:
    """Leave them out of the index of what accounts send, and give them one of their own."""
    op.drop_index("ix_outgoing_owed", "outgoing")
    _index("ix_outgoing_owed", ["try_at", "account"], f"{UNSENT} AND account <> 'reminder'")
    _index("ix_outgoing_reminders", ["try_at"], f"{UNSENT} AND account = 'reminder'")


def _index(name: str, columns: list[str], condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, "outgoing", columns, sqlite_where=where, postgresql_where=where)
