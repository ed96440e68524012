"""Messages that come later: fetched once, in the words of now, or given up."""

import asyncio
from datetime import date, timedelta
from functools import partial

import pytest
from sqlalchemy import event, select, update
from sqlalchemy.orm import Session

from bot.messages import LINK_CHOICE, Inbound, Sender
from bot.ops.time_offers import work_once
from bot.turn import forget, receive
from bot.views import inbox
from bot.views.transcript import view
from core.actor import OPERATOR
from core.bookings import by_staff
from core.bookings.closures import service as closures
from core.bookings.closures.request import ExceptionRequest
from core.bookings.offers.service import end_overdue
from core.db.models import Booking, ExceptionKind, OutboxRow, StaffRoom, TimeOffer
from tests.conftest import Deployment, on_both, portable
from tests.core.bookings.offers.acting import ask_at
from tests.core.small_municipality import MONDAY, service
from tests.dialogs.custom_municipality import custom_municipality
from tests.dialogs.test_catalogue_changes import ANSWERS

pytestmark = on_both


def message(number: int, text: str) -> Inbound:
    return Inbound(
        platform="webchat", account="webchat", address="a", message_id=str(number), text=text
    )


@pytest.fixture
def booked(deployment: Deployment) -> Deployment:
    """Return a deployment with one booking, for Monday the 7th, 9:30."""
    deployment.services.registry.accounts = frozenset({"webchat"})
    deployment.load(custom_municipality(service("papers"), service("stamps")))
    deployment.receive(message(0, "Γεια"))
    for number in range(1, 12):
        step = deployment.last[-1].step or ""
        if step == "task":
            break
        deployment.receive(message(number, ANSWERS[step]))
    return deployment


def fetched(deployment: Deployment) -> list[str]:
    """Return the messages of a visit that weren't in the conversation before."""

    def run(session: Session) -> list[str]:
        before = view(session, deployment.services, message(99, ""))
        inbox.fetch(session, deployment.services, message(99, ""))
        after = view(session, deployment.services, message(99, ""), before.last if before else 0)
        return [reply.text for entry in (after.talk if after else []) for reply in entry.replies]

    return deployment.database.write_sync(run)


def statuses(deployment: Deployment) -> list[str]:
    query = select(OutboxRow.status).order_by(OutboxRow.id)
    return list(deployment.database.write_sync(lambda s: s.scalars(query).all()))


@pytest.mark.parametrize(
    ("hours", "after"),
    [(126, ["delivered", "pending"]), (168, ["cancelled", "delivered"])],
    ids=["after the first", "after both"],
)
def test_a_reminder_is_fetched_once(booked: Deployment, hours: int, after: list[str]) -> None:
    assert fetched(booked) == []
    booked.clock.forward(hours=hours)
    [text] = fetched(booked)
    assert text.startswith("Σας θυμίζω το ραντεβού σας:")
    assert (fetched(booked), statuses(booked)) == ([], after)


@pytest.mark.parametrize("opened", [False, True])
def test_only_who_saw_an_offer_is_told_that_the_appointment_stands(
    booked: Deployment, opened: bool
) -> None:
    database, registry, home = booked.database, booked.services.registry, "town"
    closed = ExceptionRequest(ExceptionKind.CLOSURE, home, MONDAY, MONDAY)

    def close(session: Session) -> int:
        return closures.make(session, registry, OPERATOR, closed, booked.clock()).id

    number = database.write_sync(close)
    asyncio.run(work_once(database, booked.services))
    if opened:
        assert "Νέα ώρα" in fetched(booked)[0]
    booked.clock.forward(minutes=5)
    database.write_sync(
        lambda s: closures.withdraw(s, registry, OPERATOR, home, number, booked.clock())
    )
    asyncio.run(work_once(database, booked.services))
    said = fetched(booked)
    assert [text.split(":")[0] for text in said] == ["Καλά νέα"] * opened
    assert ["Η νέα ώρα δεν χρειάζεται πια" in text for text in said] == [True] * opened


