"""Texts for the ear: everything in words that a voice would read otherwise."""

from datetime import UTC, date, datetime, time

import pytest

from bot.i18n.spoken import SpokenTranslator, for_ear, speech
from bot.i18n.translator import Translator
from core.bookings.reference import DIGITS, LETTERS
from core.i18n import LANGUAGES, BookingCode, FormattedDate, Text, _

NOON = datetime(2026, 12, 4, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "greek", "english"),
    [
        (
            FormattedDate(NOON, "EEE d/M HH:mm"),
            "Παρασκευή τέσσερις Δεκεμβρίου, δώδεκα και μισή το μεσημέρι",
            "Friday the fourth of December, twelve thirty in the afternoon",
        ),
        (FormattedDate(date(2027, 1, 1), "EEEE d MMMM y"), "Παρασκευή πρώτη Ιανουαρίου", None),
        (FormattedDate(date(2026, 12, 23), "EEE d MMM"), "Τετάρτη είκοσι τρεις Δεκεμβρίου", None),
        (FormattedDate(date(2026, 12, 1), "LLL"), "Δεκέμβριος", "December"),
        (FormattedDate(date(2026, 12, 1), "EEE"), "Τρίτη", "Tuesday"),
        (FormattedDate(time(13, 0), "HH:mm"), "μία το μεσημέρι", "one in the afternoon"),
        (FormattedDate(time(9, 15), "HH:mm"), "εννέα και τέταρτο το πρωί", None),
        (FormattedDate(time(17, 5), "HH:mm"), "πέντε και πέντε το απόγευμα", None),
        (FormattedDate(time(8, 42), "HH:mm"), None, "eight forty two in the morning"),
        (
            BookingCode("KX7M2P"),
            "κάπα, όπως Κώστας. χι, όπως Χρήστος. επτά. μι, όπως Μαρία. δύο. ρο, όπως Ρόδος",
            "K as in king. X as in X-ray. seven. M as in Mary. two. P as in Peter",
        ),
        (_("Nearest times:"), "Κοντινές ώρες:", "Nearest times:"),
    ],
)
def test_dates_times_and_codes_are_said_in_words(
    text: Text, greek: str | None, english: str | None
) -> None:
    translator = SpokenTranslator(Translator())
    for language, said in zip(LANGUAGES, (greek, english), strict=True):
        assert said in (None, translator.say(text, language))


@pytest.mark.parametrize(
    ("written", "greek"),
    [
        (
            "Τηλέφωνο: 2721000000",
            "Τηλέφωνο: δύο επτά δύο, ένα μηδέν μηδέν, μηδέν μηδέν, μηδέν μηδέν.",
        ),
        ("+30 691 234 5678", None),
        (
            "Δευτέρα έως Παρασκευή, 08:00–14:30",
            "Δευτέρα έως Παρασκευή, οκτώ το πρωί έως δύο και μισή το μεσημέρι.",
        ),
        ("Ως τις 4/12 ή 31/12", "Ως τις τέσσερις Δεκεμβρίου ή τριάντα μία Δεκεμβρίου."),
        (
            "Δείτε https://www.kalamata.gr ή info@kalamata.example",
            "Δείτε kalamata τελεία gr ή info παπάκι kalamata τελεία example.",
        ),
        ("Ελάχιστο Εισόδημα (ΕΕΕ)", "Ελάχιστο Εισόδημα."),
        (
            "Ο ΑΦΜ «είναι» το κλειδί\n• Ταυτότητα\n\nΝαι;",
            "Ο Α Φι Μι είναι το κλειδί. Ταυτότητα. Ναι;",
        ),
        ("40/13, 1/2/3 και 99", "40/13, 1/2/3 και 99."),
        ("", ""),
    ],
)
def test_what_catalogues_write_is_made_for_the_ear(written: str, greek: str | None) -> None:
    said = for_ear(written, "el")
    assert greek in (None, said)
    assert not any(sign in said for sign in "+:–«»•@") or said.startswith("Τηλέφωνο:")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_day_hour_and_sign_of_a_code_has_words(language: str) -> None:
    words = speech(language)
    assert (len(words.days), len(words.hours), len(set(words.days))) == (31, 24, 31)
    assert len({words.clock(hour, minute) for hour in range(24) for minute in range(60)}) == 1440
    assert set(words.letters) == set(LETTERS)
    assert all(words.code(each) for each in DIGITS)
