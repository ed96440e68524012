"""Closures and extra openings, offers of another time, and the relay of messages."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the tables, and the columns that refer to them."""
    op.add_column("bookings", sa.Column("offered_for_id", NUMBER))
    op.add_column("outgoing", sa.Column("relay_message_id", NUMBER))
    _create(
        "schedule_exceptions",
        {"municipality_id": "municipalities", "desk_id": "desks", "member_id": "staff_members"},
        sa.Column("municipality_id", sa.String(), nullable=False),
        sa.Column("branch", sa.String()),
        sa.Column("desk_id", NUMBER),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=False),
        sa.Column("start_time", sa.String()),
        sa.Column("end_time", sa.String()),
        sa.Column("public_id", sa.LargeBinary(), server_default="", nullable=False),
        sa.Column("reason", sa.LargeBinary()),
        sa.Column("member_id", NUMBER),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("withdrawn_at", sa.BigInteger()),
        *(
            sa.CheckConstraint(condition, name=op.f(f"ck_schedule_exceptions_{name}"))
            for name, condition in (
                ("days", "first <= last"),
                ("hours", "(start_time IS NULL) = (end_time IS NULL)"),
                ("opening_hours", "kind = 'closure' OR start_time IS NOT NULL"),
                ("desk_of_branch", "desk_id IS NULL OR branch IS NOT NULL"),
            )
        ),
    )
    op.create_index(
        "ix_schedule_exceptions_municipality_id_last",
        "schedule_exceptions",
        ["municipality_id", "last"],
    )
    _create(
        "time_offers",
        {
            "booking_id": "bookings",
            "exception_id": "schedule_exceptions",
            "hold_id": "bookings",
            "member_id": "staff_members",
        },
        sa.Column("booking_id", NUMBER, nullable=False),
        sa.Column("exception_id", NUMBER),
        sa.Column("hold_id", NUMBER),
        sa.Column("member_id", NUMBER),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger()),
        sa.Column("ended_at", sa.BigInteger()),
    )
    op.create_index("ix_time_offers_booking_id", "time_offers", ["booking_id"])
    op.create_index("ix_time_offers_exception_id", "time_offers", ["exception_id"])
    _index_where("ix_time_offers_open", "time_offers", "booking_id", "state IN ('pending','made')")
    _index_where("ix_time_offers_pending", "time_offers", "id", "state = 'pending'", unique=False)
    _create(
        "relay_threads",
        {
            "municipality_id": "municipalities",
            "room_id": "staff_rooms",
            "contact_id": "contacts",
            "booking_id": "bookings",
            "member_id": "staff_members",
        },
        sa.Column("municipality_id", sa.String(), nullable=False),
        sa.Column("room_id", NUMBER, nullable=False),
        sa.Column("contact_id", NUMBER, nullable=False),
        sa.Column("booking_id", NUMBER),
        sa.Column("service", sa.String()),
        sa.Column("member_id", NUMBER),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger()),
    )
    for column in ("room_id", "contact_id", "booking_id", "closed_at"):
        op.create_index(f"ix_relay_threads_{column}", "relay_threads", [column])
    _index_where("ix_relay_threads_open", "relay_threads", "contact_id", "closed_at IS NULL")
    _index_where(
        "ix_relay_threads_due", "relay_threads", "expires_at", "closed_at IS NULL", unique=False
    )
    _create(
        "relay_messages",
        {"thread_id": "relay_threads", "member_id": "staff_members"},
        sa.Column("thread_id", NUMBER, nullable=False),
        sa.Column("member_id", NUMBER),
        sa.Column("written_at", sa.BigInteger(), nullable=False),
        sa.Column("public_id", sa.LargeBinary(), server_default="", nullable=False),
        sa.Column("text", sa.LargeBinary()),
    )
    op.create_index("ix_relay_messages_thread_id", "relay_messages", ["thread_id"])
    _index_where(
        "ix_relay_messages_kept", "relay_messages", "thread_id", "text IS NOT NULL", unique=False
    )


def _create(table: str, references: dict[str, str], *columns: sa.schema.SchemaItem) -> None:
    """Create a table with an id, and foreign keys to the ids of the tables by column."""
    op.create_table(
        table,
        sa.Column("id", NUMBER, nullable=False),
        *columns,
        *(
            sa.ForeignKeyConstraint([column], [f"{of}.id"], name=op.f(f"fk_{table}_{column}"))
            for column, of in references.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )


def _index_where(
    name: str, table: str, column: str, condition: str, *, unique: bool = True
) -> None:
    """Create a partial index."""
    where = sa.text(condition)
    op.create_index(
        name, table, [column], unique=unique, sqlite_where=where, postgresql_where=where
    )