@pytest.mark.parametrize("read", [False, True])
def test_who_forgets_a_device_with_unread_news_of_an_appointment_is_to_be_called(
    booked: Deployment, read: bool
) -> None:
    database, registry, now = booked.database, booked.services.registry, booked.clock()
    registry.accounts = frozenset({"webchat", "telegram"})

    def move(session: Session) -> None:
        given = {"municipality_id": "town", "account": "telegram", "chat": "-1", "topic": ""}
        session.add(StaffRoom(**given, bound_at=now))
        session.flush()
        booking = session.scalars(select(Booking)).one()
        starts_at = booking.starts_at + timedelta(minutes=30)
        by_staff.move(session, registry, OPERATOR, booking, starts_at, now)

    database.write_sync(move)
    if read:
        assert len(fetched(booked)) == 1
    database.write_sync(lambda s: forget(s, booked.services, message(99, "")))
    query = select(OutboxRow.kind).where(OutboxRow.room_id.is_not(None))
    alerts = database.write_sync(lambda s: s.scalars(query).all())
    assert alerts.count("undelivered_alert") == (0 if read else 1)  # not of the reminder to come


@portable
def test_a_word_accepts_no_offer_that_the_same_request_fetches(booked: Deployment) -> None:
    database, registry = booked.database, booked.services.registry
    closed = ExceptionRequest(ExceptionKind.CLOSURE, "town", MONDAY, MONDAY)
    booked.clock.forward(minutes=5)
    database.write_sync(lambda s: closures.make(s, registry, OPERATOR, closed, booked.clock()))
    asyncio.run(work_once(database, booked.services))
    came = booked.clock()
    booked.clock.forward(seconds=1)
    assert len(fetched(booked)) == 1
    booked.clock.forward(seconds=1)
    accepted = []
    for number, at in ((98, came), (99, booked.clock())):
        word = message(number, "δέχομαι")
        said = database.write_sync(
            partial(receive, services=booked.services, inbound=word, came=at)
        )
        accepted.append(said[0].text.startswith("Το ραντεβού σας άλλαξε"))
    assert accepted == [False, True]


def close(booked: Deployment, day: date, reason: str | None = None) -> int:
    """Close a day, and offer the booking another time."""
    asked = ExceptionRequest(ExceptionKind.CLOSURE, "town", day, day, reason=reason)
    number = booked.database.write_sync(
        lambda s: closures.make(s, booked.services.registry, OPERATOR, asked, booked.clock()).id
    )
    asyncio.run(work_once(booked.database, booked.services))
    booked.clock.forward(minutes=20)
    return number


def end(booked: Deployment, number: int) -> None:
    """End a closure, and withdraw its offers."""
    registry, clock = booked.services.registry, booked.clock
    booked.database.write_sync(
        lambda s: closures.withdraw(s, registry, OPERATOR, "town", number, clock())
    )
    asyncio.run(work_once(booked.database, booked.services))


def expire(booked: Deployment, **after: int) -> None:
    """End the offers that nobody has answered by a time from now."""
    registry, clock = booked.services.registry, booked.clock
    clock.forward(**after)
    booked.database.write_sync(lambda s: end_overdue(s, registry, clock()))


@portable
@pytest.mark.parametrize(
    ("read", "hours", "said"),
    [
        (True, 24, ["Δεν σας κρατώ πια τη νέα ώρα που σας πρότεινα. Η υπηρεσία θα σας γράψει"]),
        (
            False,
            24,
            [
                "Λυπάμαι, το ραντεβού σας δεν μπορεί να γίνει όπως είχε κλειστεί: Δευ 7 Δεκ 09:30",
                "Λόγος: απεργία",
                "Σας κρατούσα άλλη ώρα έως Τρίτη 1 Δεκεμβρίου, ",
                "Η υπηρεσία θα σας γράψει ή θα σας καλέσει",
            ],
        ),
        (
            True,
            170,
            [
                "Λυπάμαι, το ραντεβού σας δεν μπορούσε να γίνει όπως είχε κλειστεί: Δευ 7 Δεκ",
                "Λόγος: απεργία",
                "Δεν σας κρατώ πια τη νέα ώρα",
                "Η υπηρεσία θα σας γράψει ή θα σας καλέσει",
            ],
        ),
    ],
    ids=["fetched", "never fetched", "at the appointment's own time"],
)
def test_an_offer_that_has_expired_says_what_its_reader_does_not_know(
    booked: Deployment, read: bool, hours: int, said: list[str]
) -> None:
    close(booked, MONDAY, "απεργία")
    if read:
        assert "Νέα ώρα" in fetched(booked)[0]
    expire(booked, hours=hours)
    [text] = fetched(booked)
    lines = text.split("\n")
    assert [line[: len(part)] for line, part in zip(lines, said, strict=False)] == said
    accept = f"{LINK_CHOICE}offer_accept_1"
    tap = Inbound(
        platform="webchat", account="webchat", address="a", message_id="98", choice=accept
    )
    answer = booked.database.write_sync(partial(receive, services=booked.services, inbound=tap))
    now_is = "μπορούσε" if hours > 24 else "μπορεί"
    assert answer[0].text.startswith(f"Αυτή η πρόταση έχει λήξει. Το ραντεβού σας δεν {now_is} να")


