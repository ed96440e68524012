"""The budget of text messages: parts a month, and texts to a number a day."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from bot.delivery.text_counts import may_be_texted
from bot.views.texts_used import render_texts_used
from core.db.models import Booking, OutboxRow, StaffRoom, TextCount
from core.messaging.reminder_ways import choose_ways
from core.messaging.text_budget import MOST_A_DAY, count_text, forget_counts
from core.staff.text_alerts import enqueue_texts_used
from tests.bot.platforms.test_sms import MARIA, sms
from tests.bot.push_deployment import BOOK, DETAILS, PushDeployment
from tests.fakes.twilio import twilio_server

TOWN = "kalamata"


def counts(push: PushDeployment) -> list[tuple[str, int]]:
    rows = push.deployment.database.write_sync(
        lambda s: s.scalars(select(TextCount).order_by(TextCount.key.desc())).all()
    )
    return [(row.key, row.count) for row in rows]


def use(push: PushDeployment, parts: int, number: str = MARIA) -> int | None:
    registry, now = push.deployment.services.registry, push.deployment.clock()
    return push.deployment.database.write_sync(
        lambda s: count_text(s, registry, TOWN, number, parts, now)
    )


def test_what_was_sent_is_counted_by_its_parts_without_the_number(push: PushDeployment) -> None:
    details = ["παράλειψη" if "@" in each else each for each in DETAILS]
    with twilio_server() as server:
        push.platforms["sms:town"] = sms(api_url=server.url)
        push.deployment.services.registry.accounts |= {"sms:town"}
        push.deployment.platform = push.deployment.account = "console"
        push.deployment.talk(*BOOK, *details)
        push.deliver(push.settled)
        assert len(server.texts[MARIA]) == 1
    (month, parts), (number, texts) = counts(push)
    assert (month, parts, texts) == (f"parts {TOWN} 2026-11", 1, 1)
    assert "6912345678" not in number


def test_the_office_is_told_once_at_each_threshold(push: PushDeployment) -> None:
    assert [use(push, each) for each in (1599, 1, 399, 2, 1)] == [None, 80, None, 100, None]
    assert use(push, 5000) is None


def test_the_alert_goes_once_to_the_rooms_of_the_town_and_ends_with_the_month(
    push: PushDeployment,
) -> None:
    services, clock = push.deployment.services, push.deployment.clock
    room = StaffRoom(
        municipality_id=TOWN, account="push:town", chat="room", topic="", bound_at=clock()
    )
    push.deployment.database.write_sync(lambda s: s.add(room))

    def told(percent: int) -> list[str]:
        def run(session: Any) -> list[str]:
            for _time in range(2):
                enqueue_texts_used(session, services.registry, TOWN, percent, clock())
            query = select(OutboxRow).where(OutboxRow.kind == "texts_used")
            said = [render_texts_used(session, services, row) for row in session.scalars(query)]
            return [each.text if each else "" for each in said]

        return push.deployment.database.write_sync(run)

    push.deployment.database.write_sync(services.registry.refresh)
    services.registry.accounts |= {"push:town"}
    (first,) = told(80)
    assert "2000" in first
    assert "80 τοις εκατό" in first
    assert ["εξαντλήθηκαν" in each for each in told(100)] == [False, True]
    clock.forward(days=31)
    assert told(100)[:2] == ["", ""]


@pytest.fixture
def booked(push: PushDeployment) -> Booking:
    push.deployment.talk(*BOOK, *DETAILS)
    return push.deployment.database.write_sync(lambda s: s.scalars(select(Booking)).one())


@pytest.mark.parametrize(
    ("kind", "used", "had", "why"),
    [
        ("reminder", 1999, 1, None),
        ("reminder", 2000, 1, "budget of the month"),
        ("confirmed", 2000, 1, None),
        ("confirmed", 10, MOST_A_DAY, "limit of the day"),
        ("moved_by_office", 10, MOST_A_DAY - 1, None),
    ],
)
def test_reminders_stop_at_the_budget_and_all_at_the_limit_of_a_day(
    push: PushDeployment, booked: Booking, kind: str, used: int, had: int, why: str | None
) -> None:
    services = push.deployment.services
    for _text in range(had - 1):
        use(push, 1)
    use(push, used - had + 1)
    row = OutboxRow(id=5, kind=kind)

    def run(session: Any) -> bool:
        return may_be_texted(session, services, row, booked, MARIA)

    with capture_logs() as logs:
        may = push.deployment.database.write_sync(run)
    assert (
        may,
        [each.get("why") for each in logs if each["event"] == "text message left out"],
    ) == (
        why is None,
        [why] if why else [],
    )
    push.deployment.clock.forward(days=1)
    assert push.deployment.database.write_sync(run) or kind == "reminder"


def test_past_the_budget_a_reminder_goes_another_way(push: PushDeployment, booked: Booking) -> None:
    services, clock = push.deployment.services, push.deployment.clock
    services.registry.accounts |= {"sms:town"}
    push.platforms["sms:town"] = sms()
    push.deployment.say("γράψτε μου με sms")
    clock.forward(days=1, hours=5)
    use(push, 2000)

    def run(session: Any) -> list[str]:
        fail = lambda _row, error: pytest.fail(repr(error))  # noqa: E731
        chosen = choose_ways(session, services.registry, clock(), 10, fail)
        return [row.platform for row in chosen]

    assert push.deployment.database.write_sync(run) == ["push"]


def test_counts_are_kept_for_two_months(push: PushDeployment) -> None:
    use(push, 1)
    later = push.deployment.clock() + timedelta(days=61)
    push.deployment.database.write_sync(lambda s: forget_counts(s, later))
    assert counts(push)
    push.deployment.database.write_sync(lambda s: forget_counts(s, later + timedelta(days=2)))
    assert not counts(push)
