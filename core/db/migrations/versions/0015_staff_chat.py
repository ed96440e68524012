"""The staff chat: alerts in the outbox, what staff wrote, and what they are asked."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the columns of alerts and rooms, and the tables of staff's messages and questions."""
    for column in ("room_id", "change_id", "gathered_by"):
        op.add_column("outgoing", sa.Column(column, NUMBER))
    for column in ("paced_until", "strangers_answered_at"):
        op.add_column("staff_rooms", sa.Column(column, sa.BigInteger()))
    op.create_table(
        "staff_inbounds",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("public_id", sa.LargeBinary(), server_default="", nullable=False),
        sa.Column("answer", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_inbounds")),
        sa.UniqueConstraint(
            "account", "message_id", name=op.f("uq_staff_inbounds_account_message_id")
        ),
    )
    op.create_index("ix_staff_inbounds_received_at", "staff_inbounds", ["received_at"])
    op.create_table(
        "staff_questions",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("room_id", NUMBER, nullable=False),
        sa.Column("member_id", NUMBER, nullable=False),
        sa.Column("booking_id", NUMBER, nullable=False),
        sa.Column("shown", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger()),
        sa.Column("public_id", sa.LargeBinary(), server_default="", nullable=False),
        sa.Column("reason", sa.LargeBinary()),
        sa.ForeignKeyConstraint(
            ["room_id"], ["staff_rooms.id"], name=op.f("fk_staff_questions_room_id")
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["staff_members.id"], name=op.f("fk_staff_questions_member_id")
        ),
        sa.ForeignKeyConstraint(
            ["booking_id"], ["bookings.id"], name=op.f("fk_staff_questions_booking_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_questions")),
    )
    op.create_index("ix_staff_questions_booking_id", "staff_questions", ["booking_id"])
