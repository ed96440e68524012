"""Two municipalities and their staff, on both databases."""

import pytest
from sqlalchemy.orm import Session

from tests.core.staff.two_towns import TwoTowns


@pytest.fixture
def towns(session: Session) -> TwoTowns:
    return TwoTowns(session)
