"""Days and times as citizens write them."""

from datetime import date, datetime

import pytest

from bot.i18n.translator import Translator
from dialogs.nlu.dates import NoSuchDay, parse_day
from dialogs.nlu.times import parse_time

TODAY = date(2026, 11, 30)  # a Monday
SHOWN = date(2026, 12, 1)


def day_in(text: str, texts: Translator, today: date, shown: date | None = None) -> date | None:
    found = parse_day(text, texts, today, shown)
    return found.value if found else None


def day(text: str) -> date | None:
    return datetime.strptime(text, "%d/%m/%Y").date() if text else None  # noqa: DTZ007


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        # Numbers
        ("3/12", "3/12/2026"),
        ("03/12", "3/12/2026"),
        ("3.12", "3/12/2026"),
        ("3.12.", "3/12/2026"),
        ("3-12", "3/12/2026"),
        ("3 12", "3/12/2026"),
        ("3 / 12", "3/12/2026"),
        ("3/12/2026", "3/12/2026"),
        ("3.12.2026", "3/12/2026"),
        ("3/12/26", "3/12/2026"),
        ("2026-12-03", "3/12/2026"),
        ("3/12/2027", "3/12/2027"),
        ("29/2/2028", "29/2/2028"),
        # Greek
        ("3 Δεκεμβρίου", "3/12/2026"),
        ("3 ΔΕΚΕΜΒΡΙΟΥ", "3/12/2026"),
        ("3 δεκεμβριου 2026", "3/12/2026"),
        ("3 Δεκεμβρίου 26", "3/12/2026"),
        ("3δεκεμβρίου", "3/12/2026"),
        ("Δεκεμβρίου 3", "3/12/2026"),
        ("3 Δεκέμβριος", "3/12/2026"),
        ("3 Δεκέμβρη", "3/12/2026"),
        ("3 δεκ", "3/12/2026"),
        ("3η Δεκεμβρίου", "3/12/2026"),
        ("3ης Δεκεμβρίου", "3/12/2026"),
        ("στις 3 Δεκεμβρίου", "3/12/2026"),
        ("στις 3/12", "3/12/2026"),
        ("για τις 3 Δεκεμβρίου παρακαλώ", "3/12/2026"),
        ("3 του Δεκέμβρη", "3/12/2026"),
        ("πρώτη Δεκεμβρίου", "1/12/2026"),
        ("πρώτης Δεκεμβρίου", "1/12/2026"),
        ("1η Δεκεμβρίου", "1/12/2026"),
        ("3 μαρ", "3/3/2027"),
        ("3 Μαρτίου", "3/3/2027"),
        ("3 μαι", "3/5/2027"),
        ("3 Μαΐου", "3/5/2027"),
        ("3 Μάη", "3/5/2027"),
        ("3 Ιουν", "3/6/2027"),
        ("3 Ιουλ", "3/7/2027"),
        ("3 Γενάρη", "3/1/2027"),
        ("3 Φλεβάρη", "3/2/2027"),
        # Greeklish
        ("3 dekemvriou", "3/12/2026"),
        ("3 dekembriou", "3/12/2026"),
        ("stis 3 dekemvriou", "3/12/2026"),
        ("3 dek", "3/12/2026"),
        ("3h dekemvriou", "3/12/2026"),
        ("15 ianouariou", "15/1/2027"),
        # English
        ("3 December", "3/12/2026"),
        ("3rd of December", "3/12/2026"),
        ("the 3rd of December 2026", "3/12/2026"),
        ("on December 3rd", "3/12/2026"),
        ("Dec 3", "3/12/2026"),
        ("December 3, 2026", "3/12/2026"),
        ("1st December", "1/12/2026"),
        ("2nd Dec", "2/12/2026"),
        ("11th Dec", "11/12/2026"),
        ("3 Mar", "3/3/2027"),
        ("3 May", "3/5/2027"),
        ("Sept 3", "3/9/2026"),
        # From today
        ("σήμερα", "30/11/2026"),
        ("αύριο", "1/12/2026"),
        ("ΑΥΡΙΟ", "1/12/2026"),
        ("για αύριο", "1/12/2026"),
        ("αύριο το πρωί", "1/12/2026"),
        ("αύριο απόγευμα", "1/12/2026"),
        ("μεθαύριο", "2/12/2026"),
        ("aurio", "1/12/2026"),
        ("ayrio", "1/12/2026"),
        ("avrio to proi", "1/12/2026"),
        ("me8aurio", "2/12/2026"),
        ("simera", "30/11/2026"),
        ("today", "30/11/2026"),
        ("Tomorrow", "1/12/2026"),
        ("tomorrow morning", "1/12/2026"),
        ("the day after tomorrow", "2/12/2026"),
        # Weekdays: the next one, never today
        ("Τρίτη", "1/12/2026"),
        ("την Τρίτη", "1/12/2026"),
        ("την Πέμπτη", "3/12/2026"),
        ("Πέμπτη πρωί", "3/12/2026"),
        ("τριτη", "1/12/2026"),
        ("τρι", "1/12/2026"),
        ("Τετ", "2/12/2026"),
        ("το Σάββατο", "5/12/2026"),
        ("Κυριακή", "6/12/2026"),
        ("Δευτέρα", "7/12/2026"),
        ("tin triti", "1/12/2026"),
        ("deftera", "7/12/2026"),
        ("paraskeui", "4/12/2026"),
        ("Tuesday", "1/12/2026"),
        ("on Thursday", "3/12/2026"),
        ("fri", "4/12/2026"),
        ("την άλλη Τρίτη", "8/12/2026"),
        ("επόμενη Δευτέρα", "7/12/2026"),
        ("tin alli pempti", "10/12/2026"),
        ("next Tuesday", "8/12/2026"),
        # Weekday and date: the date decides
        ("Τρίτη 8 Δεκεμβρίου", "8/12/2026"),
        ("την Τρίτη 8 Δεκεμβρίου", "8/12/2026"),
        ("Τρίτη, 8/12", "8/12/2026"),
        ("8/12 Τρίτη", "8/12/2026"),
        ("Τρίτη 8", "8/12/2026"),
        ("Τρίτη 9 Δεκεμβρίου", "9/12/2026"),
        ("Tue Dec 8", "8/12/2026"),
        # The day of the month on the screen
        ("3", "3/12/2026"),
        ("στις 3", "3/12/2026"),
        ("3η", "3/12/2026"),
        ("the 3rd", "3/12/2026"),
        # No day
        ("", ""),
        ("3 ιου", ""),
        ("3 μ", ""),
        ("3 ma", ""),
        ("Δεκεμβρίου", ""),
        ("10:30", ""),
        ("10 πμ", ""),
        ("10 το πρωί", ""),
        ("1 pm", ""),
        ("3/12/20266", ""),
        ("κάποια μέρα", ""),
        ("δεν ξέρω", ""),
        ("3 μέρες", ""),
        ("next", ""),
        ("👍", ""),
    ],
)
def test_a_typed_day_is_understood(texts: Translator, typed: str, meant: str) -> None:
    assert day_in(typed, texts, TODAY, SHOWN) == day(meant)


