"""Alerts to a channel of Slack or Mattermost: plain, one after the other, none edited."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.bootstrap import Application
from bot.ops.day_lists import enqueue_lists
from bot.settings import Settings
from core.db.models import OutboxRow
from core.staff import rooms
from core.staff.chat_pace import BURST
from tests.bot.platforms.test_incoming_webhooks import KINDS, room
from tests.bot.staff_chat import StaffChat
from tests.core.small_municipality import MONDAY, at
from tests.core.staff.two_towns import OPERATOR, TOWN
from tests.fakes.incoming_webhook import WebhookServer, webhook_server


@pytest.fixture(params=KINDS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def server(name: str) -> Iterator[WebhookServer]:
    with webhook_server(KINDS[name].error) as server:
        yield server


@pytest.fixture
def channel(staff_chat: StaffChat, name: str, server: WebhookServer) -> StaffChat:
    """Return the town whose staff have a channel there, besides no group."""
    deployment, account = staff_chat.deployment, f"{name}:town"
    deployment.connect({account: room(name, server, deployment.services.texts)})
    staff_chat.application = Application(
        Settings(give_up_hours=1), deployment.database, deployment.services
    )
    registry, now = deployment.services.registry, deployment.clock()
    given = {"account": account, "municipality_id": TOWN}
    staff_chat.do(lambda s: rooms.bind_one_way(s, registry, OPERATOR, now, **given))
    return staff_chat


def test_each_change_is_one_more_message(
    channel: StaffChat, name: str, server: WebhookServer
) -> None:
    booking = channel.book()
    channel.deliver()
    channel.change(booking, lambda env, each: env.move(each, "10:30"))
    channel.deliver()
    channel.change(booking, lambda env, each: env.cancel(each))
    channel.deliver()
    assert channel.rows() == [("alert", "sent")] * 3
    booked, moved, cancelled = [KINDS[name].shown(text) for text in server.texts]
    assert "10:00" in booked
    assert "10:30" in moved
    assert "ακυρώ" in cancelled.lower()


def test_those_that_pile_up_ask_nobody_to_write_there(
    channel: StaffChat, name: str, server: WebhookServer
) -> None:
    for day in range(BURST + 1):
        channel.book(day=MONDAY + timedelta(days=day))
    channel.deliver()
    (told,) = server.texts
    heading, *lines = KINDS[name].shown(told).split("\n")
    assert heading == "6 ενημερώσεις:"
    assert [line[:16] for line in lines] == ["• Νέο ραντεβού: "] * 6


@pytest.mark.parametrize("staff_chat", [{"shows": ["time", "name"]}], indirect=True)
def test_a_list_that_is_too_long_asks_nobody_to_write_there(
    channel: StaffChat, name: str, server: WebhookServer
) -> None:
    attendee = "Μαρία " + "Παπαδοπούλου " * 40
    for clock in ("09:00", "09:30", "10:00", "10:30"):
        for _desk in range(2):
            channel.book(clock, name=attendee)
    channel.deliver()
    server.texts.clear()
    channel.deployment.clock.now = at("07:30")
    asyncio.run(enqueue_lists(channel.deployment.database, channel.services))
    channel.deliver()
    shown = KINDS[name].shown("\n".join(server.texts))
    assert shown.split("\n")[0] == "Δευτέρα 7 Δεκεμβρίου: 8 ραντεβού"
    assert shown.split("\n")[-1] == "και 1 ακόμη"


def test_one_that_is_refused_is_given_up_and_the_next_is_sent(
    channel: StaffChat, name: str, server: WebhookServer
) -> None:
    server.answers.append(KINDS[name].error(404, "no_team"))
    channel.book("09:00")
    channel.deliver()
    assert channel.rows() == [("alert", "failed")]
    channel.book("09:30")
    channel.deliver()
    assert channel.rows() == [("alert", "failed"), ("alert", "sent")]
    assert len(server.texts) == 1


def test_why_it_was_refused_is_named(channel: StaffChat, name: str, server: WebhookServer) -> None:
    server.answers.append(KINDS[name].error(410, "channel_is_archived"))
    channel.book()
    channel.deliver()
    query = select(OutboxRow.last_error).where(OutboxRow.room_id.is_not(None))
    (error,) = channel.do(lambda s: s.scalars(query).all())
    assert "channel_is_archived" in str(error)