@portable
@pytest.mark.parametrize("read", [False, True])
def test_whose_offered_time_is_closed_too_is_told_that_it_is_not_held(
    booked: Deployment, read: bool
) -> None:
    close(booked, MONDAY)
    if read:
        assert "Νέα ώρα" in fetched(booked)[0]
    [hold] = held(booked)
    close(booked, hold.starts_at.date())
    expire(booked)
    asyncio.run(work_once(booked.database, booked.services))
    [text] = fetched(booked)
    lost = text.startswith("Δεν μπορώ πια να σας κρατώ την ώρα που σας πρότεινα: Τρί 8 Δεκ 09:30")
    assert lost == read
    assert "Λυπάμαι, το ραντεβού σας δεν μπορεί να γίνει όπως είχε κλειστεί: Δευ 7 Δεκ" in text


@portable
def test_who_booked_in_the_terminal_finds_there_what_is_offered(deployment: Deployment) -> None:
    deployment.services.registry.accounts = frozenset({"webchat", "console"})
    deployment.load(custom_municipality())
    deployment.talk("Γεια", "town", "7/12", "9:30", "Μαρία Παπαδοπούλου", "6912345678", "ναι")
    close(deployment, MONDAY)
    here = Sender(platform="console", account="console", address="citizen")
    database, services = deployment.database, deployment.services
    fetched, again = [
        database.write_sync(lambda s: inbox.fetch(s, services, here)) for _time in range(2)
    ]
    assert ["Νέα ώρα" in reply.text for reply in fetched] == [True]
    assert again == []
    assert deployment.talk("δέχομαι")[0].text.startswith("Το ραντεβού σας άλλαξε")


def held(booked: Deployment) -> list[Booking]:
    query = select(Booking).where(Booking.state == "held")
    return list(booked.database.write_sync(lambda s: s.scalars(query).all()))


def bind_room(booked: Deployment) -> None:
    booked.services.registry.accounts = frozenset({"webchat", "telegram"})
    given = {"municipality_id": "town", "account": "telegram", "chat": "-1", "topic": ""}
    booked.database.write_sync(lambda s: s.add(StaffRoom(**given, bound_at=booked.clock())))


@portable
@pytest.mark.parametrize("called", [False, True])
def test_who_was_called_for_no_page_was_opened_is_called_again_where_it_stands(
    booked: Deployment, called: bool
) -> None:
    bind_room(booked)
    number = close(booked, MONDAY)
    to_room = OutboxRow.room_id.is_not(None)
    if called:
        sent = update(OutboxRow).where(to_room).values(status="sent")
        booked.database.write_sync(lambda s: s.execute(sent))
    end(booked, number)
    alerts = select(OutboxRow.kind).where(to_room, OutboxRow.due_at == booked.clock())
    told = booked.database.write_sync(lambda s: s.scalars(alerts).all())
    assert told.count("offer_alert") == called
    assert [text.split(":")[0] for text in fetched(booked)] == ["Καλά νέα"] * called