@pytest.mark.parametrize(
    ("typed", "today", "meant"),
    [
        ("2 Ιανουαρίου", date(2026, 12, 30), "2/1/2027"),
        ("30/12", date(2026, 12, 31), "30/12/2026"),
        ("30/12", date(2027, 1, 5), "30/12/2026"),
        ("5/1", date(2027, 1, 6), "5/1/2027"),
        ("28/10", date(2026, 11, 30), "28/10/2026"),
        ("1/5", date(2026, 11, 30), "1/5/2027"),
        ("29/2", date(2027, 11, 30), "29/2/2028"),
        ("31/12", date(2026, 6, 15), "31/12/2026"),
        ("31/12", date(2027, 3, 1), "31/12/2026"),
        ("31/12", date(2027, 4, 1), "31/12/2027"),
    ],
)
def test_a_date_without_a_year_is_in_the_future_or_recent_past(
    texts: Translator, typed: str, today: date, meant: str
) -> None:
    assert day_in(typed, texts, today) == day(meant)


@pytest.mark.parametrize(
    ("today", "tuesday", "next_tuesday"),
    [
        (date(2026, 11, 30), "1/12/2026", "8/12/2026"),
        (date(2026, 12, 1), "8/12/2026", "8/12/2026"),
        (date(2026, 12, 2), "8/12/2026", "8/12/2026"),
        (date(2026, 12, 6), "8/12/2026", "8/12/2026"),
    ],
    ids=["on Monday", "on Tuesday", "on Wednesday", "on Sunday"],
)
def test_the_next_tuesday_is_next_weeks(
    texts: Translator, today: date, tuesday: str, next_tuesday: str
) -> None:
    assert day_in("Τρίτη", texts, today) == day(tuesday)
    assert day_in("την άλλη Τρίτη", texts, today) == day(next_tuesday)


def test_a_bare_number_needs_a_month_on_the_screen(texts: Translator) -> None:
    assert day_in("3", texts, TODAY) is None
    assert day_in("28", texts, TODAY, date(2027, 2, 1)) == date(2027, 2, 28)


@pytest.mark.parametrize(
    "typed",
    [
        *("31/2", "32/1", "0/12", "3/13", "29/2", "29/2/2027", "1/1/0000", "99", "31"),
        "31 Νοεμβρίου",
    ],
)
def test_a_date_that_does_not_exist_raises_no_such_day(texts: Translator, typed: str) -> None:
    with pytest.raises(NoSuchDay):
        parse_day(typed, texts, TODAY, date(2027, 2, 1))


