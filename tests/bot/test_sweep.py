"""What is forgotten, when, and what is kept."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from bot.messages import Inbound, Reply
from bot.ops.cleanup import BATCH, clean_up
from core.db.models import (
    Booking,
    Citizen,
    Contact,
    Conversation,
    FailedAttempt,
    InboundRow,
    OutboxRow,
    PendingInbound,
    PromptRow,
)
from core.messaging.arrival_order import add
from tests.conftest import Town, on_both
from tests.fakes.pager import Pager

pytestmark = on_both

KEEP_REPLIES = timedelta(hours=48)
BOOK = ("Γεια", "Καλαμάτα", "Επίδομα Στέγασης", "όχι", "3/12", "12:30")
DETAILS = ("Μαρία Παπαδοπούλου", "maria@example.gr", "6912345678", "068933130", "συμφωνώ", "ναι")


def swept(town: Town, **later: float) -> dict[str, int]:
    """Sweep that much later."""
    town.clock.forward(**later)
    keep = town.services.keep_answers
    return town.database.write_sync(lambda s: clean_up(s, town.clock(), KEEP_REPLIES, keep))


def count(town: Town, table: Any, *which: Any) -> int:
    query = select(func.count()).select_from(table).where(*which)
    return town.database.write_sync(lambda s: s.scalar(query) or 0)


def everything(town: Town) -> str:
    """All that is stored of conversations, as it is stored."""
    columns = (Conversation.state, PromptRow.offered, InboundRow.replies)

    def read(session: Any) -> str:
        return "\n".join(str(session.scalars(select(column)).all()) for column in columns)

    return town.database.write_sync(read)


def tap(town: Town, choice: str) -> list[Reply]:
    return town.say(choice=choice)


def test_nothing_is_forgotten_at_once(town: Town) -> None:
    town.talk(*BOOK, *DETAILS[:2])
    before = everything(town)
    assert swept(town) == {"holds": 0, "conversations": 0}
    assert everything(town) == before
    assert town.say(DETAILS[2])[-1].step == "details.tax_number"


def test_holds_that_ran_out_are_expired(town: Town) -> None:
    town.talk(*BOOK)
    assert swept(town, minutes=9)["holds"] == 0
    assert swept(town, minutes=2)["holds"] == 1
    assert count(town, Booking, Booking.state == "expired") == 1
    assert swept(town)["holds"] == 0


def test_a_confirmed_booking_and_its_details_stay(town: Town) -> None:
    town.talk(*BOOK, *DETAILS)
    swept(town, days=365)
    booking = town.database.write_sync(lambda s: s.scalars(select(Booking)).one())
    assert booking.state == "confirmed"
    assert booking.details["name"] == DETAILS[0]


def test_answers_left_half_way_are_forgotten_after_thirty_days(town: Town) -> None:
    town.talk(*BOOK, *DETAILS[:3])
    assert swept(town, days=29)["conversations"] == 0
    assert DETAILS[0] in everything(town)
    assert swept(town, days=2)["conversations"] == 1
    for secret in (*DETAILS[:2], "12345678", "kalamata"):
        assert secret not in everything(town)
    assert swept(town)["conversations"] == 0
    assert town.say("Γεια")[-1].step == "municipality"


def test_details_offered_again_in_a_finished_conversation_are_forgotten_too(town: Town) -> None:
    town.talk(*BOOK, *DETAILS)
    town.talk("νέο ραντεβού", *BOOK[1:4], "4/12", "12:30")
    assert DETAILS[0] in [choice.label for choice in town.last[-1].choices]
    town.talk("ακύρωση", "ναι")
    swept(town, days=31)
    for secret in (*DETAILS[:2], "12345678"):
        assert secret not in everything(town)


def test_many_silent_conversations_are_forgotten_batch_by_batch(town: Town) -> None:
    def fill(session: Any) -> None:
        session.add(Citizen(id=1, details={}, created_at=town.clock()))
        session.flush()
        for number in range(1, BATCH + 3):
            session.add(Contact(id=number, account="x", address=str(number), citizen_id=1))
        session.flush()
        for number in range(1, BATCH + 3):
            session.add(
                Conversation(
                    contact_id=number,
                    language="el",
                    timezone="Europe/Athens",
                    state={"answers": {"details.name": DETAILS[0]}},
                    forget_at=town.clock(),
                )
            )

    town.database.write_sync(fill)
    assert [swept(town, minutes=1)["conversations"] for _ in range(3)] == [BATCH, 2, 0]
    assert DETAILS[0] not in everything(town)


def offered(replies: Sequence[Reply]) -> list[str]:
    return [choice.id for choice in replies[-1].choices]


@pytest.mark.parametrize("turns", range(1, 7))
def test_after_forgetting_every_old_button_is_still_an_old_button(town: Town, turns: int) -> None:
    old = [choice for text in BOOK[:turns] for choice in offered(town.say(text))]
    swept(town, days=31)
    for choice in old:
        first, asked = tap(town, choice)
        assert first.text == "Αυτό το κουμπί δεν ισχύει πια."
        assert asked.step == "municipality"
    assert not set(old) & set(offered(town.last))


def test_a_language_asked_for_is_remembered_after_forgetting(town: Town) -> None:
    def hear(text: str) -> str:
        town.sent += 1
        inbound = Inbound(
            platform="webchat",
            account="webchat",
            address="1",
            message_id=str(town.sent),
            text=text,
            language="el",
        )
        return town.receive(inbound)[-1].language

    assert hear("Γεια") == "el"
    assert hear("english") == "en"
    assert hear("Kalamata") == "en"
    swept(town, days=31)
    assert hear("hello") == "en"


def test_stored_replies_are_forgotten_after_two_days(town: Town) -> None:
    town.talk(*BOOK[:2])
    swept(town, hours=47)
    assert count(town, InboundRow) == 2
    town.talk(BOOK[2])
    swept(town, hours=2)
    assert count(town, InboundRow) == 1


def test_wrong_tries_are_forgotten_once_they_can_lock_nobody(town: Town) -> None:
    town.talk("Γεια", "τα ραντεβού μου", "KX7M2P", "6912345678")
    assert count(town, FailedAttempt) == 1
    swept(town, minutes=119)
    assert count(town, FailedAttempt) == 1
    swept(town, minutes=2)
    assert count(town, FailedAttempt) == 0


def test_that_a_message_waited_is_forgotten(town: Town) -> None:
    town.say("Γεια")
    town.database.write_sync(lambda s: add(s, "console", "citizen", 7, town.clock()))
    swept(town)
    assert count(town, PendingInbound) == 1
    swept(town, seconds=6)
    assert count(town, PendingInbound) == 0


def test_what_was_never_fetched_is_given_up_once_the_appointment_is_over(town: Town) -> None:
    town.services.registry.accounts = frozenset({"webchat"})
    message = {"platform": "webchat", "account": "webchat", "address": "a"}
    for number, text in enumerate((*BOOK, *DETAILS)):
        town.receive(Inbound.model_validate({**message, "message_id": str(number), "text": text}))
    pending, expired = OutboxRow.status == "pending", OutboxRow.status == "expired"
    swept(town, days=3)
    assert (count(town, OutboxRow, pending), count(town, OutboxRow, expired)) == (1, 0)
    swept(town, days=1)
    assert (count(town, OutboxRow, pending), count(town, OutboxRow, expired)) == (0, 1)


def test_what_is_still_owed_is_kept_with_the_message_that_it_answers(town: Town) -> None:
    town.connect({"console": Pager("http://127.0.0.1:9")})
    town.say("Γεια")
    swept(town, hours=49)
    assert count(town, OutboxRow) == 2
    town.database.write_sync(lambda s: s.execute(update(OutboxRow).values(status="sent")))
    swept(town)
    assert count(town, OutboxRow) == count(town, InboundRow) == 0
