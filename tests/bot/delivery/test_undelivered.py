"""A message to a citizen that can't reach them any way is told to staff, who are to call them."""

import asyncio
import json
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.delivery import dispatch, settlement
from bot.delivery.status_reports import apply_status
from bot.messages import Sender
from bot.ops.time_offers import work_once
from bot.platforms.webhook import Receipt
from bot.views import inbox
from core.actor import Role, Staff
from core.bookings import by_staff
from core.bookings.closures import service as closures
from core.bookings.closures.request import ExceptionRequest
from core.bookings.offers.making import make_offers, plan_offers
from core.catalogue.registry import Registry
from core.db.models import Booking, ExceptionKind, History, OutboxRow, StaffRoom, TimeOffer
from core.errors import DeliveryError
from core.staff import webhooks
from tests.bot.chats import TELEGRAM, VIBER, Chats
from tests.bot.push_deployment import BOOK, DETAILS, PushDeployment
from tests.conftest import Deployment, mostly_on
from tests.core.bookings.offers.acting import ask_at

OPERATOR = Staff(Role.OPERATOR, "cli")
HEADING = "Τηλεφωνήστε στον πολίτη, δεν έλαβε μήνυμά μας: "
BLOCKED: list[tuple[int, dict[str, str]]] = [(403, {})] * 20
ROOM = "room"


@pytest.fixture
def booked(push: PushDeployment) -> PushDeployment:
    """A citizen who has booked, at an office that has a room on the same platform."""
    push.deployment.talk(*BOOK, *DETAILS)
    push.deliver(push.settled)
    bind(push)
    return push


def bind(push: PushDeployment) -> None:
    room = StaffRoom(
        municipality_id="kalamata",
        account=push.deployment.account,
        chat=ROOM,
        topic="",
        bound_at=push.deployment.clock(),
    )
    push.deployment.database.write_sync(lambda s: s.add(room))


def cancel(push: PushDeployment) -> None:
    """Have the office cancel the booking."""
    registry, now = push.deployment.services.registry, push.deployment.clock()

    def run(session: Session) -> None:
        booking = session.scalars(select(Booking).where(Booking.code != "")).one()
        by_staff.cancel(session, registry, OPERATOR, booking, now, "Απεργία")

    push.deployment.database.write_sync(run)


def calls(push: PushDeployment) -> list[Any]:
    """Return the alerts by which staff are to call."""
    return [m for m in push.server.by_address[ROOM] if m.text.startswith(HEADING)]


@mostly_on("sqlite")
def test_who_can_be_reached_no_way_is_to_be_called(booked: PushDeployment) -> None:
    booked.deployment.clock.forward(days=2, hours=4)
    booked.server.failures["citizen"] = list(BLOCKED)
    booked.email.fails = [DeliveryError("no such mailbox", unreachable=True)] * 2
    booked.deliver(booked.settled)
    (alert,) = calls(booked)
    assert alert.text.startswith(f"{HEADING}Πέμ 3 Δεκ 12:30, Επίδομα Στέγασης\n")
    assert [choice["label"] for choice in alert.choices] == ["Τηλέφωνο"]
    assert "Μαρία" not in alert.text
    booked.deployment.clock.forward(hours=1)
    booked.deliver(booked.settled)
    assert len(calls(booked)) == 1


def add_webhook(push: PushDeployment) -> None:
    services = push.deployment.services
    given: dict[str, Any] = {"municipality_id": "kalamata", "url": "https://example.gr/hook"}
    push.deployment.database.write_sync(
        lambda s: webhooks.add(s, services.registry, OPERATOR, services.clock(), **given)
    )


def events_of(push: PushDeployment) -> list[Any]:
    query = select(OutboxRow.payload).where(OutboxRow.kind == "event").order_by(OutboxRow.id)
    stored = push.deployment.database.write_sync(lambda s: s.scalars(query).all())
    return [json.loads(payload or "") for payload in stored]