def test_a_bare_number_in_the_past_is_a_day_of_the_next_month(texts: Translator) -> None:
    assert day_in("30", texts, TODAY, date(2026, 11, 1)) == TODAY
    assert day_in("3", texts, TODAY, date(2026, 11, 1)) == date(2026, 12, 3)
    assert day_in("3", texts, date(2026, 12, 30), date(2026, 12, 1)) == date(2027, 1, 3)


def both(hour: int, minute: int = 0) -> list[tuple[int, int]]:
    return [(hour, minute), (hour + 12, minute)]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        # Figures
        ("10:30", both(10, 30)),
        ("10.30", both(10, 30)),
        ("10,30", both(10, 30)),
        ("10 30", both(10, 30)),
        ("10-30", both(10, 30)),
        ("1030", both(10, 30)),
        ("930", both(9, 30)),
        ("0930", both(9, 30)),
        ("10", both(10)),
        ("10 ώρα", both(10)),
        ("10 η ώρα", both(10)),
        ("1:30", both(1, 30)),
        ("13:10", [(13, 10)]),
        ("1310", [(13, 10)]),
        ("12:30", [(12, 30)]),
        ("12", [(12, 0)]),
        ("00:30", both(0, 30)),
        ("23:59", [(23, 59)]),
        # Greek
        ("στις 10", both(10)),
        ("στις 10:30", both(10, 30)),
        ("τις 10", both(10)),
        ("στη 1", both(1)),
        ("10 και μισή", both(10, 30)),
        ("στις 10 και μισή", both(10, 30)),
        ("10 και τέταρτο", both(10, 15)),
        ("11 παρά τέταρτο", both(10, 45)),
        ("1 παρά τέταρτο", both(0, 45)),
        ("10 και 30", both(10, 30)),
        ("δέκα", both(10)),
        ("στις δέκα και μισή", both(10, 30)),
        ("στη μία", both(1)),
        ("μια και μισή", both(1, 30)),
        ("δώδεκα", [(12, 0)]),
        ("10 ακριβώς", both(10)),
        ("10 η ώρα", both(10)),
        ("1:30 μμ", [(13, 30)]),
        ("1:30μμ", [(13, 30)]),
        ("1:30 μ.μ.", [(13, 30)]),
        ("10:30 π.μ.", [(10, 30)]),
        ("10πμ", [(10, 0)]),
        ("10 το πρωί", [(10, 0)]),
        ("στις 10 το πρωί", [(10, 0)]),
        ("1 το μεσημέρι", [(13, 0)]),
        ("1 και μισή το μεσημέρι", [(13, 30)]),
        ("5 το απόγευμα", [(17, 0)]),
        ("8 το βράδυ", [(20, 0)]),
        ("το βράδυ στις 8", [(20, 0)]),
        ("12 το μεσημέρι", [(12, 0)]),
        ("12 μμ", [(12, 0)]),
        ("12 πμ", [(0, 0)]),
        ("13:10 μμ", [(13, 10)]),
        # Greeklish
        ("stis 10", both(10)),
        ("stis 10 kai misi", both(10, 30)),
        ("10 to proi", [(10, 0)]),
        ("10 to prwi", [(10, 0)]),
        ("5 to apogeuma", [(17, 0)]),
        ("1:30 mm", [(13, 30)]),
        ("stis deka", both(10)),
        ("stis 10 pm", both(10)),
        # English
        ("at 10", both(10)),
        ("δεκάμισι", both(10, 30)),
        ("10μιση", both(10, 30)),
        ("στις εννιάμισι", both(9, 30)),
        ("half past 10", both(10, 30)),
        ("at half past 10", both(10, 30)),
        ("quarter past ten", both(10, 15)),
        ("a quarter to eleven", both(10, 45)),
        ("10 o'clock", both(10)),
        ("ten o’clock", both(10)),
        ("10 am", [(10, 0)]),
        ("10am", [(10, 0)]),
        ("10:30 a.m.", [(10, 30)]),
        ("1 pm", [(13, 0)]),
        ("1:30pm", [(13, 30)]),
        ("12 am", [(0, 0)]),
        ("12:30 pm", [(12, 30)]),
        ("5 in the afternoon", [(17, 0)]),
        ("half past 1 pm", [(13, 30)]),
        # No time
        ("", []),
        ("25:00", []),
        ("24:00", []),
        ("10:60", []),
        ("10:5", []),
        ("10:300", []),
        ("102030", []),
        ("-1", both(1)),
        ("10:30 και μισή", []),
        ("και μισή", []),
        ("πρωί", []),
        ("3 Δεκεμβρίου", []),
        ("3/12", []),
        ("αύριο", []),
        ("ό,τι να 'ναι", []),
    ],
)
def test_a_typed_time_is_understood(
    texts: Translator, typed: str, meant: list[tuple[int, int]]
) -> None:
    found = parse_time(typed, texts)
    assert (list(found.value) if found else []) == meant
