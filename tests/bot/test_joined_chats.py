"""Two chats of one person are joined by a link and a number, and parted again."""

import asyncio
from collections.abc import Mapping

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.bootstrap import Application
from bot.messages import Reply, Sender
from bot.ops.secret_replacement import hash_anew
from bot.settings import Settings
from bot.turn import forget
from bot.views.joining import render_joining
from core.db.database import Database
from core.db.models import Citizen, OutboxRow
from tests.bot.chats import BOOKING, DETAILS, NUMBER, OTHER, PAGE, PUBLIC, TELEGRAM, VIBER, Chats
from tests.bot.ops.test_cleanup import clean_up_after
from tests.conftest import Deployment, mark_replies_sent, on_both
from tests.postgres import KEY


@pytest.fixture
def chats(deployment: Deployment) -> Chats:
    return Chats(deployment)


def told(chats: Chats) -> list[tuple[str, str, str]]:
    """The kind, account and status of what chats are told of joining."""
    return chats.deployment.rows(
        "SELECT kind, account, status FROM outgoing WHERE kind IN ('joined', 'parted') ORDER BY id"
    )


def test_both_chats_see_the_appointments_of_both(chats: Chats) -> None:
    page, bot = chats.book(PAGE, "12:30"), chats.book(TELEGRAM, "13:10", "Νίκος Παππάς")
    said = chats.say(PAGE, "συνέχεια στο telegram")
    assert "https://telegram.example/join_" in said
    assert "ποτέ αριθμό που σας λέει κάποιος άλλος" in said
    token = chats.link(PAGE, "συνέχεια στο telegram")
    asked = chats.open(TELEGRAM, token)
    assert "Άλλη συνομιλία: Η σελίδα μας" in asked
    assert "Από: 30 Νοεμβρίου 2026, 09:00" in asked
    shown = chats.say(TELEGRAM, "ναι")
    assert "Μην πείτε ποτέ τον αριθμό" in shown
    number = NUMBER.search(shown)
    assert number
    assert chats.bookings(PAGE) == {page}
    assert "είναι πια ενωμένες" in chats.say(PAGE, number[0])
    assert chats.bookings(PAGE) == chats.bookings(TELEGRAM) == {page, bot}
    assert told(chats) == [("joined", TELEGRAM, "pending")]
    for chat in (PAGE, TELEGRAM):
        said = chats.say(chat, "τα ραντεβού μου")
        assert "Ποιο ραντεβού;" in said
        assert len(chats.deployment.last[-1].choices) >= 2
        chats.say(chat, "πίσω")
    assert chats.deployment.rows("SELECT count(*) FROM join_requests") == [(0,)]


def test_the_question_names_the_first_chat_and_its_owner(chats: Chats) -> None:
    asked = chats.open(VIBER, chats.link(TELEGRAM, "συνέχεια στο viber"))
    assert "Άλλη συνομιλία: Telegram" in asked
    assert "Όνομα εκεί: Maria" in asked
    assert "Maria" not in str(chats.deployment.rows("SELECT * FROM join_requests"))  # encrypted
    assert "καμία συνομιλία δεν ενώθηκε" in chats.say(TELEGRAM, "πίσω")
    assert chats.deployment.rows("SELECT * FROM join_requests") == []


def test_a_chat_is_named_with_its_own_beginning(chats: Chats) -> None:
    """Not with that of the chat it is joined with, nor of its parting."""
    chats.say(PAGE, "γεια")
    chats.deployment.clock.forward(days=2)
    chats.say(TELEGRAM, "γεια")
    chats.join(PAGE, TELEGRAM)
    for _joined in (True, False):
        asked = chats.open(VIBER, chats.link(TELEGRAM, "συνέχεια στο viber"))
        assert "Από: 2 Δεκεμβρίου 2026" in asked
        chats.say(VIBER, "όχι")
        chats.deployment.clock.forward(days=2)
        chats.talk(TELEGRAM, "πίσω", "χωρισμός", "ναι")


def test_chats_that_were_joined_before_are_named_and_told_of_a_third(chats: Chats) -> None:
    chats.join(PAGE, TELEGRAM)
    asked = chats.open(VIBER, token := chats.link(PAGE, "συνέχεια στο viber"))
    assert "Ήδη ενωμένη με: Telegram" in asked
    chats.say(PAGE, chats.number(VIBER, token))
    assert [account for _kind, account, _status in told(chats)] == [TELEGRAM, VIBER, TELEGRAM]

    def news(session: Session) -> str:
        """Return what the chat in Telegram is told of the third."""
        rows = session.scalars(select(OutboxRow).where(OutboxRow.kind == "joined")).all()
        reply = render_joining(session, chats.deployment.services, rows[-1], "el")
        return reply.text if reply else ""

    assert "στο Viber" in chats.deployment.database.write_sync(news)


