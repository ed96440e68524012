"""What staff wrote, and were answered, is erased with the citizens' texts."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.ops.cleanup import clean_up
from core.db.models import StaffInbound
from tests.bot.staff.people import HELEN, People

KEEP = timedelta(hours=48)


@pytest.mark.parametrize("keep", [KEEP, 30 * KEEP])
def test_answers_to_staff_are_erased_after_two_days(people: People, keep: timedelta) -> None:
    """However long those to citizens are kept: they may name the reason of a closure."""
    people.chat.bind()
    people.linked(HELEN)
    people.write("/help")
    stored = select(StaffInbound.answer.label("answer"))

    def clean() -> list[object]:
        now = people.chat.services.clock()
        people.chat.do(lambda s: clean_up(s, now, keep, keep))
        return list(people.chat.do(lambda s: s.scalars(stored).all()))

    people.chat.deployment.clock.forward(hours=47)
    assert len(clean()) == 2
    people.chat.deployment.clock.forward(hours=2)
    assert clean() == []
