"""A citizen's details after a booking, and after consent is withdrawn."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.messages import Inbound
from core.bookings.reminder_links import reminder_token, stop_reminders
from core.db.models import Booking, Citizen, Contact
from core.staff import codes, rooms
from tests.bot.test_turn import stored
from tests.conftest import Deployment, mostly_on
from tests.core.staff.two_towns import OPERATOR
from tests.webhooks.chat_client import CODE

pytestmark = mostly_on("sqlite")

BEGIN = ("Γεια", "Καλαμάτα", "Επίδομα Στέγασης", "όχι")
NAME, EMAIL, PHONE, TAX = "Μαρία Παπαδοπούλου", "maria@example.gr", "6912345678", "068933130"
BOOK = (*BEGIN, "3/12", "12:30", NAME, EMAIL, PHONE, TAX, "συμφωνώ", "ναι")
WITHDRAW = ("ανάκληση συγκατάθεσης", "ναι")
PERSONAL = ("Παπαδοπούλου", EMAIL, PHONE, "691 234 5678", TAX)


def left(deployment: Deployment) -> list[str]:
    """Return the personal data that are still stored in any table."""
    everything = str(stored(deployment.database))
    return [secret for secret in PERSONAL if secret in everything]


def test_notes_and_special_needs_stay_with_the_booking_only(deployment: Deployment) -> None:
    chios = ("Γεια", "Χίου", "Κέντρο Κοινότητας", "Αίτηση για επιδόματα", "3/12", "09:00")
    own = (NAME, EMAIL, "Απλωταριά 1", PHONE, "Έρχομαι με αμαξίδιο", "Έχω άνοια", "συμφωνώ", "ναι")
    deployment.talk(*chios, *own)
    booking, citizen = deployment.database.write_sync(
        lambda s: (s.scalars(select(Booking)).one(), s.scalars(select(Citizen)).one())
    )
    of_the_day = {"special_needs": "Έρχομαι με αμαξίδιο", "notes": "Έχω άνοια"}
    lasting = {"name": NAME, "email": EMAIL, "address": "Απλωταριά 1", "phone": f"+30{PHONE}"}
    assert booking.details == lasting | of_the_day
    assert citizen.details == lasting
    deployment.talk("νέο ραντεβού", *chios[1:4], "4/12", "09:00", *own[:4])
    assert deployment.last[-1].step == "details.special_needs"
    assert "αμαξίδιο" not in " ".join(choice.label for choice in deployment.last[-1].choices)


def test_a_third_persons_address_stays_with_the_booking_only(deployment: Deployment) -> None:
    women = ("Γεια", "Χίου", "Κέντρα Συμβουλευτικής", "Τηλεδιάσκεψη", "3/12", "09:00")
    own = (NAME, EMAIL, "Απλωταριά 1", PHONE, "όχι", "όχι", "ναι", "nikos@example.gr")
    deployment.talk(*women, *own, "συμφωνώ", "ναι")
    booking, citizen = deployment.database.write_sync(
        lambda s: (s.scalars(select(Booking)).one(), s.scalars(select(Citizen)).one())
    )
    assert booking.details["third_email"] == "nikos@example.gr"
    assert "third_email" not in citizen.details


@pytest.mark.parametrize("is_ended", [False, True], ids=["", "reminders ended"])
def test_withdrawing_consent_leaves_nothing_personal_anywhere(
    deployment: Deployment, *, is_ended: bool
) -> None:
    deployment.talk(*BOOK, "τα ραντεβού μου", "τίποτα")
    # Begun anew, what is known is offered on buttons, and kept when the talk is left.
    deployment.talk("νέο ραντεβού", *BEGIN[1:], "4/12", "12:30")
    assert NAME in [choice.label for choice in deployment.last[-1].choices]
    deployment.talk(NAME, "ακύρωση", "ναι")
    assert left(deployment) == list(PERSONAL)
    registry, now = deployment.services.registry, deployment.clock()

    def remind(session: Session) -> None:
        booking = session.scalars(select(Booking).where(Booking.code.is_not(None))).one()
        token = reminder_token(session, registry, booking)
        session.flush()
        if is_ended:
            stop_reminders(session, token or "", now)

    deployment.database.write_sync(remind)
    said = deployment.talk(*WITHDRAW)[0].text
    assert "ανακλήθηκε" in said
    assert left(deployment) == []
    # Of the address, a hash stays where no reminders are to be sent to it, and they are told.
    assert deployment.rows("SELECT count(*) FROM reminder_links") == [(is_ended,)]
    assert ("Κρατάμε μόνο ότι στο email σας δεν στέλνονται υπενθυμίσεις" in said) == is_ended


def test_withdrawing_consent_erases_all_chats_of_that_citizen(deployment: Deployment) -> None:
    deployment.talk(*BOOK)
    deployment.talk("Γεια", who="telephone")

    def link(session: Any) -> None:
        one, other = session.scalars(select(Contact).order_by(Contact.id))
        other.citizen_id = one.citizen_id

    deployment.database.write_sync(link)
    deployment.talk("τα ραντεβού μου", who="telephone")
    assert EMAIL in deployment.last[-1].text
    deployment.talk(*WITHDRAW)
    assert left(deployment) == []


def test_withdrawing_consent_from_another_chat_erases_what_that_chat_was_shown(
    deployment: Deployment,
) -> None:
    found = CODE.search(deployment.talk(*BOOK)[0].text)
    assert found
    deployment.talk("Γεια", "τα ραντεβού μου", found[1], PHONE, who="another")
    assert EMAIL in deployment.last[-1].text
    deployment.tap("Ανάκληση συγκατάθεσης", who="another")
    assert "ανακλήθηκε" in deployment.say("ναι", who="another")[0].text
    assert left(deployment) == []


def test_withdrawing_consent_touches_nobody_else(deployment: Deployment) -> None:
    theirs = ("Ελένη Γεωργίου", "eleni@example.gr", "6987654321", "094014201", "συμφωνώ", "ναι")
    deployment.talk(*BEGIN, "3/12", "13:10", *theirs, "τα ραντεβού μου", "τίποτα", who="Eleni")
    deployment.talk("νέο ραντεβού", *BEGIN[1:], "4/12", "12:30", theirs[0], who="Eleni")

    def mentions() -> dict[str, int]:
        tables = stored(deployment.database).items()
        found = {table: str(rows).count("eleni@example.gr") for table, rows in tables}
        return {table: count for table, count in found.items() if count}

    before = mentions()
    assert set(before) == {"bookings", "citizens", "inbounds", "prompts"}
    deployment.talk(*BOOK, *WITHDRAW)
    assert mentions() == before


@pytest.mark.parametrize("back", [1, 3, 6], ids=["yes", "confirmation", "telephone number"])
def test_a_message_from_before_sent_again_changes_nothing_and_repeats_nothing(
    deployment: Deployment, back: int
) -> None:
    deployment.talk(*BOOK, *WITHDRAW)
    before = stored(deployment.database)
    again = Inbound(
        platform="console",
        account="console",
        address="citizen",
        message_id=f"citizen {deployment.sent - back + 1}",
        text="ναι",
    )
    for _ in range(2):
        replies = deployment.receive(again)
        assert not any(secret in str(replies) for secret in PERSONAL)
    assert stored(deployment.database) == before


def test_an_old_button_says_only_that_it_is_no_longer_in_use(deployment: Deployment) -> None:
    deployment.talk(*BOOK[:-1])
    confirm = deployment.last[-1].choices[0].id
    deployment.talk("ναι", *WITHDRAW)
    first, asked = deployment.say(choice=confirm)
    assert first.text == "Αυτό το κουμπί δεν ισχύει πια."
    assert asked.step == "task"


def test_withdrawing_consent_erases_what_was_written_with_the_office(
    deployment: Deployment,
) -> None:
    registry, now = deployment.services.registry, deployment.clock()
    registry.accounts = frozenset({deployment.account, "telegram:town"})

    def bind(session: Session) -> None:
        registry.refresh(session)
        code = codes.make_room_code(session, registry, OPERATOR, now, municipality_id="kalamata")
        rooms.bind(session, registry, code, now, account="telegram:town", chat="-100")

    deployment.database.write_sync(bind)
    deployment.talk(*BOOK, "υπάλληλος", "Έχω άνοια")
    assert deployment.last[0].text == "→ Προς: Δήμος Καλαμάτας"
    assert "άνοια" in deployment.everything()
    deployment.talk(*WITHDRAW, "για εδώ")  # for it could be the office's
    assert "άνοια" not in deployment.everything()
    assert deployment.rows("SELECT count(*) FROM relay_threads WHERE closed_at IS NULL") == [(0,)]