def test_a_link_alone_joins_nothing(chats: Chats) -> None:
    code = chats.book(PAGE, "12:30")
    token = chats.link(PAGE, "συνέχεια στο telegram")
    number = chats.number(TELEGRAM, token, who="thief")
    for text in (number, "ναι", token):  # which the thief can write in their own chats only
        chats.say(TELEGRAM, text, who="thief")
        chats.say(PAGE, text, who="thief")
    assert chats.bookings(TELEGRAM, "thief") == set()
    assert "ήδη άλλη συνομιλία" in chats.open(TELEGRAM, token)
    assert chats.bookings(PAGE) == {code}


def test_who_sends_a_link_can_t_see_the_number(chats: Chats) -> None:
    code = chats.book(TELEGRAM, "12:30")
    token = chats.link(PAGE, "συνέχεια στο telegram", who="thief")
    number = chats.number(TELEGRAM, token)
    tried = [each for each in ("000 000", "123456", "999-999", "1 1 1 1 1 1") if each != number]
    said = [chats.say(PAGE, each, who="thief") for each in tried]
    assert "άλλες 2 φορές" in said[0]
    assert "άλλη 1 φορά" in said[1]
    assert "σταμάτησα" in said[2]
    assert "είναι πια ενωμένες" not in chats.say(PAGE, number, who="thief")
    assert chats.bookings(PAGE, "thief") == set()
    assert chats.bookings(TELEGRAM) == {code}


def test_a_number_counts_for_five_minutes_and_a_link_for_ten(chats: Chats) -> None:
    clock = chats.deployment.clock
    token = chats.link(PAGE, "συνέχεια στο telegram")
    clock.forward(minutes=9, seconds=59)
    number = chats.number(TELEGRAM, token)
    clock.forward(minutes=4, seconds=59)
    assert "είναι πια ενωμένες" in chats.say(PAGE, number)
    token = chats.link(PAGE, "συνέχεια στο viber")
    number = chats.number(VIBER, token)
    clock.forward(minutes=5)
    said = chats.say(PAGE, number)
    assert "Ο χρόνος για τον αριθμό πέρασε" in said
    assert len(chats.deployment.rows("SELECT DISTINCT citizen_id FROM contacts")) == 2
    token = chats.link(PAGE, "συνέχεια στο viber")
    clock.forward(minutes=10)
    assert "δεν ισχύει πια" in chats.open(VIBER, token)
    assert "Ο χρόνος" in chats.say(PAGE, "γεια")
    assert "Ο χρόνος" not in chats.say(PAGE, "γεια")


@pytest.mark.parametrize(
    ("said", "is_told"), [("νέο ραντεβού", False), ("ναι", True), ("Ναι, είναι δική μου", True)]
)
def test_a_joining_question_that_is_over_is_told_only_to_who_answers_it(
    chats: Chats, said: str, is_told: bool
) -> None:
    chats.open(VIBER, chats.link(PAGE, "συνέχεια στο viber"))
    chats.deployment.clock.forward(days=2)
    assert ("δεν ισχύει πια" in chats.say(VIBER, said)) is is_told


def test_a_link_that_can_t_join_says_why(chats: Chats) -> None:
    chats.say(TELEGRAM, "γεια")
    for forged in ("a" * 26, "", "../../a", "α" * 26):
        assert "δεν ισχύει πια" in chats.open(TELEGRAM, forged)
    token = chats.link(PAGE, "συνέχεια στο telegram")
    assert "αυτής εδώ της συνομιλίας" in chats.open(PAGE, token)
    token = chats.link(PAGE, "συνέχεια στο telegram")
    chats.say(TELEGRAM, chats.number(TELEGRAM, token))  # in the wrong chat
    chats.say(PAGE, "σταμάτα")
    assert "δεν ισχύει πια" in chats.open(TELEGRAM, token)
    chats.join(PAGE, TELEGRAM)
    assert "ήδη ενωμένες" in chats.open(TELEGRAM, chats.link(PAGE, "συνέχεια στο telegram"))
    chats.say(PAGE, "πίσω")
    token = chats.link(VIBER, "συνέχεια στο telegram", who="nikos")
    assert "ήδη ενωμένη με άλλη" in chats.open(TELEGRAM, token)


def test_of_two_links_the_later_one_counts(chats: Chats) -> None:
    first = chats.link(PAGE, "συνέχεια στο telegram")
    number = chats.number(TELEGRAM, first)
    token = chats.link(PAGE, "συνέχεια στο viber")
    assert "Δεν έχει εμφανιστεί ακόμη αριθμός" in chats.say(PAGE, number)
    assert "δεν ισχύει πια" in chats.open(TELEGRAM, first)
    assert "είναι πια ενωμένες" in chats.say(PAGE, chats.number(VIBER, token))