@portable
@pytest.mark.parametrize("by_choice", [False, True])
def test_no_good_news_for_who_read_only_of_another_time_or_a_wish(
    booked: Deployment, by_choice: bool
) -> None:
    registry, clock = booked.services.registry, booked.clock

    def act(session: Session) -> None:
        booking = session.scalars(select(Booking).where(Booking.state == "confirmed")).one()
        if by_choice:
            ask_at(session, registry, booking, clock())
        else:
            starts_at = booking.starts_at + timedelta(days=1, minutes=30)
            by_staff.move(session, registry, OPERATOR, booking, starts_at, clock())

    if not by_choice:
        close(booked, MONDAY)
        assert "Νέα ώρα" in fetched(booked)[0]
    booked.database.write_sync(act)
    asyncio.run(work_once(booked.database, booked.services))
    assert len(fetched(booked)) == 1
    clock.forward(minutes=5)
    if by_choice:
        booked.database.write_sync(lambda s: s.execute(update(TimeOffer).values(state="declined")))
    end(booked, close(booked, MONDAY if by_choice else MONDAY + timedelta(days=1)))
    assert fetched(booked) == []


@portable
@pytest.mark.parametrize("ended", [False, True])
def test_who_forgets_a_device_is_called_once_and_not_for_what_is_obsolete(
    booked: Deployment, ended: bool
) -> None:
    registry, clock = booked.services.registry, booked.clock

    def move(session: Session) -> None:
        booking = session.scalars(select(Booking)).one()
        for _time in range(2):
            starts_at = booking.starts_at + timedelta(minutes=30)
            by_staff.move(session, registry, OPERATOR, booking, starts_at, clock())

    bind_room(booked)
    if ended:
        end(booked, close(booked, MONDAY))
    else:
        booked.database.write_sync(move)
    booked.database.write_sync(lambda s: forget(s, booked.services, message(99, "")))
    called = select(OutboxRow.id).where(OutboxRow.kind == "undelivered_alert")
    assert len(booked.database.write_sync(lambda s: s.scalars(called).all())) == (not ended)


def test_nobody_is_reminded_of_what_has_begun(booked: Deployment) -> None:
    booked.clock.forward(days=8)
    assert (fetched(booked), statuses(booked)) == ([], ["cancelled", "cancelled"])


@portable
def test_what_the_catalogue_knows_no_more_is_given_up_and_the_page_goes_on(
    booked: Deployment,
) -> None:

    def cancelled_elsewhere(session: Session) -> None:
        session.execute(update(Booking).values(state="cancelled"))
        session.execute(update(OutboxRow).values(kind="cancelled", due_at=booked.clock()))

    booked.database.write_sync(cancelled_elsewhere)
    booked.load(custom_municipality(service("papers")))
    assert (fetched(booked), statuses(booked)) == ([], ["cancelled", "cancelled"])


@portable
def test_it_is_sent_in_the_language_of_now(booked: Deployment) -> None:
    booked.receive(message(50, "English"))
    booked.clock.forward(days=6, hours=6)
    [text] = fetched(booked)
    assert text.startswith("A reminder of your appointment:")


@portable
@portable
def test_what_is_offered_is_asked_once_for_all_messages(booked: Deployment) -> None:
    services, statements = booked.services, list[str]()

    def change(session: Session) -> None:
        booking = session.scalars(select(Booking).where(Booking.code.is_not(None))).one()
        for name in ("Άννα", "Νίκη"):
            now = booked.clock()
            by_staff.edit(session, services.registry, OPERATOR, booking, {"name": name}, now)
            booked.clock.forward(minutes=1)

    def fetch(session: Session) -> int:
        event.listen(session.get_bind(), "before_cursor_execute", note)
        told = inbox.fetch(session, services, message(99, ""))
        event.remove(session.get_bind(), "before_cursor_execute", note)
        return len(told)

    def note(*given: object) -> None:
        statements.append(str(given[2]))

    booked.database.write_sync(change)
    assert booked.database.write_sync(fetch) == 2
    assert sum("FROM time_offers" in each for each in statements) == 1


def test_a_stranger_fetches_nothing(booked: Deployment) -> None:
    booked.clock.forward(days=6, hours=6)
    stranger = message(1, "Γεια").model_copy(update={"address": "b", "message_id": "b 1"})
    booked.receive(stranger)
    booked.database.write_sync(lambda s: inbox.fetch(s, booked.services, stranger))
    assert statuses(booked) == ["pending", "pending"]
    assert len(fetched(booked)) == 1
