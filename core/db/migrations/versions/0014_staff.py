"""Members of staff and what they do; a desk stays taken until the end of what it served."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# A copy, for a later version of the guard must not change this revision.
OCCUPIES = "state IN ('held','confirmed','completed','no_show')"
TRIGGER = """CREATE TRIGGER {name} BEFORE {event} ON bookings
WHEN NEW.state IN ('held','confirmed','completed','no_show') AND EXISTS (
  SELECT 1 FROM bookings WHERE desk_id = NEW.desk_id
  AND state IN ('held','confirmed','completed','no_show')
  AND id IS NOT NEW.id AND starts_at < NEW.ends_at AND ends_at > NEW.starts_at
  AND starts_at > NEW.starts_at - 86400)
BEGIN SELECT RAISE(ABORT, 'this desk is taken at that time'); END"""
CONSTRAINT = f"""ALTER TABLE bookings ADD CONSTRAINT bookings_guard EXCLUDE USING gist (
  int8range((desk_id << 32) + starts_at, (desk_id << 32) + ends_at) WITH &&
) WHERE ({OCCUPIES})"""


def upgrade() -> None:
    """Widen the guard and its index; add the columns and the tables."""
    _widen_guard()
    op.add_column("bookings", sa.Column("arrived_at", sa.BigInteger()))
    op.add_column("history", sa.Column("member_id", NUMBER))
    op.create_table(
        "staff_members",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("municipality_id", sa.String()),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("public_id", sa.LargeBinary(), server_default="", nullable=False),
        sa.Column("name", sa.LargeBinary(), server_default="", nullable=False),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.Column("disabled_at", sa.BigInteger()),
        sa.CheckConstraint(
            "role IN ('employee','manager','operator') "
            "AND (role = 'operator') = (municipality_id IS NULL)",
            name=op.f("ck_staff_members_role"),
        ),
        _refers("staff_members", "municipality_id", "municipalities"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_members")),
    )
    op.create_table(
        "staff_areas",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("member_id", NUMBER, nullable=False),
        sa.Column("service_group", sa.String()),
        sa.Column("desk_id", NUMBER),
        sa.CheckConstraint(
            "(service_group IS NULL) <> (desk_id IS NULL)", name=op.f("ck_staff_areas_one_of_both")
        ),
        _refers("staff_areas", "member_id", "staff_members"),
        _refers("staff_areas", "desk_id", "desks"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_areas")),
    )
    op.create_index("ix_staff_areas_member_id", "staff_areas", ["member_id"])
    op.create_table(
        "staff_contacts",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("member_id", NUMBER, nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("linked_at", sa.BigInteger(), nullable=False),
        _refers("staff_contacts", "member_id", "staff_members"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_contacts")),
        sa.UniqueConstraint("account", "address", name=op.f("uq_staff_contacts_account_address")),
    )
    op.create_index("ix_staff_contacts_member_id", "staff_contacts", ["member_id"])
    op.create_table(
        "staff_rooms",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("municipality_id", sa.String(), nullable=False),
        sa.Column("service_group", sa.String()),
        sa.Column("desk_id", NUMBER),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("chat", sa.String(), nullable=False),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("bound_at", sa.BigInteger(), nullable=False),
        sa.Column("unbound_at", sa.BigInteger()),
        _refers("staff_rooms", "municipality_id", "municipalities"),
        _refers("staff_rooms", "desk_id", "desks"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_rooms")),
        sa.UniqueConstraint(
            "account", "chat", "topic", name=op.f("uq_staff_rooms_account_chat_topic")
        ),
    )
    op.create_index("ix_staff_rooms_municipality_id", "staff_rooms", ["municipality_id"])
    op.create_table(
        "staff_codes",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("municipality_id", sa.String()),
        sa.Column("service_group", sa.String()),
        sa.Column("desk_id", NUMBER),
        sa.Column("member_id", NUMBER),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger()),
        _refers("staff_codes", "municipality_id", "municipalities"),
        _refers("staff_codes", "desk_id", "desks"),
        _refers("staff_codes", "member_id", "staff_members"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_codes")),
        sa.UniqueConstraint("code", name=op.f("uq_staff_codes_code")),
    )
    op.create_table(
        "staff_actions",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("member_id", NUMBER),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("municipality_id", sa.String()),
        sa.Column("booking_id", NUMBER),
        sa.Column("of_member_id", NUMBER),
        sa.Column("room_id", NUMBER),
        sa.Column("public_id", sa.LargeBinary(), server_default="", nullable=False),
        sa.Column("reason", sa.LargeBinary()),
        _refers("staff_actions", "member_id", "staff_members"),
        _refers("staff_actions", "municipality_id", "municipalities"),
        _refers("staff_actions", "booking_id", "bookings"),
        _refers("staff_actions", "of_member_id", "staff_members"),
        _refers("staff_actions", "room_id", "staff_rooms"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_actions")),
    )
    op.create_index("ix_staff_actions_booking_id", "staff_actions", ["booking_id"])
    op.create_index(
        "ix_staff_actions_municipality_id_at", "staff_actions", ["municipality_id", "at"]
    )


def _refers(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}"))


def _widen_guard() -> None:
    op.drop_index("ix_bookings_live", "bookings")
    op.create_index(
        "ix_bookings_live",
        "bookings",
        ["desk_id", "starts_at", "ends_at", "state", "held_until"],
        sqlite_where=sa.text(OCCUPIES),
        postgresql_where=sa.text(OCCUPIES),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE bookings DROP CONSTRAINT bookings_guard")
        op.execute(CONSTRAINT)
        return
    for name, event in (
        ("bookings_guard_insert", "INSERT"),
        ("bookings_guard_update", "UPDATE OF desk_id, starts_at, ends_at, state"),
    ):
        op.execute(f"DROP TRIGGER {name}")
        op.execute(TRIGGER.format(name=name, event=event))
