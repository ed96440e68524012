"""Days and times within sentences."""

from datetime import date, time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialogs.nlu.feasts import orthodox_easter
from dialogs.nlu.normalize import clean
from dialogs.nlu.times import likeliest
from dialogs.nlu.when import Asked, When, read_when

TODAY = date(2026, 12, 1)  # a Tuesday


def in_short(when: When) -> str:
    """Return what was understood in one line: days, time, hours."""
    days = when.days
    is_run = len(days) > 2 and (days[-1] - days[0]).days == len(days) - 1
    parts = [f"{days[0]:%d/%m}..{days[-1]:%d/%m}"] if is_run else [f"{d:%d/%m}" for d in days]
    parts += [f"{when.month:%Y-%m}"] if when.month else []
    parts += [time(*likeliest(when.times)).isoformat("minutes")] if when.times else []
    parts += [f">={when.since:%H:%M}"] if when.since else []
    parts += [f"<{when.until:%H:%M}"] if when.until else []
    named = ("earliest", "anytime", "no_such_day")
    parts += [name for name in named if getattr(when, name)]
    if when.conflict:
        parts.append(f"{when.conflict.day:%d/%m}?{when.conflict.other:%d/%m}")
    return " ".join(parts)


def read(text: str, asked: Asked = None) -> str:
    return in_short(
        read_when(clean(text), TODAY, asked=asked, shown=TODAY if asked == "day" else None)
    )


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("την επόμενη Τετάρτη", "09/12"),
        ("την άλλη Παρασκευή το πρωί", "11/12 <12:00"),
        ("την παράλλη Τρίτη", "15/12"),
        ("Αντιμεθαύριο", "04/12"),
        ("εβδομάδα 14-18 Δεκεμβρίου", "14/12..18/12"),
        ("7-11 December", "07/12..11/12"),
        ("μόνο 8/12 και 10/12 δεν δουλεύω", "08/12 10/12"),
        ("όχι αυτή την Τετάρτη, την άλλη", "09/12"),
        ("not this Wednesday, the next one", "09/12"),
        ("28 ή 29 του μηνός", "28/12 29/12"),
        ("από Δευτέρα 14 μέχρι Τετάρτη 16 Δεκεμβρίου", "14/12..16/12"),
        ("μετά τα Φώτα, στις 8 Ιανουαρίου", "08/01"),
        ("Παρασκευή, α όχι έχω σχολείο, Δευτέρα", "07/12"),
        ("το γρηγορότερο που έχεις", "earliest"),
        ("καλό weekend", ""),
        ("καλή εβδομάδα να έχετε", ""),
        ("του Αϊ-Γιάννη", "07/01"),
        ("μετά τα Φώτα, πρωί", "07/01..06/02 <12:00"),
        ("παραμονή της 28ης", "27/12"),
        ("τρεις μέρες πριν την Πρωτοχρονιά", "29/12"),
        ("δεύτερη Τετάρτη του Φλεβάρη", "10/02"),
        ("the last Friday of January", "29/01"),
        ("21 του μηνός", "21/12"),
        ("στις 5 του άλλου μήνα", "05/01"),
        ("στις 14", "14/12"),
        ("στις είκοσι πέντε", "25/12"),
        ("όποτε σας βολεύει", "anytime"),
        ("όσο γίνεται πιο σύντομα", "earliest"),
        ("any morning next week", "07/12..11/12 <12:00"),
        ("μεθεπόμενη εβδομάδα", "14/12..18/12"),
        ("next week Τετάρτη", "09/12"),
        ("Monday 8 December", "08/12?07/12"),
        ("τη Δευτέρα, στις 8 του μηνός", "08/12?07/12"),
        ("8 December, Tuesday", "08/12"),
        ("την Τρίτη το απόγευμα μετά τις 5", "08/12 >=17:00"),
        ("Δευτέρα με Τετάρτη", "07/12..09/12"),
        ("15 me 18 dekemvriou", "15/12..18/12"),
        ("on the 3rd or the 4th", "03/12 04/12"),
        ("Τετάρτη 9, Πέμπτη 10 ή Παρασκευή 11", "09/12..11/12"),
        ("από Δευτέρα και μετά", "07/12..06/01"),
        ("μέχρι την Παρασκευή", "01/12..04/12"),
        ("το Σαββατοκύριακο", "05/12 06/12"),
        ("όχι Δευτέρα", ""),
        ("όχι τη Δευτέρα, την Τρίτη", "08/12"),
        ("Τρίτη πρωί ή Τετάρτη απόγευμα", "02/12 08/12"),
        ("μεθαύριο στις 12 το μεσημέρι", "03/12 12:00"),
        ("δευτερα πρωι κατα τις 9", "07/12 09:00"),
        ("aurio meta tis 10", "02/12 >=10:00"),
        ("se mia vdomada", "08/12"),
        ("a week on Thursday", "10/12"),
        ("in three days", "04/12"),
        ("Christmas Eve", "24/12"),
        ("next month", "2027-01"),
        ("αρχές Ιανουαρίου", "2027-01"),
        ("10 December, anytime after two", "10/12 >=14:00"),
        ("31 Νοεμβρίου", "no_such_day"),
        ("δεν ξέρω ακόμα", ""),
        ("ποιες μέρες έχετε;", ""),
        ("3 μέρες", ""),
        ("3 1", "03/01"),
        ("3, 5 ή 7", "03/12 05/12 07/12"),
        ("Γενάρη, 20", "20/01"),
        ("5 mai", "05/05"),
        ("όχι αύριο, την Πέμπτη", "03/12"),
        ("μέσα στη βδομάδα", "01/12..04/12"),
        ("την άλλη εβδομάδα, Τρίτη ή Πέμπτη", "08/12 10/12"),
        ("την Τρίτη στις 15", "15/12"),
        ("την Τρίτη στις 10", "08/12 10:00"),
        ("Δευτέρα, αλλά όχι πολύ πρωί", "07/12 >=10:00"),
        ("6 δωδεκάτου", "06/12"),
        ("από τις 9 έως τις 11 του μήνα", "09/12..11/12"),
        ("ανάμεσα στις 14 και στις 16", "14/12..16/12"),
        ("την πρώτη του μηνός Ιανουαρίου", "01/01"),
        ("την Τετάρτη έχω γιατρό, βάλτε το Πέμπτη", "03/12"),
        ("έχω άδεια την Τετάρτη", "02/12"),
        ("in a fortnight", "15/12"),
        ("anything but Monday", ""),
        ("by Friday", "01/12..04/12"),
        ("as soon as you can", "earliest"),
    ],
)
def test_days_are_found_at_the_question_for_the_day(text: str, meant: str) -> None:
    assert read(text, "day") == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("από τις 11 και πέρα", ">=11:00"),
        ("γύρω στις δέκα και τέταρτο", "10:15"),
        ("9 με 11", ">=09:00 <11:00"),
        ("9-11", ">=09:00 <11:00"),
        ("between nine and eleven", ">=09:00 <11:00"),
        ("meta tis 12 kai mexri tis 2", ">=12:00 <14:00"),
        ("απόγευμα, το πρωί δουλεύω", ">=15:00"),
        ("δεν μπορώ πριν τις 11", ">=11:00"),
        ("όχι πριν τη μία", ">=13:00"),
        ("no earlier than 11", ">=11:00"),
        ("νωρίς το πρωί", "<12:00"),
        ("μεσημέρι", ">=12:00 <15:00"),
        ("noon", "12:00"),
        ("το μεσημέρι κατά τη μία", "13:00"),
        ("μία η ώρα", "13:00"),
        ("1μιση", "13:30"),
        ("έντεκα παρά δέκα", "10:50"),
        ("quarter to one", "12:45"),
        ("ten to ten", "09:50"),
        ("half nine", "09:30"),
        ("at 9am sharp", "09:00"),
        ("έχει;", ""),
        ("10, 30", "10:30"),
        ("10 to prwi", "10:00"),
        ("stis 10 pm", "10:00"),
        ("1 pm", "13:00"),
        ("697 110 1234", ""),
        ("στις 12:30, τηλ. 697 110 1234", "12:30"),
        ("between ten and half eleven", ">=10:00 <11:30"),
        ("ten-ish", "10:00"),
        ("before lunch", "<12:00"),
    ],
)
def test_times_are_found_at_the_question_for_the_time(text: str, meant: str) -> None:
    assert read(text, "time") == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("θέλω ένα ραντεβού για 2 άτομα", ""),
        ("είμαι 82 χρονών και θέλω επίδομα", ""),
        ("έχω 3 παιδιά και δύο σπίτια", ""),
        ("πιστοποιητικό για την κόρη μου που γεννήθηκε στις 3/5/2019", ""),
        ("may I book an appointment", ""),
        ("θα έρθω με 2 παιδιά", ""),
        ("η κυρία Μαρία", ""),
        ("για μεταδημότευση στη Λάρισα την Πέμπτη το πρωί", "03/12 <12:00"),
        ("housing benefit on the 15th, after ten", "15/12 >=10:00"),
        ("στις 11 αύριο για ποινικό μητρώο", "02/12 11:00"),
        ("deutera stis 8 gia koinoxristo reuma", "07/12 08:00"),
    ],
)
def test_in_a_sentence_only_what_is_clear_counts(text: str, meant: str) -> None:
    assert read(text) == meant


