"""Each database is migrated by Alembic here."""

import pytest

from tests.migrations_once import FOLDER


@pytest.fixture(autouse=True)
def migrated_by_alembic(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(FOLDER)