def test_a_number_that_was_shown_again_replaces_the_first(chats: Chats) -> None:
    token = chats.link(PAGE, "συνέχεια στο telegram")
    first = chats.number(TELEGRAM, token)
    second = chats.number(TELEGRAM, token)
    assert first != second
    assert "άλλες 2 φορές" in chats.say(PAGE, first)
    assert "είναι πια ενωμένες" in chats.say(PAGE, second)


def test_what_was_begun_in_both_goes_on(chats: Chats) -> None:
    chats.talk(PAGE, *BOOKING, "12:30")
    chats.talk(TELEGRAM, *BOOKING, "13:10")
    said = chats.join()
    assert "Ποιο είναι το ονοματεπώνυμο" in said
    page = chats.talk(PAGE, "Μαρία Παππά", "maria@example.gr", "6912345678", "068933130")
    page = chats.talk(PAGE, "συμφωνώ", "ναι")
    assert "κλείστηκε" in page
    bot = chats.say(TELEGRAM, "Νίκος Παππάς")
    assert "email" in bot
    assert len(chats.bookings(TELEGRAM)) == 1


def test_a_limit_counts_the_appointments_of_both(chats: Chats) -> None:
    chats.book(PAGE, "12:30")
    chats.book(TELEGRAM, "13:10")
    assert "email" in chats.talk(TELEGRAM, *BOOKING, "13:50", "Μαρία Παππά")
    chats.say(TELEGRAM, "από την αρχή")
    chats.join()
    assert "Έχετε ήδη 2 ραντεβού" in chats.talk(TELEGRAM, *BOOKING[1:4])


def test_known_details_are_put_together_and_forgotten_after_parting(chats: Chats) -> None:
    chats.book(TELEGRAM, "12:30")
    chats.join(PAGE, TELEGRAM)
    chats.talk(PAGE, *OTHER, "13:10")
    assert chats.deployment.last[-1].choices[0].label == "Μαρία Παππά"
    chats.talk(PAGE, "χωρισμός", "ναι")
    details = select(Citizen.details)
    known = chats.deployment.database.write_sync(lambda s: s.scalars(details).all())
    assert known == [{}] * 3


@pytest.mark.parametrize("leaver", [PAGE, TELEGRAM])
def test_who_leaves_keeps_what_was_booked_there(chats: Chats, leaver: str) -> None:
    before = {
        PAGE: {chats.booked(PAGE, "12:30")},
        TELEGRAM: {chats.booked(TELEGRAM, "13:10", "Νίκος Παππάς")},
    }
    chats.join()
    before[PAGE].add(chats.booked(PAGE, "13:50", "Μαρία Παππά", OTHER))
    before[TELEGRAM].add(chats.booked(TELEGRAM, "13:10", "Μαρία Παππά", OTHER))
    other = TELEGRAM if leaver == PAGE else PAGE
    chats.say(other, "τα ραντεβού μου")
    time = "13:50" if leaver == PAGE else "13:10"
    theirs = next(c.id for c in chats.deployment.last[-1].choices if time in c.label)
    asked = chats.say(leaver, "χωρισμός")
    assert "Να χωρίσω" in asked
    assert "οι συνομιλίες μένουν ενωμένες" in chats.say(leaver, "όχι")
    assert "ξανά μόνη της" in chats.talk(leaver, "χωρισμός", "ναι")
    assert {chat: chats.ids(chat) for chat in (PAGE, TELEGRAM)} == before
    assert told(chats)[1:] == [("parted", other, "pending")]
    assert "Κωδικός" not in chats.say(other, choice=theirs)  # a button from before
    assert "δεν είναι ενωμένη" in chats.say(other, "χωρισμός")
    assert "είναι πια ενωμένες" in chats.join()


@pytest.mark.parametrize("leaver", [PAGE, TELEGRAM])
def test_dialogs_about_what_is_the_other_s_now_are_left(chats: Chats, leaver: str) -> None:
    other = TELEGRAM if leaver == PAGE else PAGE
    booked = chats.booked(leaver, "12:30")
    chats.join()
    chats.talk(other, "τα ραντεβού μου", "ακύρωση ραντεβού")
    chats.talk(leaver, "χωρισμός", "ναι")
    assert "ακυρώθηκε" not in chats.say(other, "ναι")
    assert chats.ids(leaver) == {booked}
    chats.join()
    chats.talk(leaver, "τα ραντεβού μου", "ακύρωση ραντεβού")
    chats.talk(other, "χωρισμός", "ναι")
    assert "ακυρώθηκε" not in chats.say(leaver, "ναι")  # which was asked before
    assert chats.ids(leaver) == {booked}


