"""Messages that come later: what is due is looked for often; no number of a talk is used twice."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the index, and have the numbers of `inbounds` only grow."""
    op.create_index(
        "ix_outgoing_platform_status_due_at", "outgoing", ["platform", "status", "due_at"]
    )
    if op.get_bind().dialect.name == "sqlite":
        grows = {"sqlite_autoincrement": True}
        with op.batch_alter_table("inbounds", recreate="always", table_kwargs=grows):
            pass
