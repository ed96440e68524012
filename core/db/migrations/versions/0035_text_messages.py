"""Text messages: links that hold for one number, who wants none, and proofs of a number."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0033"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the columns and the table; links in e-mails have no number."""
    op.add_column("booking_links", sa.Column("phone_hash", sa.String(), nullable=True))
    op.add_column("preferences", sa.Column("no_texts", sa.Boolean(), nullable=True))
    op.create_table(
        "phone_proofs",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("public_id", sa.LargeBinary(), server_default="", nullable=False),
        sa.Column("contact_id", NUMBER, nullable=False),
        sa.Column("municipality_id", sa.String(), nullable=False),
        sa.Column("phone", sa.LargeBinary(), server_default="", nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("tries", NUMBER, server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.id"], name=op.f("fk_phone_proofs_contact_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phone_proofs")),
        sa.UniqueConstraint("contact_id", name=op.f("uq_phone_proofs_contact_id")),
    )
    op.create_index("ix_phone_proofs_asked_at", "phone_proofs", ["asked_at"])