def test_an_erased_page_leaves_the_other_chat_as_it_is(chats: Chats) -> None:
    code = chats.book(PAGE, "12:30")
    chats.join()
    chats.talk(TELEGRAM, "ώρες ησυχίας 22-7", "τα ραντεβού μου")
    sender = Sender(platform=PAGE, account=PAGE, address=f"maria at {PAGE}")
    services = chats.deployment.services
    chats.deployment.database.write_sync(lambda s: forget(s, services, sender))
    assert chats.bookings(TELEGRAM) == {code}
    assert chats.deployment.rows("SELECT quiet_from FROM preferences") == [(22 * 60,)]
    assert "ακυρώσω" in chats.say(TELEGRAM, "ακύρωση ραντεβού")
    assert "δεν είναι ενωμένη" in chats.say(TELEGRAM, "χωρισμός")


def test_withdrawn_consent_ends_a_request(chats: Chats) -> None:
    chats.book(PAGE, "12:30")
    chats.join()
    token = chats.link(TELEGRAM, "συνέχεια στο viber")
    chats.talk(PAGE, "ανάκληση συγκατάθεσης", "ναι")
    assert "δεν ισχύει πια" in chats.open(VIBER, token)
    assert "Ο χρόνος" in chats.say(TELEGRAM, "123456")


def test_a_replaced_secret_ends_a_request(chats: Chats) -> None:
    chats.number(VIBER, chats.link(TELEGRAM, "συνέχεια στο viber"))
    services = chats.deployment.services
    chats.deployment.database.write_sync(
        lambda session: hash_anew(session, services.registry, services.clock())
    )
    assert chats.deployment.rows("SELECT * FROM join_requests") == []


def test_nothing_is_left_of_requests_that_are_over(chats: Chats) -> None:
    chats.link(TELEGRAM, "συνέχεια στο viber")
    chats.number(VIBER, chats.link(PAGE, "συνέχεια στο viber"))
    clean_up_after(chats.deployment, days=1)
    assert chats.deployment.rows("SELECT * FROM join_requests") == []


def at_once(chats: Chats, said: Mapping[str, str]) -> list[str]:
    """Write in several chats at once, to a process each; return what each is answered."""
    url, services = chats.deployment.database.url, chats.deployment.services
    databases = [Database(url, KEY) for _chat in said]
    chats.deployment.database.write_sync(mark_replies_sent)

    async def write() -> list[list[Reply]]:
        processes = [Application(Settings(), database, services) for database in databases]
        inbounds = [chats.inbound(account, text) for account, text in said.items()]
        return await asyncio.gather(*map(Application.handle_message, processes, inbounds))

    answers = asyncio.run(write())
    for database in databases:
        database.close()
    return ["\n".join(reply.text for reply in replies) for replies in answers]


@on_both
def test_of_two_that_write_their_numbers_at_once_one_is_joined(chats: Chats) -> None:
    written = {
        first: chats.number(TELEGRAM, chats.link(first, "συνέχεια στο telegram"))
        for first in (PAGE, VIBER)
    }
    said = at_once(chats, written)
    assert sorted("είναι πια ενωμένες" in each for each in said) == [False, True]
    assert sum("Ο χρόνος" in each for each in said) == 1
    assert len(chats.deployment.rows("SELECT DISTINCT citizen_id FROM contacts")) == 2


@on_both
def test_what_is_booked_while_chats_are_joined_is_seen_in_both(chats: Chats) -> None:
    chats.talk(TELEGRAM, *BOOKING, "12:30", "Μαρία Παππά", *DETAILS[:-1])
    number = chats.number(TELEGRAM, chats.link(PAGE, "συνέχεια στο telegram"))
    joined, booked = at_once(chats, {PAGE: number, TELEGRAM: "ναι"})
    assert "είναι πια ενωμένες" in joined
    assert "κλείστηκε" in booked
    assert len(chats.bookings(PAGE)) == 1
    assert chats.bookings(PAGE) == chats.bookings(TELEGRAM)


def test_it_is_offered_where_there_is_another_app(chats: Chats) -> None:
    said = chats.say(PAGE, "συνέχεια σε άλλη εφαρμογή")
    assert "Πού θέλετε να συνεχίσουμε;" in said
    assert [c.label for c in chats.deployment.last[-1].choices][:2] == ["Telegram", "Viber"]
    assert f"{PUBLIC}/j/" in chats.say(TELEGRAM, "συνέχεια στη σελίδα")
    chats.deployment.services.registry.accounts = frozenset({PAGE})
    chats.say(PAGE, "πίσω")
    assert "Δεν υπάρχει εδώ άλλη εφαρμογή" in chats.say(PAGE, "συνέχεια αλλού")
