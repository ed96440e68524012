"""Index the due messages of the outbox; never use the id of an inbound message again."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the index, and have the ids of `inbounds` only grow."""
    op.create_index(
        "ix_outgoing_platform_status_due_at", "outgoing", ["platform", "status", "due_at"]
    )
    if op.get_bind().dialect.name == "sqlite":
        grows = {"sqlite_autoincrement": True}
        with op.batch_alter_table("inbounds", recreate="always", table_kwargs=grows):
            pass
