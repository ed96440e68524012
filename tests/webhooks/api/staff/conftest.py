"""The office of two municipalities, served."""

import pytest

from tests.conftest import Deployment
from tests.webhooks.api.staff.towns_office import TownsOffice
from tests.webhooks.conftest import Serve


@pytest.fixture
def office(deployment: Deployment, serve: Serve) -> TownsOffice:
    return TownsOffice.served(deployment, serve)
