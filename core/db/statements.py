"""Statements that are built once and run often, without the session's preparation."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import CursorResult, Executable
from sqlalchemy.orm import Session


def run(
    session: Session,
    statement: Executable,
    values: Mapping[str, Any] | Sequence[Mapping[str, Any]],
) -> CursorResult[*tuple[Any, ...]]:
    """Run a statement on the session's connection, after its changes; return the result.

    It takes half as long as through the session, which knows nothing of it: the statement must
    change no row that the session may have loaded, nor load any. Several mappings of values are
    run as one batch.
    """
    session.flush()
    return session.connection().execute(statement, values)