@mostly_on("sqlite")
@pytest.mark.parametrize("own", [False, True])
def test_a_reply_about_no_booking_is_an_event_of_the_municipality_whose_bot_it_is(
    push: PushDeployment, own: bool
) -> None:
    add_webhook(push)
    account = push.deployment.account
    push.deployment.services.registry.own_accounts = {account: "kalamata"} if own else {}
    push.server.failures["citizen"] = list(BLOCKED)
    push.deployment.say("Γεια")
    push.deliver(push.settled)
    said = {"booking": None, "municipality": "kalamata", "thread": None}
    events = [each["data"] for each in events_of(push)]
    message = {"kind": "reply", "platform": "push"}
    assert events == ([said | {"message": message}] * len(events) if own else [])
    assert bool(events) == own


@mostly_on("sqlite")
def test_each_message_that_is_given_up_is_an_event(booked: PushDeployment) -> None:
    add_webhook(booked)
    booked.deployment.clock.forward(days=2, hours=4)
    booked.server.failures["citizen"] = list(BLOCKED)
    booked.email.fails = [DeliveryError("no such mailbox", unreachable=True)] * 2
    booked.deliver(lambda: booked.settled() and bool(calls(booked)))
    events = events_of(booked)
    assert {event["type"] for event in events} == {"message.failed"}
    assert [event["data"]["message"] for event in events] == [
        {"kind": "reminder", "platform": "push"},
        {"kind": "reminder", "platform": "email"},
    ]


@mostly_on("sqlite")
@pytest.mark.parametrize("unreadable", [False, True])
def test_a_message_whose_outcome_cannot_be_stored_is_an_event_if_that_can_be(
    booked: PushDeployment, monkeypatch: pytest.MonkeyPatch, unreadable: bool
) -> None:
    def broken(*_anything: Any) -> bool:
        raise ZeroDivisionError

    add_webhook(booked)
    for name in ("mark_sent", "mark_all_sent"):
        monkeypatch.setattr(settlement, name, broken)
    if unreadable:
        monkeypatch.setattr(dispatch, "enqueue_message_failed", broken)
    booked.deployment.clock.forward(days=2, hours=4)
    booked.deliver(booked.settled)
    stored = [row for row in booked.rows() if row[-1] == "its outcome couldn't be stored"]
    assert [row[1] for row in stored] == ["failed"]
    events = [(each["type"], each["data"]["message"]) for each in events_of(booked)]
    failed = ("message.failed", {"kind": "reminder", "platform": "push"})
    assert events == ([] if unreadable else [failed])


@mostly_on("sqlite")
def test_a_receipt_of_a_failure_is_an_event_for_an_endpoint_just_added(
    booked: PushDeployment,
) -> None:
    services, do = booked.deployment.services, booked.deployment.database.write_sync
    other = Registry("secret", services.registry.accounts)  # of another process
    do(other.refresh)
    add_webhook(booked)
    sent = select(OutboxRow).where(OutboxRow.provider_id.is_not(None), OutboxRow.status == "sent")
    row = do(lambda s: s.scalars(sent.where(OutboxRow.booking_id.is_not(None))).all())[-1]
    report = Receipt("citizen", row.provider_id or "", "failed", "blocked")
    do(lambda s: apply_status(s, replace(services, registry=other), row.account, report))
    assert [event["type"] for event in events_of(booked)] == ["message.failed"]


@mostly_on("sqlite")
def test_who_blocked_us_and_is_offered_another_time_is_to_be_called(
    booked: PushDeployment,
) -> None:
    services = booked.deployment.services

    def offer(session: Session) -> None:
        registry, now = services.registry, services.clock()
        booking = session.scalars(select(Booking).where(Booking.code != "")).one()
        ask_at(session, registry, booking, now)
        planned = plan_offers(session, registry, now, 1)
        make_offers(session, registry, planned, now, lambda: False)

    booked.deployment.database.write_sync(offer)
    booked.server.failures["citizen"] = list(BLOCKED)
    booked.email.fails = [DeliveryError("no such mailbox", unreachable=True)] * 2
    booked.deliver(booked.settled)
    assert calls(booked)
    made = booked.deployment.database.write_sync(lambda s: s.scalars(select(TimeOffer)).one())
    assert made.state == "made"  # they may answer the call, and take it