def test_a_number_that_may_be_a_day_or_an_hour_is_not_decided() -> None:
    assert read("3/12 10", "day") == ""
    assert read("10", None) == ""


def test_easter_is_the_orthodox_one() -> None:
    assert [orthodox_easter(y) for y in (2024, 2026, 2027)] == [
        *(date(2024, 5, 5), date(2026, 4, 12), date(2027, 5, 2))
    ]


WORDS = st.sampled_from(
    [
        *(
            "10",
            "9:30",
            "3/12",
            "31/2",
            "8th",
            "½",
            "2027",
            "99",
            ",",
            ".",
            ";",
            "Δευτέρα",
            "Monday",
        ),
        *("or", "ή", "με", "από", "after", "πριν", "το", "πρωί", "next", "άλλη", "βδομάδα", "δεν"),
        *("όχι", "Δεκεμβρίου", "may", "half", "past", "παρά", "δύο", "σε", "μέρες", "χ", "πρώτη"),
        *("of", "eve", "Christmas", "29", "Φεβρουαρίου", "στις"),
    ]
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(WORDS, max_size=8).map(" ".join) | st.text(max_size=30),
    st.sampled_from(["day", "time", None]),
)
def test_any_text_is_read_and_spans_are_in_order(text: str, asked: Asked) -> None:
    text = clean(text)
    when = read_when(text, TODAY, asked=asked, shown=TODAY)
    end = 0
    for span in when.spans:
        assert end <= span.start < span.end <= len(text)
        end = span.end
