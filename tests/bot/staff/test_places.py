"""A branch or a desk that is named before a day, or isn't one."""

import pytest
from sqlalchemy.orm import Session

from bot.i18n.translator import Translator
from bot.staff.places import Place, place_before_day
from core.db.database import Database
from tests.core.booking_environment import BookingEnvironment
from tests.core.small_municipality import NOW, desk, small

THREE = Place(desk="office/3")


@pytest.mark.parametrize(
    ("typed", "place", "rest"),
    [
        ("3 Δεκεμβρίου", None, "3 Δεκεμβρίου"),
        ("3 December 10:00-12:00 strike", None, "3 December 10:00-12:00 strike"),
        ("3 έως 5 Δεκεμβρίου απεργία", None, "3 έως 5 Δεκεμβρίου απεργία"),
        ("3 7/12", THREE, "7/12"),
        ("3 3/12-5/12 βλάβη", THREE, "3/12-5/12 βλάβη"),
        ("3 Δευτέρα", THREE, "Δευτέρα"),
        ("3 3 Δεκεμβρίου", THREE, "3 Δεκεμβρίου"),
        ("office/3 3 Δεκεμβρίου", THREE, "3 Δεκεμβρίου"),
        ("3", THREE, ""),
    ],
)
def test_a_desk_with_a_number_is_none_where_the_number_is_of_a_day(
    database: Database, texts: Translator, typed: str, place: Place | None, rest: str
) -> None:
    with Session(database.engine) as session:
        loaded = BookingEnvironment(session, small(desk("3"))).registry["town"]
    assert place_before_day(loaded, typed, texts, NOW.date()) == (place, rest)