def test_who_is_reached_another_way_is_not(booked: PushDeployment) -> None:
    booked.deployment.clock.forward(days=2, hours=4)
    booked.server.failures["citizen"] = list(BLOCKED)
    booked.deliver(booked.settled)
    assert len(booked.email.sent) == 2
    assert calls(booked) == []


@pytest.mark.parametrize("reached", ["citizen", "email"])
def test_one_of_two_messages_of_a_change_is_enough(booked: PushDeployment, reached: str) -> None:
    if reached == "email":
        booked.server.failures["citizen"] = list(BLOCKED)
    else:
        booked.email.fails = [DeliveryError("no such mailbox", unreachable=True)] * 2
    cancel(booked)
    booked.deliver(booked.settled)
    assert calls(booked) == []


def test_of_the_replies_of_a_turn_staff_are_told_once(push: PushDeployment) -> None:
    bind(push)
    push.deployment.talk(*BOOK, *DETAILS[:-1])
    push.deliver(push.settled)
    push.server.failures["citizen"] = list(BLOCKED)
    push.email.fails = [DeliveryError("no such mailbox", unreachable=True)] * 9
    push.deployment.say(DETAILS[-1])
    push.deliver(push.settled)
    assert len(calls(push)) == 1


def test_a_reply_that_is_about_no_booking_is_not_told_of(booked: PushDeployment) -> None:
    booked.server.failures["somebody"] = list(BLOCKED)
    booked.deployment.say("Γεια", who="somebody")
    booked.deliver(booked.settled)
    assert calls(booked) == []


def test_once_the_appointment_is_over_nobody_is_to_be_called(booked: PushDeployment) -> None:
    booked.server.failures["citizen"] = [(500, {})] * 100
    booked.email.fails = [DeliveryError("greylisted")] * 100
    booked.deployment.clock.forward(days=3, hours=3)
    began = booked.deployment.clock()
    everlasting = update(OutboxRow).values(expires_at=None)
    booked.deployment.database.write_sync(lambda s: s.execute(everlasting))
    for _try in range(30):
        booked.deliver(booked.settled)
        booked.deployment.clock.forward(minutes=5)
    assert booked.deployment.clock() - began > timedelta(hours=1)
    assert calls(booked) == []


@mostly_on("sqlite")
def test_who_changes_it_in_a_chat_is_told_there_once_that_emails_do_not_arrive(
    push: PushDeployment,
) -> None:
    """And neither as if it came from elsewhere, nor are staff to call."""
    bind(push)
    push.email.fails = [DeliveryError("no such mailbox", unreachable=True)] * 9
    push.deployment.talk(*BOOK, *DETAILS, "γράψτε μου με email")
    push.deliver(push.settled)
    told = [said for said in push.server.to("citizen") if "δεν παραδόθηκε" in said]
    assert len(told) == 1
    assert "m…@example.gr" in told[0]
    before = len(push.server.to("citizen"))
    answered = push.deployment.talk("αρρώστησα", "ναι")
    push.deliver(push.settled)
    assert [row[1] for row in push.rows("cancelled")] == ["failed"]
    assert len(push.server.to("citizen")) == before + len(answered)
    assert calls(push) == []


@mostly_on("sqlite")
@pytest.mark.parametrize("account", ["push", "webchat"])
def test_who_gives_a_wrong_address_by_the_code_is_told(push: PushDeployment, account: str) -> None:
    """In their own chat, for only they know which address they meant."""
    push.deployment.talk(*BOOK, *DETAILS)
    push.deliver(push.settled)
    if account == "webchat":
        push.deployment.platform = push.deployment.account = account
        push.deployment.services.registry.accounts |= {account}
    code = push.deployment.rows("SELECT code FROM bookings WHERE code IS NOT NULL")[0][0]
    push.email.fails = [DeliveryError("no such mailbox", unreachable=True)] * 9
    given = ("Γεια", "αλλαγή στοιχείων", code, "6912345678", "email", "niki@example.gr")
    push.deployment.talk(*given, who="other")
    push.deliver(push.settled)
    if account == "webchat":
        services, page = (
            push.deployment.services,
            Sender(platform=account, account=account, address="other"),
        )
        fetched = push.deployment.database.write_sync(lambda s: inbox.fetch(s, services, page))
        said = [each.text for each in fetched]
    else:
        said = push.server.to("other")
    told = [each for each in said if "δεν παραδόθηκε" in each]
    assert ["n…@example.gr" in each and "με τον κωδικό" in each for each in told] == [True]
    assert not any("δεν παραδόθηκε" in each for each in push.server.to("citizen"))


