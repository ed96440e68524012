"""The first tables, and the overlap guard."""

import sqlalchemy as sa
from alembic import op

# 64 bits, for the messages of all municipalities outgrow 32 bits in a year or two.
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0001"
down_revision = None

# A copy, for a later version of the guard must not change this revision.
TRIGGER = """CREATE TRIGGER {name} BEFORE {event} ON bookings
WHEN NEW.state IN ('held','confirmed') AND EXISTS (
  SELECT 1 FROM bookings WHERE desk_id = NEW.desk_id AND state IN ('held','confirmed')
  AND id IS NOT NEW.id AND starts_at < NEW.ends_at AND ends_at > NEW.starts_at
  AND starts_at > NEW.starts_at - 86400)
BEGIN SELECT RAISE(ABORT, 'this desk is taken at that time'); END"""

CONSTRAINT = """ALTER TABLE bookings ADD CONSTRAINT bookings_guard EXCLUDE USING gist (
  int8range((desk_id << 32) + starts_at, (desk_id << 32) + ends_at) WITH &&
) WHERE (state IN ('held','confirmed'))"""


def upgrade() -> None:
    """Create every table."""
    op.create_table(
        "citizens",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("details", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_citizens")),
    )
    op.create_table(
        "municipalities",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("loaded_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_municipalities")),
    )
    op.create_table(
        "wrong_tries",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wrong_tries")),
    )
    op.create_index(op.f("ix_wrong_tries_source_at"), "wrong_tries", ["source", "at"], unique=False)
    op.create_table(
        "contacts",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("citizen_id", NUMBER, nullable=False),
        sa.ForeignKeyConstraint(
            ["citizen_id"], ["citizens.id"], name=op.f("fk_contacts_citizen_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contacts")),
        sa.UniqueConstraint("account", "address", name=op.f("uq_contacts_account_address")),
    )
    op.create_index(op.f("ix_contacts_citizen_id"), "contacts", ["citizen_id"], unique=False)
    op.create_table(
        "desks",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("municipality_id", sa.String(), nullable=False),
        sa.Column("branch", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["municipality_id"], ["municipalities.id"], name=op.f("fk_desks_municipality_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desks")),
        sa.UniqueConstraint(
            "municipality_id", "branch", "name", name=op.f("uq_desks_municipality_id_branch_name")
        ),
    )
    op.create_table(
        "bookings",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("code", sa.String(), nullable=True),
        sa.Column("municipality_id", sa.String(), nullable=False),
        sa.Column("branch", sa.String(), nullable=False),
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("desk_id", NUMBER, nullable=False),
        sa.Column("starts_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("held_at", sa.BigInteger(), nullable=False),
        sa.Column("held_until", sa.BigInteger(), nullable=False),
        sa.Column("citizen_id", NUMBER, nullable=False),
        sa.Column("network", sa.String(), nullable=True),
        sa.Column("details", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("phone_hash", sa.String(), nullable=True),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("timezone", sa.String(), nullable=False),
        sa.Column("consent_version", sa.String(), nullable=True),
        sa.Column("consented_at", sa.BigInteger(), nullable=True),
        sa.Column("consent_withdrawn_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "state IN ('held','confirmed','completed','no_show','cancelled','expired')",
            name=op.f("ck_bookings_state"),
        ),
        sa.CheckConstraint(
            "ends_at > starts_at AND ends_at - starts_at <= 86400", name=op.f("ck_bookings_length")
        ),
        sa.ForeignKeyConstraint(
            ["citizen_id"], ["citizens.id"], name=op.f("fk_bookings_citizen_id")
        ),
        sa.ForeignKeyConstraint(["desk_id"], ["desks.id"], name=op.f("fk_bookings_desk_id")),
        sa.ForeignKeyConstraint(
            ["municipality_id"], ["municipalities.id"], name=op.f("fk_bookings_municipality_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bookings")),
        sa.UniqueConstraint("code", name=op.f("uq_bookings_code")),
    )
    op.create_index(
        "ix_bookings_citizen_id_ends_at", "bookings", ["citizen_id", "ends_at"], unique=False
    )
    op.create_index(
        "ix_bookings_held",
        "bookings",
        ["held_until"],
        unique=False,
        sqlite_where=sa.text("state = 'held'"),
        postgresql_where=sa.text("state = 'held'"),
    )
    op.create_index(
        "ix_bookings_live",
        "bookings",
        ["desk_id", "starts_at", "ends_at", "state", "held_until"],
        unique=False,
        sqlite_where=sa.text("state IN ('held','confirmed')"),
        postgresql_where=sa.text("state IN ('held','confirmed')"),
    )
    op.create_index(
        "ix_bookings_municipality_id_ends_at",
        "bookings",
        ["municipality_id", "ends_at"],
        unique=False,
    )
    op.create_index(
        "ix_bookings_phone_hash_ends_at", "bookings", ["phone_hash", "ends_at"], unique=False
    )
    op.create_table(
        "conversations",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("contact_id", NUMBER, nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("timezone", sa.String(), nullable=False),
        sa.Column("state", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("forget_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.id"], name=op.f("fk_conversations_contact_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversations")),
        sa.UniqueConstraint("contact_id", name=op.f("uq_conversations_contact_id")),
    )
    op.create_index(
        op.f("ix_conversations_forget_at"), "conversations", ["forget_at"], unique=False
    )
    op.create_table(
        "history",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("booking_id", NUMBER, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("fields", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("citizen_id", NUMBER, nullable=True),
        sa.Column("platform", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["booking_id"], ["bookings.id"], name=op.f("fk_history_booking_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_history")),
    )
    op.create_index(op.f("ix_history_booking_id"), "history", ["booking_id"], unique=False)
    op.create_table(
        "inbounds",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("conversation_id", NUMBER, nullable=False),
        sa.Column("replies", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_inbounds_conversation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbounds")),
        sa.UniqueConstraint("account", "message_id", name=op.f("uq_inbounds_account_message_id")),
    )
    op.create_index(
        op.f("ix_inbounds_conversation_id"), "inbounds", ["conversation_id"], unique=False
    )
    op.create_index(op.f("ix_inbounds_received_at"), "inbounds", ["received_at"], unique=False)
    op.create_table(
        "outgoing",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("dedupe_key", sa.String(), nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("booking_id", NUMBER, nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["booking_id"], ["bookings.id"], name=op.f("fk_outgoing_booking_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outgoing")),
        sa.UniqueConstraint("dedupe_key", name=op.f("uq_outgoing_dedupe_key")),
    )
    op.create_index(op.f("ix_outgoing_booking_id"), "outgoing", ["booking_id"], unique=False)
    op.create_table(
        "prompts",
        sa.Column("conversation_id", NUMBER, nullable=False),
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("offered", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_prompts_conversation_id")
        ),
        sa.PrimaryKeyConstraint("conversation_id", "number", name=op.f("pk_prompts")),
    )
    op.create_index(op.f("ix_prompts_asked_at"), "prompts", ["asked_at"], unique=False)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(CONSTRAINT)
        return
    for name, event in (
        ("bookings_guard_insert", "INSERT"),
        ("bookings_guard_update", "UPDATE OF desk_id, starts_at, ends_at, state"),
    ):
        op.execute(TRIGGER.format(name=name, event=event))
