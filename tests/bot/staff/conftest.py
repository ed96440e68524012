"""A group with colleagues."""

import pytest

from tests.bot.staff.people import People
from tests.bot.staff_chat import StaffChat


@pytest.fixture
def people(staff_chat: StaffChat) -> People:
    return People(staff_chat)
