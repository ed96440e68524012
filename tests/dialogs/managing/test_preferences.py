"""Preferences in words and by buttons."""

import pytest
from sqlalchemy.orm import Session

from core.bookings.reminder_links import reminder_token, stop_reminders
from core.db.models import Booking
from tests.conftest import Deployment
from tests.dialogs.custom_municipality import custom_municipality, form_field, stored_bookings


@pytest.fixture
def booking(deployment: Deployment) -> Booking:
    """A booking with an e-mail address, of a citizen at the console."""
    deployment.services.registry.accounts = frozenset({"console", "email", "telegram:town"})
    fields = [form_field(name, name) for name in ("name", "phone", "email")]
    deployment.load(custom_municipality(fields=fields))
    deployment.talk("Γεια", "town", "7/12", "9:30", "Μαρία Παπαδοπούλου")
    while deployment.last[-1].step != "task":
        step = str(deployment.last[-1].step)
        answers = {"details.phone": "6912345678", "details.email": "maria@example.gr"}
        deployment.talk(answers.get(step, "ναι"))
    (found,) = stored_bookings(deployment)
    return found


def kept(deployment: Deployment) -> tuple[object, ...]:
    columns = "platform, language, quiet_from, quiet_until, timezone"
    found = deployment.rows(f"SELECT {columns} FROM preferences")
    return found[0] if found else ()


@pytest.mark.parametrize(
    ("words", "expected", "said"),
    [
        ("γράψτε μου με e-mail", ("email", None, None, None, None), "Από εδώ και πέρα"),
        ("Να μου γράφετε στο email, παρακαλώ", ("email", None, None, None, None), "σας γράφω"),
        ("write to me by e-mail", ("email", None, None, None, None), "σας γράφω"),
        ("please email me", ("email", None, None, None, None), "σας γράφω"),
        ("προτιμώ email", ("email", None, None, None, None), "σας γράφω"),
        ("γράψτε μου στο Viber", (), "δεν στέλνουμε"),
        ("grapste mou sto telegram", (), "δεν μου έχετε γράψει"),
        ("γράψτε μου εδώ στη σελίδα", (), "σελίδα"),
        ("γράψτε μου εδώ", (), "Δεν μπορώ να σας ειδοποιήσω στο τερματικό"),
        ("write to me in this chat", (), "Δεν μπορώ να σας ειδοποιήσω στο τερματικό"),
        (
            "μη με ενοχλείτε μετά τις 8 το βράδυ",
            (None, None, 1200, 480, "Europe/Athens"),
            "20:00",
        ),
        ("Μην με ενοχλείτε πριν τις 10 το πρωί", (None, None, 1260, 600, "Europe/Athens"), "10:00"),
        ("quiet hours 22-9", (None, None, 1320, 540, "Europe/Athens"), "22:00"),
        ("ώρες ησυχίας 22-9", (None, None, 1320, 540, "Europe/Athens"), "09:00"),
        ("μη με ενοχλείτε το πρωί πριν τις 10", (None, None, 1260, 600, "Europe/Athens"), "10:00"),
        ("μην μου στέλνετε τίποτα μετά τις 9μμ", (None, None, 1260, 480, "Europe/Athens"), "21:00"),
        ("English", (None, "en", None, None, None), "English"),
    ],
)
def test_a_sentence_changes_one_at_once(
    deployment: Deployment,
    booking: Booking,
    words: str,
    expected: tuple[object, ...],
    said: str,
) -> None:
    deployment.talk(words)
    assert said in deployment.last[0].text
    assert deployment.last[-1].step == "task", "and the talk goes on"
    assert kept(deployment) == expected


def test_text_messages_are_chosen_and_refused(deployment: Deployment, booking: Booking) -> None:
    def texts() -> tuple[object, ...]:
        return deployment.rows("SELECT platform, no_texts FROM preferences")[0]

    deployment.services.registry.accounts |= {"sms"}
    assert "SMS" in deployment.talk("μη μου στέλνετε SMS")[0].text
    assert texts() == (None, True)
    assert "SMS: κανένα" in deployment.talk("προτιμήσεις")[0].text
    deployment.tap("Πού")
    assert "Όχι με SMS" not in [choice.label for choice in deployment.last[-1].choices]
    deployment.talk("πίσω", "πίσω", "γράψτε μου με SMS")
    assert texts() == ("sms", False)
    for words in ("don't text me", "δεν θέλω sms", "oxi sms", "don't write to me by sms"):
        deployment.talk("write to me by sms", words)
        assert texts() == (None, True)
        assert deployment.last[-1].step == "task"
    deployment.talk("γράψτε μου με SMS", "preferences")
    deployment.tap("Πού")
    deployment.tap("Όχι με SMS")
    assert texts() == (None, True)


