"""Cleanup: which data are erased, when, and which are kept."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from bot.messages import Inbound, Reply
from bot.ops.cleanup import BATCH, clean_up
from core.actor import OPERATOR
from core.bookings.closures import service as closures
from core.bookings.closures.request import ExceptionRequest
from core.db.models import (
    Booking,
    Citizen,
    CodePurpose,
    Contact,
    Conversation,
    ExceptionKind,
    FailedAttempt,
    InboundRow,
    OutboxRow,
    OutboxStatus,
    PendingInbound,
    PromptRow,
    ScheduleException,
    StaffAction,
    StaffCode,
    TimeOffer,
)
from core.messaging import outbox
from core.messaging.arrival_order import add
from core.messaging.keys import Cause
from core.messaging.page_inbox import stored_message_id
from core.messaging.recipients import ContactRecipient
from tests.conftest import Deployment, mostly_on
from tests.core.db.query_plans import plans
from tests.fakes.push_platform import PushPlatform

pytestmark = mostly_on("sqlite")

KEEP_REPLIES = timedelta(hours=48)
BOOK = ("Γεια", "Καλαμάτα", "Επίδομα Στέγασης", "όχι", "3/12", "12:30")
DETAILS = ("Μαρία Παπαδοπούλου", "maria@example.gr", "6912345678", "068933130", "συμφωνώ", "ναι")


def clean_up_after(deployment: Deployment, **later: float) -> dict[str, int]:
    """Move the clock on and clean up; return the counts."""
    deployment.clock.forward(**later)
    keep = deployment.services.keep_answers
    return deployment.database.write_sync(
        lambda s: clean_up(s, deployment.clock(), KEEP_REPLIES, keep)
    )


def count(deployment: Deployment, table: Any, *which: Any) -> int:
    query = select(func.count()).select_from(table).where(*which)
    return deployment.database.write_sync(lambda s: s.scalar(query) or 0)


def everything(deployment: Deployment) -> str:
    """All that is stored of conversations, as it is stored."""
    columns = (Conversation.state, PromptRow.offered, InboundRow.replies)

    def read(session: Any) -> str:
        return "\n".join(str(session.scalars(select(column)).all()) for column in columns)

    return deployment.database.write_sync(read)


def tap(deployment: Deployment, choice: str) -> list[Reply]:
    return deployment.say(choice=choice)


def test_nothing_is_forgotten_at_once(deployment: Deployment) -> None:
    deployment.talk(*BOOK, *DETAILS[:2])
    before = everything(deployment)
    assert clean_up_after(deployment) == {"holds": 0, "conversations": 0}
    assert everything(deployment) == before
    assert deployment.say(DETAILS[2])[-1].step == "details.tax_number"


def test_holds_that_ran_out_are_expired(deployment: Deployment) -> None:
    deployment.talk(*BOOK)
    assert clean_up_after(deployment, minutes=9)["holds"] == 0
    assert clean_up_after(deployment, minutes=2)["holds"] == 1
    assert count(deployment, Booking, Booking.state == "expired") == 1
    assert clean_up_after(deployment)["holds"] == 0


def test_a_confirmed_booking_and_its_details_stay(deployment: Deployment) -> None:
    deployment.talk(*BOOK, *DETAILS)
    clean_up_after(deployment, days=365)
    booking = deployment.database.write_sync(lambda s: s.scalars(select(Booking)).one())
    assert booking.state == "confirmed"
    assert booking.details["name"] == DETAILS[0]


def test_answers_left_half_way_are_forgotten_after_thirty_days(deployment: Deployment) -> None:
    deployment.talk(*BOOK, *DETAILS[:3])
    assert clean_up_after(deployment, days=29)["conversations"] == 0
    assert DETAILS[0] in everything(deployment)
    assert clean_up_after(deployment, days=2)["conversations"] == 1
    for secret in (*DETAILS[:2], "12345678", "kalamata"):
        assert secret not in everything(deployment)
    assert clean_up_after(deployment)["conversations"] == 0
    assert deployment.say("Γεια")[-1].step == "municipality"


def test_details_offered_again_in_a_finished_conversation_are_forgotten_too(
    deployment: Deployment,
) -> None:
    deployment.talk(*BOOK, *DETAILS)
    deployment.talk("νέο ραντεβού", *BOOK[1:4], "4/12", "12:30")
    assert DETAILS[0] in [choice.label for choice in deployment.last[-1].choices]
    deployment.talk("ακύρωση", "ναι")
    clean_up_after(deployment, days=31)
    for secret in (*DETAILS[:2], "12345678"):
        assert secret not in everything(deployment)


def test_many_silent_conversations_are_forgotten_batch_by_batch(deployment: Deployment) -> None:
    def fill(session: Any) -> None:
        session.add(Citizen(id=1, details={}, created_at=deployment.clock()))
        session.flush()
        for number in range(1, BATCH + 3):
            session.add(Contact(account="x", address=str(number), citizen_id=1))
        session.flush()
        for number in range(1, BATCH + 3):
            session.add(
                Conversation(
                    contact_id=number,
                    language="el",
                    timezone="Europe/Athens",
                    state={
                        "dialog": "book",
                        "answers": [{"step": "details.name", "value": DETAILS[0]}],
                    },
                    forget_at=deployment.clock(),
                )
            )

    deployment.database.write_sync(fill)
    assert [clean_up_after(deployment, minutes=1)["conversations"] for _ in range(3)] == [
        BATCH,
        2,
        0,
    ]
    assert DETAILS[0] not in everything(deployment)


def offered(replies: Sequence[Reply]) -> list[str]:
    return [choice.id for choice in replies[-1].choices]


@pytest.mark.parametrize("turns", range(1, 7))
def test_after_forgetting_every_old_button_is_still_an_old_button(
    deployment: Deployment, turns: int
) -> None:
    old = [choice for text in BOOK[:turns] for choice in offered(deployment.say(text))]
    clean_up_after(deployment, days=31)
    for choice in old:
        first, asked = tap(deployment, choice)
        assert first.text == "Αυτό το κουμπί δεν ισχύει πια."
        assert asked.step == "municipality"
    assert not set(old) & set(offered(deployment.last))


def test_a_language_asked_for_is_remembered_after_forgetting(deployment: Deployment) -> None:
    def hear(text: str) -> str:
        deployment.sent += 1
        inbound = Inbound(
            platform="webchat",
            account="webchat",
            address="1",
            message_id=str(deployment.sent),
            text=text,
            language="el",
        )
        return deployment.receive(inbound)[-1].language

    assert hear("Γεια") == "el"
    assert hear("english") == "en"
    assert hear("Kalamata") == "en"
    clean_up_after(deployment, days=31)
    assert hear("hello") == "en"


def test_stored_replies_are_forgotten_after_two_days(deployment: Deployment) -> None:
    deployment.talk(*BOOK[:2])
    clean_up_after(deployment, hours=47)
    assert count(deployment, InboundRow) == 2
    deployment.talk(BOOK[2])
    clean_up_after(deployment, hours=2)
    assert count(deployment, InboundRow) == 1


def test_wrong_tries_are_forgotten_once_they_can_lock_nobody(deployment: Deployment) -> None:
    deployment.talk("Γεια", "τα ραντεβού μου", "KX7M2P", "6912345678")
    assert count(deployment, FailedAttempt) == 2
    clean_up_after(deployment, minutes=119)
    assert count(deployment, FailedAttempt) == 2
    clean_up_after(deployment, minutes=2)
    assert count(deployment, FailedAttempt) == 1  # the number's
    clean_up_after(deployment, hours=46)
    assert count(deployment, FailedAttempt) == 0


def test_codes_of_staff_are_forgotten_once_they_are_not_valid(deployment: Deployment) -> None:
    expires = deployment.clock() + timedelta(hours=1)
    code = StaffCode(code="a hash", purpose=CodePurpose.ROOM, expires_at=expires)
    deployment.database.write_sync(lambda s: s.add(code))
    clean_up_after(deployment, minutes=59)
    assert count(deployment, StaffCode) == 1
    clean_up_after(deployment, minutes=1)
    assert count(deployment, StaffCode) == 0


def test_that_a_message_waited_is_forgotten(deployment: Deployment) -> None:
    deployment.say("Γεια")
    deployment.database.write_sync(lambda s: add(s, "console", "citizen", 7, deployment.clock()))
    clean_up_after(deployment)
    assert count(deployment, PendingInbound) == 1
    clean_up_after(deployment, seconds=6)
    assert count(deployment, PendingInbound) == 0


def test_what_was_never_fetched_is_given_up_once_the_appointment_is_over(
    deployment: Deployment,
) -> None:
    deployment.services.registry.accounts = frozenset({"webchat"})
    message = {"platform": "webchat", "account": "webchat", "address": "a"}
    for number, text in enumerate((*BOOK, *DETAILS)):
        deployment.receive(
            Inbound.model_validate({**message, "message_id": str(number), "text": text})
        )
    pending, expired = OutboxRow.status == "pending", OutboxRow.status == "expired"
    clean_up_after(deployment, days=3)
    assert (count(deployment, OutboxRow, pending), count(deployment, OutboxRow, expired)) == (2, 0)
    clean_up_after(deployment, days=1)
    assert (count(deployment, OutboxRow, pending), count(deployment, OutboxRow, expired)) == (0, 2)


def test_what_is_still_unsent_is_kept_with_the_message_that_it_answers(
    deployment: Deployment,
) -> None:
    deployment.connect({"console": PushPlatform("http://127.0.0.1:9")})
    deployment.say("Γεια")
    clean_up_after(deployment, hours=49)
    assert count(deployment, OutboxRow) == 2
    deployment.database.write_sync(lambda s: s.execute(update(OutboxRow).values(status="sent")))
    clean_up_after(deployment)
    assert count(deployment, OutboxRow) == count(deployment, InboundRow) == 0


def test_the_reason_of_a_closure_is_erased_two_days_after_it(deployment: Deployment) -> None:
    for text in (*BOOK, *DETAILS):
        deployment.say(text)
    registry, day = deployment.services.registry, deployment.clock().date() + timedelta(days=1)
    reasons = ("ασθένεια", "απεργία", "βλάβη")

    def close(session: Session) -> list[int]:
        numbers: list[int] = []
        now = deployment.clock()
        for reason, last in zip(reasons, (day, day, day + timedelta(days=9)), strict=True):
            kind, hours = ExceptionKind.CLOSURE, ("09:00", "10:00")
            desk = f"koinoniki-arogi/{('stegasi', 'eee', 'stegasi')[len(numbers)]}"
            asked = ExceptionRequest(kind, "kalamata", day, last, *hours, desk=desk, reason=reason)
            now += timedelta(minutes=1)
            numbers.append(closures.make(session, registry, OPERATOR, asked, now).id)
        for number, reason in zip(numbers, reasons, strict=True):
            fetched(session, number, reason)
        return numbers

    def fetched(session: Session, exception_id: int, reason: str) -> None:
        """Another time was offered because of it, and a page has fetched that."""
        now = deployment.clock()
        offer = TimeOffer(booking_id=1, exception_id=exception_id, state="expired", asked_at=now)
        session.add(offer)
        session.flush()
        key = Cause.offer(offer.id, "made").dedupe_key(ContactRecipient(1))
        message = outbox.OutboxMessage("webchat", "time_offered", "contact 1", now, key)
        message = replace(message, booking_id=1, status=OutboxStatus.DELIVERED)
        outbox.enqueue(session, ["webchat"], [message], now)
        row = session.scalars(select(OutboxRow).where(OutboxRow.dedupe_key == key)).one()
        session.add(
            InboundRow(
                account="webchat",
                message_id=stored_message_id(row),
                conversation_id=1,
                received_at=now + timedelta(days=90),  # however long the rest is kept
                said=None,
                replies=[{"text": reason}],
            )
        )

    def read(session: Session) -> list[list[Any]]:
        closed = session.scalars(select(ScheduleException).order_by(ScheduleException.id))
        recorded = session.scalars(select(StaffAction).order_by(StaffAction.id))
        pages = session.scalars(
            select(InboundRow).where(InboundRow.account == "webchat").order_by(InboundRow.id)
        )
        shown = [row.replies and row.replies[0]["text"] for row in pages]
        return [[row.reason for row in closed], [row.reason for row in recorded], shown]

    def left() -> list[list[Any]]:
        return deployment.database.write_sync(read)

    deployment.database.write_sync(close)
    clean_up_after(deployment, days=3)
    assert left() == [list(reasons)] * 3
    clean_up_after(deployment, days=1)
    assert left() == [[None, None, "βλάβη"]] * 3
    deployment.database.write_sync(
        lambda s: s.execute(update(ScheduleException).values(withdrawn_at=deployment.clock()))
    )
    clean_up_after(deployment, days=2)
    assert left() == [[None] * 3] * 3


def test_the_messages_of_pages_are_found_by_their_expiry(deployment: Deployment) -> None:
    (plan,) = (
        plan
        for plan in plans(
            deployment.database,
            lambda s: clean_up(s, deployment.clock(), timedelta(hours=48), timedelta(days=30)),
        )
        if "outgoing" in plan
    )
    assert "ix_outgoing_platform_status_expires_at" in plan
    assert "Join" not in plan
