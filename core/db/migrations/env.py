"""Alembic's entry point; runs on the connection and in the transaction of `core.db.database`."""

from alembic import context

from core.db.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
)
context.run_migrations()
