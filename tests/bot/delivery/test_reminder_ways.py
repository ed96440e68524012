"""The ways of reminders: one that can't be chosen, or leads nowhere, delays nothing for long."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from bot.delivery.dispatch import claim_and_render
from bot.delivery.unclaimed import give_up_unclaimed
from core.db.models import REMINDERS, OutboxRow
from core.errors import DeliveryError
from tests.bot.delivery.test_undelivered import add_webhook, events_of
from tests.bot.push_deployment import BOOK, DETAILS, PushDeployment
from tests.conftest import mostly_on
from tests.core.small_municipality import ATHENS
from tests.fakes.push_platform import ACCOUNT

pytestmark = mostly_on("sqlite")

UNREADABLE = "UPDATE bookings SET details = x'00' WHERE code IS NOT NULL"


HOUR = timedelta(hours=1)


def claimed(push: PushDeployment) -> list[str]:
    """Claim what is due; return to whom it goes."""
    services, give_up = push.deployment.services, push.application.settings.give_up

    def claim(session: Session) -> list[str]:
        found, *_counts = claim_and_render(
            session, services, [ACCOUNT, "email"], "worker", 20, give_up
        )
        return [message.address for message in found]

    return push.deployment.database.write_sync(claim)


def spoil(session: Session) -> None:
    session.connection().exec_driver_sql(UNREADABLE)


def take_key(session: Session) -> None:
    """Store a reminder of the same cause, of a former time, on the chat."""
    query = select(OutboxRow).where(OutboxRow.account == REMINDERS).order_by(OutboxRow.id)
    row = session.scalars(query).first()
    chat = session.scalars(select(OutboxRow).where(OutboxRow.contact_id.is_not(None))).first()
    assert row and chat
    session.execute(
        insert(OutboxRow).values(
            account=ACCOUNT,
            platform="push",
            kind="reminder",
            status="sent",
            recipient=chat.recipient,
            contact_id=chat.contact_id,
            attempts=1,
            due_at=row.due_at,
            try_at=row.due_at,
            booking_id=row.booking_id,
            dedupe_key=row.dedupe_key.replace(row.recipient, chat.recipient),
        )
    )


def failed_reminders(push: PushDeployment) -> list[str | None]:
    """Return on which platforms a reminder was given up, as endpoints are told."""
    told = [each["data"] for each in events_of(push) if each["type"] == "message.failed"]
    assert all(each["booking"] for each in told)
    messages = [each["message"] for each in told]
    return [each["platform"] for each in messages if each["kind"] == "reminder"]


@pytest.mark.parametrize(
    ("break_it", "reminded"),
    [
        pytest.param(spoil, [], id="details that can't be read"),
        pytest.param(take_key, ["citizen"], id="a key that is taken"),
    ],
)
def test_a_reminder_whose_way_cannot_be_chosen_stops_no_other_message(
    push: PushDeployment, break_it: Callable[[Session], None], reminded: list[str]
) -> None:
    push.deployment.talk(*BOOK, *DETAILS)
    push.deliver(push.settled)
    push.deployment.clock.forward(days=1, hours=4)
    push.deployment.say("Γεια", who="another")
    push.deployment.database.write_sync(break_it)
    assert sorted(claimed(push)) == ["another", *reminded]


def test_a_way_that_cannot_be_chosen_is_given_up_in_time(push: PushDeployment) -> None:
    push.deployment.talk(*BOOK, *DETAILS)
    push.deliver(push.settled)
    push.deployment.clock.forward(days=1, hours=4)
    push.deployment.database.write_sync(spoil)
    add_webhook(push)
    for _time in range(8):
        claimed(push)
        push.deployment.clock.forward(minutes=5)
    kind, status, attempts, error = push.rows("reminder")[0]
    assert (kind, status) == ("reminder", "failed")
    assert attempts > 1
    assert error
    assert failed_reminders(push) == [None]


def test_a_chosen_reminder_that_cannot_be_read_any_more_stops_no_other(
    push: PushDeployment,
) -> None:
    push.deployment.talk(*BOOK, *DETAILS)
    push.deliver(push.settled)
    push.deployment.clock.forward(days=1, hours=4)
    push.server.failures["citizen"] = [(500, {})]
    push.deliver(push.settled)

    def give_up_next(session: Session) -> None:
        spoil(session)
        mine = OutboxRow.status == "pending", OutboxRow.account == ACCOUNT
        session.execute(update(OutboxRow).where(*mine).values(due_at=push.deployment.clock.now))

    push.deployment.database.write_sync(give_up_next)
    add_webhook(push)
    for _time in range(20):
        push.deployment.clock.forward(minutes=15)
        push.deployment.say("Γεια", who="another")
        assert "another" in claimed(push)
    assert push.rows("reminder")[0][1] == "failed"
    assert failed_reminders(push) == ["push"]


def test_what_the_mail_server_puts_off_in_the_evening_is_sent_in_the_morning(
    push: PushDeployment,
) -> None:
    push.deployment.talk(*BOOK, *DETAILS)
    push.deliver(push.settled)
    del push.email.sent[:]
    push.server.failures["citizen"] = [(403, {})]
    push.email.fails = [DeliveryError("greylisted")]
    push.deployment.clock.now = datetime(2026, 12, 1, 20, 58, tzinfo=ATHENS)
    push.deliver(push.settled)
    for hours in (0.1, 6, 4.93):
        push.deployment.clock.forward(hours=hours)
        push.deliver(push.settled)
        assert push.email.sent == []
    push.deployment.clock.now = datetime(2026, 12, 2, 8, 0, tzinfo=ATHENS)
    push.deliver(push.settled)
    assert len(push.email.sent) == 1


def test_a_reminder_goes_another_way_in_time_where_a_platform_is_away(
    push: PushDeployment,
) -> None:
    """However long other messages are tried."""
    push.deployment.talk(*BOOK, *DETAILS)
    push.deliver(push.settled)
    del push.email.sent[:]
    push.application.settings.give_up_hours = 24
    push.server.failures["citizen"] = [(500, {})] * 100
    push.deployment.clock.now = datetime(2026, 12, 3, 9, 30, tzinfo=ATHENS)
    for _time in range(8):
        push.deliver(push.settled)
        push.deployment.clock.forward(minutes=5)
    assert [row[1] for row in push.rows("reminder")] == ["cancelled", "failed", "sent"]
    assert len(push.email.sent) == 1


def test_where_an_account_cannot_be_connected_a_reminder_goes_another_way(
    push: PushDeployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with a token that was revoked: nothing is ever claimed for it, so nothing fails."""
    push.deployment.talk(*BOOK, *DETAILS)
    push.deliver(push.settled)
    del push.email.sent[:]

    def away(_self: object) -> object:
        raise OSError

    monkeypatch.setattr(type(push.platforms[ACCOUNT]), "connect", away)
    push.deployment.clock.now = datetime(2026, 12, 1, 12, 30, tzinfo=ATHENS)
    push.deliver(lambda: first_account(push) == ACCOUNT)
    push.deployment.clock.forward(minutes=29)
    push.deployment.database.write_sync(
        lambda s: give_up_unclaimed(s, push.deployment.services, [ACCOUNT], HOUR)
    )
    assert [row[1] for row in push.rows("reminder")] == ["pending", "pending"]
    push.deployment.clock.forward(minutes=2)
    push.deliver(lambda: bool(push.email.sent))
    assert [row[1] for row in push.rows("reminder")] == ["failed", "pending", "sent"]


def first_account(push: PushDeployment) -> str:
    query = select(OutboxRow.account).where(OutboxRow.kind == "reminder").order_by(OutboxRow.id)
    return push.deployment.database.write_sync(lambda s: s.scalars(query).first() or "")