@mostly_on("sqlite")
@pytest.mark.parametrize("parted", [False, True])
def test_an_own_change_is_not_told_as_another_s_once_the_chats_were_joined(
    deployment: Deployment, *, parted: bool
) -> None:
    chats = Chats(deployment)
    chats.book(VIBER, "12:30")
    chats.join(TELEGRAM, VIBER)  # so that what was booked in Viber is Telegram's citizen's
    if parted:
        chats.talk(VIBER, "χωρισμός", "ναι")

    def own(session: Session) -> bool:
        booking = session.scalars(select(Booking).where(Booking.code.is_not(None))).one()
        (change,) = session.scalars(select(History).where(History.action == "confirmed"))
        return change.citizen_id == booking.citizen_id

    assert deployment.database.write_sync(own)


@mostly_on("sqlite")
def test_of_an_address_that_is_dead_staff_are_told_once_and_what_was_lost(
    push: PushDeployment,
) -> None:
    bind(push)
    push.deployment.platform = push.deployment.account = "webchat"
    push.deployment.services.registry.accounts |= {"webchat"}
    push.email.fails = [DeliveryError("no such mailbox", unreachable=True)] * 9
    push.deployment.talk(*BOOK, *DETAILS)
    push.deliver(push.settled)
    assert calls(push) == []
    services, page = (
        push.deployment.services,
        Sender(platform="webchat", account="webchat", address="citizen"),
    )
    fetched = push.deployment.database.write_sync(lambda s: inbox.fetch(s, services, page))
    assert ["m…@example.gr" in each.text for each in fetched] == [True]
    for hours in (52, 21):  # past the first reminder, and past the second
        push.deployment.clock.forward(hours=hours)
        push.deliver(push.settled)
    assert [row[1] for row in push.rows("reminder")].count("failed") == 2
    (alert,) = calls(push)
    assert alert.text.endswith(
        "\nΔεν παραδόθηκε: η υπενθύμιση (με email)."
        "\nΗ διεύθυνση email δεν δέχεται μηνύματα. Ζητήστε, παρακαλώ, τη σωστή."
    )


@mostly_on("sqlite")
def test_what_twice_may_have_arrived_is_told_of(booked: PushDeployment) -> None:
    booked.deployment.clock.forward(days=1, hours=4)
    booked.server.failures["citizen"] = [(0, {})] * 2
    booked.email.fails = [DeliveryError("no such mailbox", unreachable=True)]
    for _try in range(2):
        booked.deliver(booked.settled)
        booked.deployment.clock.forward(seconds=31)
    booked.deliver(booked.settled)
    assert [row[1] for row in booked.rows("reminder")] == ["unknown", "pending", "failed"]
    assert len(calls(booked)) == 1


@mostly_on("sqlite")
def test_who_was_called_that_it_is_off_is_called_again_where_it_stands(
    booked: PushDeployment,
) -> None:
    deployment = booked.deployment
    database, registry, clock = deployment.database, deployment.services.registry, deployment.clock
    booked.server.failures["citizen"] = list(BLOCKED)
    day, home = date(2026, 12, 3), "kalamata"
    asked = ExceptionRequest(ExceptionKind.CLOSURE, home, day, day)

    def close(session: Session) -> int:
        for each in session.scalars(select(Booking)):  # who gave no other way to be reached
            each.details = {k: v for k, v in each.details.items() if k != "email"}
        return closures.make(session, registry, OPERATOR, asked, clock()).id

    def told() -> int:
        asyncio.run(work_once(database, deployment.services))
        booked.deliver(booked.settled)
        clock.forward(minutes=1)
        booked.deliver(booked.settled)
        return len(calls(booked))

    number = database.write_sync(close)
    assert told() == 1
    database.write_sync(lambda s: closures.withdraw(s, registry, OPERATOR, home, number, clock()))
    assert told() == 2
