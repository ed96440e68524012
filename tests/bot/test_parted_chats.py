"""What parting leaves to a chat of what is another's: nothing."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.delivery.dispatch import claim_and_render
from bot.messages import Sender
from bot.turn import forget
from bot.views.appointment import appointment_file
from bot.views.joining import render_joining
from core.db.models import Booking, OutboxRow, OutboxStatus, StaffRoom
from core.messaging.keys import Cause, MessageKind
from core.messaging.outbox import enqueue
from core.messaging.recipients import ContactRecipient
from core.messaging.routes import Route, notification
from tests.bot.chats import OTHER, PAGE, TELEGRAM, VIBER, Chats
from tests.conftest import Deployment, mark_replies_sent


@pytest.fixture
def chats(deployment: Deployment) -> Chats:
    return Chats(deployment)


@pytest.fixture
def written(chats: Chats) -> Chats:
    """Return chats of which Viber's is written to by the office of Telegram's appointment."""
    chats.book(TELEGRAM, "12:30")
    chats.join(VIBER, TELEGRAM)
    registry, viber = chats.deployment.services.registry, chats.contact(VIBER)

    def write(session: Session) -> None:
        booking = session.scalars(select(Booking).where(Booking.code.is_not(None))).one()
        route = Route(VIBER, ContactRecipient(viber))
        kind, now = MessageKind.EDITED_BY_OFFICE, chats.deployment.clock()
        message = notification(booking, route, Cause.change(99), kind, now)
        enqueue(session, registry.accounts, [message], now)

    chats.deployment.database.write_sync(write)
    return chats


def edits(chats: Chats) -> list[tuple[int, str, str]]:
    return chats.deployment.rows(
        "SELECT id, account, status FROM outgoing WHERE kind = 'edited_by_office' ORDER BY id"
    )


def test_what_waits_goes_to_the_chat_that_keeps_the_appointment(written: Chats) -> None:
    written.talk(TELEGRAM, "χωρισμός", "ναι")
    waiting = [each[1:] for each in edits(written)]
    assert waiting == [(VIBER, "cancelled"), (TELEGRAM, "pending")]


@pytest.mark.parametrize("has_failed", [False, True])
def test_what_was_being_sent_is_not_tried_again_in_the_other_chat(
    written: Chats, *, has_failed: bool
) -> None:
    """A message that has failed is sent once more by an operator."""
    deployment = written.deployment
    services, row_id = deployment.services, edits(written)[0][0]

    def claim(session: Session) -> bool:
        give_up = timedelta(hours=1)
        claimed, *_counts = claim_and_render(session, services, [VIBER], "w", 20, give_up)
        return row_id in [each.id for each in claimed]

    def end(status: OutboxStatus) -> None:
        which = update(OutboxRow).where(OutboxRow.id == row_id)
        ended = which.values(status=status, claimed_by=None, try_at=deployment.clock())
        deployment.database.write_sync(lambda session: session.execute(ended))

    deployment.database.write_sync(mark_replies_sent)
    assert deployment.database.write_sync(claim)
    if has_failed:
        end(OutboxStatus.FAILED)
    written.talk(TELEGRAM, "χωρισμός", "ναι")
    end(OutboxStatus.PENDING)
    assert not deployment.database.write_sync(claim)
    told = [] if has_failed else [(TELEGRAM, "pending")]
    assert [each[1:] for each in edits(written)] == [(VIBER, "cancelled"), *told]


@pytest.mark.parametrize("joined_before", [False, True])
@pytest.mark.parametrize("leaver", [TELEGRAM, VIBER])
def test_what_an_erased_page_has_left_stays_with_whose_it_was(
    chats: Chats, leaver: str, *, joined_before: bool
) -> None:
    """Telegram was joined with the page in which it was booked, Viber with neither or both.

    Whoever leaves then takes only what was booked there: not even the oldest chat takes this along.
    """
    booked = chats.booked(PAGE, "12:30")
    chats.join(PAGE, TELEGRAM)
    if joined_before:
        chats.join(TELEGRAM, VIBER)
    sender = Sender(platform=PAGE, account=PAGE, address=f"maria at {PAGE}")
    services = chats.deployment.services
    chats.deployment.database.write_sync(lambda session: forget(session, services, sender))
    if not joined_before:
        chats.join(VIBER, TELEGRAM)
    chats.talk(leaver, "χωρισμός", "ναι")
    keeps = VIBER if joined_before and leaver == TELEGRAM else TELEGRAM
    seen = {each: chats.ids(each) for each in (TELEGRAM, VIBER)}
    assert seen == {TELEGRAM: set(), VIBER: set(), keeps: {booked}}


@pytest.mark.parametrize("leaver", [TELEGRAM, PAGE])
def test_a_draft_offers_no_detail_of_another_any_more(chats: Chats, leaver: str) -> None:
    chats.book(TELEGRAM, "12:30", "Νίκος Παππάς")
    chats.join(PAGE, TELEGRAM)
    chats.talk(PAGE, *OTHER, "13:10")
    known = next(c for c in chats.deployment.last[-1].choices if c.label == "Νίκος Παππάς")
    chats.talk(leaver, "χωρισμός", "ναι")
    said = chats.say(PAGE, choice=known.id)
    assert "Ποιο είναι το ονοματεπώνυμο" in said
    assert "Νίκος" not in str([choice.label for choice in chats.deployment.last[-1].choices])
    assert "email" in chats.say(PAGE, "Μαρία Παππά")


@pytest.mark.parametrize("leaver", [TELEGRAM, PAGE])
def test_the_codes_that_were_shown_in_the_other_chat_are_of_no_use(
    chats: Chats, leaver: str
) -> None:
    """Telephone numbers were shown, too; each side is told its own new codes, and the office."""
    deployment = chats.deployment
    room = {"municipality_id": "kalamata", "account": TELEGRAM, "chat": "-5", "topic": ""}
    bound = StaffRoom(**room, bound_at=deployment.clock())
    deployment.database.write_sync(lambda session: session.add(bound))
    former = {PAGE: chats.book(PAGE, "12:30"), TELEGRAM: chats.book(TELEGRAM, "13:10")}
    chats.join(PAGE, TELEGRAM)
    remaining = PAGE if leaver == TELEGRAM else TELEGRAM
    said = chats.talk(leaver, "χωρισμός", "ναι")

    def news(session: Session) -> str:
        """Return what the chat is told from which the other was parted."""
        row = session.scalars(select(OutboxRow).where(OutboxRow.kind == "parted")).one()
        reply = render_joining(session, deployment.services, row, "el")
        return reply.text if reply else ""

    told = {leaver: said, remaining: deployment.database.write_sync(news)}
    for chat, other in ((PAGE, TELEGRAM), (TELEGRAM, PAGE)):
        (code,) = chats.bookings(chat)
        assert code in told[chat]
        assert code not in told[other]
        chats.say(chat, link=f"manage_{former[other].replace(' ', '')}")
        assert "Δεν βρήκα" in chats.say(chat, "6912345678")
    assert not set(former.values()) & (chats.bookings(PAGE) | chats.bookings(TELEGRAM))
    assert deployment.rows("SELECT count(*) FROM code_requests") == [(1,)]  # of one address
    assert deployment.rows("SELECT status FROM outgoing WHERE kind = 'alert_edit'") == [
        ("pending",),
        ("pending",),
    ]


def test_what_was_shown_in_the_other_chat_is_followed_there_no_more(chats: Chats) -> None:
    """Neither by a button under it: the calendar file says to when it was moved since."""
    booked = chats.booked(PAGE, "12:30")
    chats.join(PAGE, TELEGRAM)
    chats.say(TELEGRAM, "τα ραντεβού μου")
    sender = Sender(platform="telegram", account=TELEGRAM, address=f"maria at {TELEGRAM}")
    database, services = chats.deployment.database, chats.deployment.services

    def can_follow(session: Session) -> bool:
        return appointment_file(session, services, sender, booked) is not None

    assert database.write_sync(can_follow)
    chats.talk(TELEGRAM, "πίσω", "χωρισμός", "ναι")
    assert not database.write_sync(can_follow)
