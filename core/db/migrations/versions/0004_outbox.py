"""Outbox messages get leases, attempts and recipients; bookings get a version."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OWED = sa.text("status IN ('pending','claimed')")


def upgrade() -> None:
    """Extend the outbox; so far its messages were fetched by pages, or had no account."""
    op.add_column(
        "bookings", sa.Column("version", NUMBER, nullable=False, server_default=sa.text("1"))
    )
    wanted = ("account", sa.String()), ("recipient", sa.String()), ("try_at", sa.BigInteger())
    with op.batch_alter_table("outgoing") as outgoing:
        for name, kind in wanted:
            outgoing.add_column(sa.Column(name, kind))
        outgoing.add_column(sa.Column("contact_id", NUMBER))
        outgoing.add_column(sa.Column("inbound_id", NUMBER))
        outgoing.add_column(sa.Column("position", NUMBER))
        outgoing.add_column(sa.Column("replaces_id", NUMBER))
        outgoing.add_column(sa.Column("expires_at", sa.BigInteger()))
        outgoing.add_column(sa.Column("attempts", NUMBER))
        outgoing.add_column(sa.Column("claimed_by", sa.String()))
        outgoing.add_column(sa.Column("provider_id", sa.String()))
        outgoing.add_column(sa.Column("last_error", sa.String()))
        outgoing.create_foreign_key(
            op.f("fk_outgoing_contact_id"), "contacts", ["contact_id"], ["id"]
        )
        outgoing.create_foreign_key(
            op.f("fk_outgoing_inbound_id"), "inbounds", ["inbound_id"], ["id"], ondelete="CASCADE"
        )
    op.execute(
        "UPDATE outgoing SET account = platform, try_at = due_at, attempts = 0,"
        " recipient = platform || ' of booking ' || booking_id,"
        " expires_at = (SELECT ends_at FROM bookings WHERE bookings.id = booking_id)"
    )
    with op.batch_alter_table("outgoing") as outgoing:
        for name, kind in (*wanted, ("attempts", NUMBER)):
            outgoing.alter_column(name, existing_type=kind, nullable=False)
        outgoing.alter_column("booking_id", existing_type=NUMBER, nullable=True)
    op.create_index(op.f("ix_outgoing_inbound_id"), "outgoing", ["inbound_id"])
    owed: dict[str, Any] = {"sqlite_where": OWED, "postgresql_where": OWED}
    op.create_index("ix_outgoing_owed", "outgoing", ["try_at", "account"], **owed)
    op.create_index("ix_outgoing_recipient", "outgoing", ["recipient", "due_at"], **owed)
    op.create_table(
        "suppressions",
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account", "address", name=op.f("pk_suppressions")),
    )
    op.create_table(
        "waiting",
        sa.Column("conversation_id", NUMBER, nullable=False),
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_waiting_conversation_id")
        ),
        sa.PrimaryKeyConstraint("conversation_id", "number", name=op.f("pk_waiting")),
    )
    op.create_table(
        "kept",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_kept")),
    )