def test_here_is_the_platform_of_the_chat(deployment: Deployment, booking: Booking) -> None:
    deployment.platform, deployment.account = "telegram", "telegram:town"
    deployment.talk("Γεια", "town", "γράψτε μου εδώ")
    assert kept(deployment)[0] == "telegram"
    deployment.talk("προτιμήσεις", "ναι")
    deployment.tap("Πού")
    deployment.talk("στη συνομιλία αυτή")
    assert kept(deployment)[0] == "telegram"


def test_doubtful_hours_are_asked_about(deployment: Deployment, booking: Booking) -> None:
    for words in ("quiet hours 8-22", "9-9"):
        deployment.talk(words)
        assert "Δεν είναι σαφές" in deployment.last[0].text
        assert kept(deployment) == ()
    deployment.talk("όπως για όλους", "χωρίς ώρες ησυχίας")
    assert deployment.last[-1].step == "quiet"


def test_the_usual_hours_can_be_had_again(deployment: Deployment, booking: Booking) -> None:
    deployment.talk("quiet hours 22-9", "ώρες ησυχίας όπως πριν")
    assert "21:00" in deployment.last[0].text
    assert kept(deployment) == (None,) * 5


def test_in_the_middle_of_a_booking_its_question_stays(
    deployment: Deployment, booking: Booking
) -> None:
    deployment.talk("νέο ραντεβού", "town", "8/12")
    deployment.talk("μη με ενοχλείτε μετά τις 8 το βράδυ")
    assert deployment.last[-1].step == "time"
    assert kept(deployment)[2] == 1200


def test_all_are_shown_with_buttons_that_change_them(
    deployment: Deployment, booking: Booking
) -> None:
    deployment.talk("προτιμήσεις")
    shown = deployment.last[-1]
    assert shown.step == "topic"
    by_email = "εκεί όπου κλείνετε, και με email για όσα κλείνετε στο τερματικό"
    for said in ("21:00–08:00", "Ελληνικά", "Οι προτιμήσεις σας", by_email):
        assert said in shown.text
    deployment.tap("English")
    assert deployment.last[-1].step == "topic"
    assert "Your preferences" in deployment.last[-1].text
    deployment.tap("Quiet hours")
    deployment.talk("sometimes")
    assert "22:00-08:00" in deployment.last[-2].text
    deployment.talk("10 in the evening to 8 in the morning")
    assert deployment.last[-1].step == "task"
    deployment.talk("write to me by email", "/preferences")
    assert "22:00–08:00" in deployment.last[-1].text
    assert "by email" in deployment.last[-1].text
    deployment.tap("Where I write")
    deployment.tap("Where I book")
    said = "I write to you where you book, and by email about what you book at the terminal."
    assert deployment.last[0].text == f"All right. {said}"
    assert kept(deployment) == (None, "en", 1320, 480, "Europe/Athens")
    deployment.talk("preferences")
    deployment.tap("Quiet hours")
    deployment.tap("21:00–08:00")
    assert kept(deployment) == (None, "en", None, None, None)


def test_reminders_that_their_reader_ended_are_had_again_by_a_link_alone(
    deployment: Deployment, booking: Booking
) -> None:
    registry, now = deployment.services.registry, deployment.clock()

    def stop(session: Session) -> None:
        token = reminder_token(session, registry, session.get_one(Booking, booking.id))
        session.flush()
        assert stop_reminders(session, token or "", now)

    deployment.database.write_sync(stop)
    ended = "Δεν στέλνω υπενθυμίσεις στη διεύθυνση email που δώσατε"
    deployment.talk("γράψτε μου με e-mail")
    assert ended in deployment.last[0].text
    deployment.talk("προτιμήσεις")
    assert ended in deployment.last[-1].text
    stopped = "SELECT count(*) FROM reminder_links WHERE stopped_at IS NOT NULL"
    assert deployment.rows(stopped) == [(1,)]


def test_withdrawing_consent_forgets_them(deployment: Deployment, booking: Booking) -> None:
    deployment.talk("quiet hours 22-9", "ανάκληση συγκατάθεσης")
    if deployment.last[-1].step == "sure":
        deployment.talk("ναι")
        assert kept(deployment) == ()
