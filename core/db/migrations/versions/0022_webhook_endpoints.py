"""Endpoints to which events are sent, and the events as messages of the outbox."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the table, and the columns of events."""
    op.create_table(
        "webhook_endpoints",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("municipality_id", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("event_types", sa.JSON(), nullable=False),
        sa.Column("public_id", sa.LargeBinary(), server_default="", nullable=False),
        sa.Column("secret", sa.LargeBinary(), server_default="", nullable=False),
        sa.Column("former_secret", sa.LargeBinary()),
        sa.Column("former_until", sa.BigInteger()),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("disabled_at", sa.BigInteger()),
        sa.Column("disabled_because", sa.String()),
        sa.ForeignKeyConstraint(
            ["municipality_id"],
            ["municipalities.id"],
            name=op.f("fk_webhook_endpoints_municipality_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_endpoints")),
    )
    op.create_index(
        "ix_webhook_endpoints_municipality_id", "webhook_endpoints", ["municipality_id"]
    )
    op.add_column("outgoing", sa.Column("endpoint_id", NUMBER))
    op.add_column("outgoing", sa.Column("event_id", sa.String()))
    op.add_column("outgoing", sa.Column("payload", sa.String()))
    events = sa.text("endpoint_id IS NOT NULL")
    op.create_index(
        "ix_outgoing_endpoint",
        "outgoing",
        ["endpoint_id", "due_at"],
        sqlite_where=events,
        postgresql_where=events,
    )
