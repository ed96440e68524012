"""Days and hours as staff write them."""

from datetime import date

import pytest

from bot.i18n.translator import Translator
from dialogs.nlu.dates import NoSuchDay
from dialogs.nlu.day_ranges import DayRange, NoSuchHours, parse_day_range

TODAY = date(2026, 11, 30)
THIRD, FIFTH = date(2026, 12, 3), date(2026, 12, 5)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("3/12", DayRange(THIRD, THIRD, None, None, "")),
        ("3/12/2026", DayRange(THIRD, THIRD, None, None, "")),
        ("2026-12-03", DayRange(THIRD, THIRD, None, None, "")),
        ("3/12 10:00-12:00", DayRange(THIRD, THIRD, "10:00", "12:00", "")),
        ("3/12 10:00-12:00 απεργία", DayRange(THIRD, THIRD, "10:00", "12:00", "απεργία")),
        (
            "3/12 βλάβη του δικτύου",
            DayRange(THIRD, THIRD, None, None, "βλάβη του δικτύου"),
        ),
        ("3/12 9-24:00", DayRange(THIRD, THIRD, "09:00", "24:00", "")),
        ("3/12 10.30 – 12.15 ασθένεια", DayRange(THIRD, THIRD, "10:30", "12:15", "ασθένεια")),
        ("3/12 από 10 έως 12", DayRange(THIRD, THIRD, "10:00", "12:00", "")),
        ("Πέμπτη 3 Δεκεμβρίου 10:00-12:00", DayRange(THIRD, THIRD, "10:00", "12:00", "")),
        ("3/12-5/12", DayRange(THIRD, FIFTH, None, None, "")),
        ("3/12 - 5/12 9:00-11:00 βλάβη", DayRange(THIRD, FIFTH, "09:00", "11:00", "βλάβη")),
        ("3/12 έως 5/12 βλάβη", DayRange(THIRD, FIFTH, None, None, "βλάβη")),
        ("5/12-3/12", DayRange(FIFTH, THIRD, None, None, "")),
        ("αύριο", DayRange(date(2026, 12, 1), date(2026, 12, 1), None, None, "")),
        ("avrio 17:00-19:00", DayRange(date(2026, 12, 1), date(2026, 12, 1), "17:00", "19:00", "")),
        ("Thursday power cut", DayRange(THIRD, THIRD, None, None, "power cut")),
        ("από 3/12 έως 5/12 βλάβη", DayRange(THIRD, FIFTH, None, None, "βλάβη")),
        ("apo 3/12 eos 5/12", DayRange(THIRD, FIFTH, None, None, "")),
        ("3-5/12 βλάβη", DayRange(THIRD, FIFTH, None, None, "βλάβη")),
        ("3-5 Δεκεμβρίου", DayRange(THIRD, FIFTH, None, None, "")),
        ("την Πέμπτη απεργία", DayRange(THIRD, THIRD, None, None, "απεργία")),
        ("από την Πέμπτη ως το Σάββατο", DayRange(THIRD, FIFTH, None, None, "")),
        ("3/12 όλη την ημέρα, απεργία", DayRange(THIRD, THIRD, None, None, "απεργία")),
        ("3/12 all day strike", DayRange(THIRD, THIRD, None, None, "strike")),
        ("3/12 από τις 10 έως τις 12 βλάβη", DayRange(THIRD, THIRD, "10:00", "12:00", "βλάβη")),
        ("3/12 απεργία 10:00-12:00", DayRange(THIRD, THIRD, "10:00", "12:00", "απεργία")),
        ("3/12 24ωρη απεργία", DayRange(THIRD, THIRD, None, None, "24ωρη απεργία")),
        ("3/12 έργα Αθηνών 10-12", DayRange(THIRD, THIRD, None, None, "έργα Αθηνών 10-12")),
        ("3/12 2 υπάλληλοι λείπουν", DayRange(THIRD, THIRD, None, None, "2 υπάλληλοι λείπουν")),
        ("Πέμπτη και Παρασκευή απεργία", None),
        ("3/12 and 4/12", None),
        ("3/12, 4/12 απεργία", None),
        ("3/12,4/12", None),
        ("3/12, και 4/12 10:00-12:00", None),
        ("3/12 & 4/12", None),
        ("3/12, απεργία", DayRange(THIRD, THIRD, None, None, "απεργία")),
        ("3/12, 2 υπάλληλοι λείπουν", DayRange(THIRD, THIRD, None, None, "2 υπάλληλοι λείπουν")),
        ("απεργία 3/12", None),
        ("10:00-12:00", None),
        ("", None),
        ("<b>", None),
    ],
)
def test_days_and_hours_are_read(texts: Translator, typed: str, found: DayRange | None) -> None:
    assert parse_day_range(typed, texts, TODAY) == found


@pytest.mark.parametrize("typed", ["31/11", "31/11 10:00-12:00", "3/12-31/11", "30/2 απεργία"])
def test_a_day_that_no_calendar_has_is_told(texts: Translator, typed: str) -> None:
    with pytest.raises(NoSuchDay):
        parse_day_range(typed, texts, TODAY)


@pytest.mark.parametrize(
    "typed",
    [
        "3/12 25:00-26:00",
        "3/12 10:00-12:75",
        "3/12 το πρωί απεργία",
        "3/12 μετά τις 12 απεργία",
        "3/12 πριν από τις 12",
        "3/12 10πμ-12μμ",
        "3/12 10 π.μ. - 12 μ.μ.",
        "3/12 2-4 μμ",
        "3/12 10:00 απεργία",
        "3/12 έως τις 12",
        "3/12 after 12 strike",
        "3/12 morning",
    ],
)
def test_hours_that_no_clock_has_or_that_are_not_clear_are_told(
    texts: Translator, typed: str
) -> None:
    with pytest.raises(NoSuchHours):
        parse_day_range(typed, texts, TODAY)


@pytest.mark.parametrize(
    ("typed", "today", "first", "last"),
    [
        ("30/12-2/1", date(2026, 11, 30), date(2026, 12, 30), date(2027, 1, 2)),
        ("30/12-2/1", date(2027, 1, 1), date(2026, 12, 30), date(2027, 1, 2)),
        ("Δευτέρα-Παρασκευή", date(2026, 12, 3), date(2026, 12, 7), date(2026, 12, 11)),
        ("αύριο-μεθαύριο", date(2026, 12, 3), date(2026, 12, 4), date(2026, 12, 5)),
        ("5/12-3/12/2026", date(2026, 11, 30), FIFTH, THIRD),
    ],
)
def test_the_last_day_is_the_next_after_the_first(
    texts: Translator, typed: str, today: date, first: date, last: date
) -> None:
    assert parse_day_range(typed, texts, today) == DayRange(first, last, None, None, "")
