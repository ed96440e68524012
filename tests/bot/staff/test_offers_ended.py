"""Messages that an offer led to nothing, which wait for a page while the office acts."""

from datetime import datetime
from functools import partial

from sqlalchemy.orm import Session

from bot.views.notification import is_news, render_notification
from core.bookings import by_staff
from core.db.models import Booking, Contact, Conversation, OutboxRow
from core.messaging.keys import MessageKind
from core.staff import alerts
from tests.bot.staff.people import People
from tests.bot.staff.test_offers import close, offer, run_job
from tests.conftest import mostly_on
from tests.core.small_municipality import ATHENS

pytestmark = mostly_on("sqlite")


def expired(people: People) -> int:
    """Let the offer for a booking in closed hours expire, unread on its page; return the id."""
    chat = people.chat
    chat.bind()
    booking = chat.book()
    chat.deployment.clock.now = datetime(2026, 12, 1, 9, 0, tzinfo=ATHENS)
    close(people)
    run_job(people)
    chat.deployment.clock.forward(hours=25)
    run_job(people)
    assert offer(people).state == "expired"
    return booking


def test_once_the_booking_is_moved_a_page_does_not_say_that_its_new_time_is_off(
    people: People,
) -> None:
    booking = expired(people)

    def said(session: Session) -> bool:
        row = session.query(OutboxRow).filter_by(kind=MessageKind.OFFER_EXPIRED).one()
        found = session.get_one(Booking, booking)
        given = session, people.chat.services, row, found, "el", "Europe/Athens"
        return render_notification(*given) is not None

    assert people.chat.do(said)
    people.chat.deployment.clock.forward(hours=1)
    people.chat.change(booking, lambda env, found: env.move(found, "10:30"))
    people.chat.deployment.clock.forward(hours=1)
    assert not people.chat.do(said)


def test_what_waits_beside_it_for_a_page_that_ends_is_told_to_the_room(people: People) -> None:
    booking = expired(people)
    chat, registry = people.chat, people.chat.services.registry
    who = chat.member("Νίκη Δήμου")

    def edit(session: Session) -> None:
        found = session.get_one(Booking, booking)
        now, given = chat.services.clock(), {"name": "Μαρία Παππά"}
        by_staff.edit(session, registry, who, found, given, now)

    def end(session: Session) -> list[str]:
        now, found = chat.services.clock(), session.get_one(Booking, booking)
        (contact,) = session.query(Contact)
        chat_of_page = {"contact_id": contact.id, "language": "el", "timezone": found.timezone}
        session.add(Conversation(**chat_of_page, state={}, ended_at=now))
        session.flush()
        news = partial(is_news, session, chat.services)
        alerts.redirect_or_call(session, registry, found.citizen_id, now, news)
        session.flush()
        calls = session.query(OutboxRow).filter_by(kind=MessageKind.UNDELIVERED_ALERT)
        return [about.kind for row in calls if (about := alerts.given_up(session, row))]

    chat.do(edit)
    people.deliver()
    chat.deployment.clock.forward(hours=1)
    assert chat.do(end) == [MessageKind.EDITED_BY_OFFICE]
