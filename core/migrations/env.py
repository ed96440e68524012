"""Alembic's entry: runs inside the connection and transaction that `core.database` gives."""

from alembic import context

from core.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
)
context.run_migrations()
