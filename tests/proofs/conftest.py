"""What the proofs share: the platform that pushes, a database file."""

from collections.abc import Iterator

import pytest

from tests.bot.conftest import file  # noqa: F401 a fixture here too
from tests.fakes.pager import PagerServer, pager_server


@pytest.fixture
def pager() -> Iterator[PagerServer]:
    """A platform of a test's own."""
    with pager_server() as server:
        yield server
