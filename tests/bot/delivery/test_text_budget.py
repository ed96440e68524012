"""The budget of text messages: parts a month, and texts to a number a day."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from bot.delivery.text_counts import TextKeptBack, check_limits
from bot.views.texts_used import render_texts_used
from core.bookings.catalogue_update import load_catalogue
from core.catalogue.rules import Texts
from core.db.models import Booking, Conversation, OutboxRow, StaffRoom, TextCount
from core.messaging.keys import Cause
from core.messaging.reminder_ways import choose_ways
from core.messaging.text_budget import MOST_A_DAY, count_text, count_to, forget_counts
from core.staff.text_alerts import enqueue_texts_used
from tests.bot.delivery.test_undelivered import BLOCKED, bind, calls, cancel
from tests.bot.platforms.test_sms import MARIA, sms
from tests.bot.platforms.text_talk import URL, two_way
from tests.bot.push_deployment import BOOK, DETAILS, PushDeployment
from tests.conftest import mostly_on
from tests.fakes.twilio import TwilioServer, callback, failure, incoming, twilio_server

TOWN = "kalamata"
WITHOUT_EMAIL = ["παράλειψη" if "@" in each else each for each in DETAILS]


def counts(push: PushDeployment) -> list[tuple[str, int]]:
    rows = push.deployment.database.write_sync(
        lambda s: s.scalars(select(TextCount).order_by(TextCount.key.desc())).all()
    )
    return [(row.key, row.count) for row in rows]


def use(push: PushDeployment, parts: int, number: str = MARIA) -> int | None:
    """Count a text of so many parts to a number; return the threshold that is reached."""
    registry, now = push.deployment.services.registry, push.deployment.clock()

    def run(session: Session) -> int | None:
        count_to(session, registry, number, now)
        return count_text(session, registry, TOWN, parts, now)

    return push.deployment.database.write_sync(run)


def test_what_was_sent_is_counted_by_its_parts_without_the_number(push: PushDeployment) -> None:
    with twilio_server() as server:
        push.platforms["sms:town"] = sms(api_url=server.url)
        push.deployment.services.registry.accounts |= {"sms:town"}
        push.deployment.platform = push.deployment.account = "console"
        push.deployment.talk(*BOOK, *WITHOUT_EMAIL)
        push.deliver(push.settled)
        assert len(server.texts[MARIA]) == 1
    (month, parts), (number, texts) = counts(push)
    assert (month, parts, texts) == (f"parts {TOWN} 2026-11", 1, 1)
    assert "6912345678" not in number


def set_budget(push: PushDeployment, parts: int) -> None:
    set_rules(push, text_parts_per_month=parts)


def set_rules(push: PushDeployment, **changed: Any) -> None:
    registry = push.deployment.services.registry

    def run(session: Session) -> None:
        registry.refresh(session)
        body = registry[TOWN].body
        rules = body.rules.model_copy(update=changed)
        load_catalogue(session, body.model_copy(update={"rules": rules}), push.deployment.clock())
        registry.refresh(session)

    push.deployment.database.write_sync(run)


def told_of(push: PushDeployment, parts: int) -> list[str]:
    """Use some parts; return each percentage and budget of which the office was told by then."""
    registry, now = push.deployment.services.registry, push.deployment.clock()
    percent = use(push, parts)

    def run(session: Session) -> list[str]:
        if percent is not None:
            enqueue_texts_used(session, registry, TOWN, percent, now)
        query = select(OutboxRow).where(OutboxRow.kind == "texts_used").order_by(OutboxRow.id)
        causes = [Cause.parse(row.dedupe_key, row.recipient) for row in session.scalars(query)]
        return ["{2} of {3}".format(*each.as_texts_used()) for each in causes]

    return push.deployment.database.write_sync(run)


def test_the_office_is_told_once_at_each_threshold_of_each_budget(push: PushDeployment) -> None:
    bind(push)
    push.deployment.services.registry.accounts |= {push.deployment.account}
    set_budget(push, 2000)
    told = [len(told_of(push, each)) for each in (1599, 1, 399, 2, 1, 99)]
    assert told == [0, 1, 1, 2, 2, 2]
    set_budget(push, 4000)  # of which 2100 are used
    assert [len(told_of(push, each)) for each in (1000, 100, 800, 1)] == [2, 3, 4, 4]
    set_budget(push, 1000)  # less than was used
    first = ["80 of 2000", "100 of 2000", "80 of 4000", "100 of 4000"]
    assert told_of(push, 1) == told_of(push, 1) == [*first, "100 of 1000"]


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
        ("moved", 10, MOST_A_DAY - 1, None),
        ("moved_by_office", 10, MOST_A_DAY, None),
        ("offer_withdrawn", 10, MOST_A_DAY, None),
    ],
)
def test_reminders_stop_at_the_budget_and_all_but_the_office_at_the_limit_of_a_day(
    push: PushDeployment, booked: Booking, kind: str, used: int, had: int, why: str | None
) -> None:
    services = push.deployment.services
    for _text in range(had - 1):
        use(push, 1)
    use(push, used - had + 1)
    row = OutboxRow(id=5, kind=kind, attempts=1)

    def run(session: Any) -> bool:
        try:
            check_limits(session, services, row, booked, MARIA)
        except TextKeptBack as kept_back:
            assert kept_back.why == why
            return False
        return True

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


@pytest.fixture
def gateway(push: PushDeployment) -> Iterator[TwilioServer]:
    with twilio_server() as server:
        push.platforms["sms:town"] = sms(api_url=server.url)
        push.deployment.services.registry.accounts |= {"sms:town"}
        bind(push)
        yield server


def texted(push: PushDeployment, kind: str) -> list[str | None]:
    """Return the errors of the texts of a kind."""
    query = select(OutboxRow).where(OutboxRow.platform == "sms", OutboxRow.kind == kind)
    return push.deployment.database.write_sync(
        lambda s: [row.last_error for row in s.scalars(query)]
    )


@mostly_on("sqlite")
def test_what_the_office_did_is_texted_past_the_limit_of_a_day(
    push: PushDeployment, gateway: TwilioServer
) -> None:
    push.deployment.platform = push.deployment.account = "console"
    push.deployment.talk(*BOOK, *WITHOUT_EMAIL)
    push.deliver(push.settled)
    for _text in range(MOST_A_DAY):  # somebody else books with Maria's number
        use(push, 1)
    cancel(push)
    push.deliver(push.settled)
    assert len(gateway.texts[MARIA]) == 2
    # A reason has no full stop of its own, as staff write it.
    assert ": AΠEPΓIA. THΛEΦΩNO THΣ YΠHPEΣIAΣ: 2721" in gateway.texts[MARIA][1]
    assert not calls(push)


@mostly_on("sqlite")
@pytest.mark.parametrize(
    ("blocked", "used", "why"),
    [
        (False, [1] * MOST_A_DAY, ["limit of the day"]),
        (False, [5000], ["budget of the month"]),
        (True, [5000], []),
    ],
)
def test_a_reminder_that_a_limit_keeps_back_is_called(
    push: PushDeployment, gateway: TwilioServer, blocked: bool, used: list[int], why: list[str]
) -> None:
    """Nothing else reaches them: they have no chat any more, or have blocked it."""
    push.deployment.talk(*BOOK, *WITHOUT_EMAIL)
    push.deliver(push.settled)
    if blocked:
        push.server.failures["citizen"] = list(BLOCKED)
    else:
        ended = update(Conversation).values(ended_at=push.deployment.clock())
        push.deployment.database.write_sync(lambda s: s.execute(ended))
    push.deployment.clock.forward(days=2, hours=4)
    for parts in used:
        use(push, parts)
    push.deliver(push.settled)
    assert MARIA not in gateway.texts
    assert texted(push, "reminder") == why
    assert len(calls(push)) == 1


@mostly_on("sqlite")
def test_a_reminder_tried_again_past_the_budget_goes_another_way(
    push: PushDeployment, gateway: TwilioServer
) -> None:
    push.deployment.talk(*BOOK, *DETAILS, "γράψτε μου με sms")
    push.deliver(push.settled)
    said = len(push.server.by_address["citizen"])
    gateway.failures[MARIA] = [failure(20429, 429)] * 2
    push.deployment.clock.forward(days=1, hours=5)
    push.deliver(push.settled)
    use(push, 5000)
    push.deployment.clock.forward(minutes=2)
    push.deliver(push.settled)
    assert texted(push, "reminder") == ["budget of the month"]
    assert len(push.server.by_address["citizen"]) == said + 1
    assert not calls(push)


def test_numbers_are_counted_until_midnight_and_parts_for_two_months(push: PushDeployment) -> None:
    use(push, 1)
    now = push.deployment.clock().replace(hour=0)  # 02:00 in Greece

    def kept(later: timedelta) -> list[str]:
        push.deployment.database.write_sync(lambda s: forget_counts(s, now + later))
        return [key.split()[0] for key, _count in counts(push)]

    assert kept(timedelta(hours=21)) == ["parts", "number"]
    assert kept(timedelta(hours=22)) == ["parts"]
    assert kept(timedelta(days=61)) == ["parts"]
    assert kept(timedelta(days=63)) == []


def test_the_day_of_a_number_begins_at_midnight_in_greece(push: PushDeployment) -> None:
    registry, clock = push.deployment.services.registry, push.deployment.clock
    evening = clock().replace(hour=21, minute=30)  # 23:30 there

    def run(session: Session) -> list[int]:
        later = (evening, evening, evening + timedelta(hours=1))
        return [count_to(session, registry, MARIA, each) for each in later]

    assert push.deployment.database.write_sync(run) == [1, 2, 1]


@pytest.mark.parametrize("by_citizen", [False, True])
def test_nothing_is_texted_once_the_municipality_or_the_citizen_wants_no_texts(
    push: PushDeployment, gateway: TwilioServer, *, by_citizen: bool
) -> None:
    push.deployment.platform = push.deployment.account = "console"
    push.deployment.talk(*BOOK, *WITHOUT_EMAIL)
    if by_citizen:
        push.deployment.talk("μη μου στέλνετε SMS")
    else:
        set_rules(push, texts=Texts.NEVER)
    push.deliver(push.settled)
    assert MARIA not in gateway.texts
    query = select(OutboxRow.status).where(OutboxRow.platform == "sms")
    assert push.deployment.database.write_sync(lambda s: s.scalars(query).all()) == ["cancelled"]


@mostly_on("sqlite")
@pytest.mark.parametrize("given_anew", [False, True])
def test_a_stop_holds_until_it_is_taken_back(
    push: PushDeployment, gateway: TwilioServer, *, given_anew: bool
) -> None:
    account = push.platforms["sms:town"] = two_way(
        push.deployment.services.texts, api_url=gateway.url
    )

    def say(text: str) -> None:
        result = account.parse(callback(URL, incoming(text, "SM1", MARIA)))
        asyncio.run(push.application.handle_webhook("sms:town", result))

    push.deployment.platform = push.deployment.account = "console"
    if not given_anew:
        push.deployment.talk(*BOOK, *WITHOUT_EMAIL)
        push.deliver(push.settled)
    told = len(gateway.texts[MARIA])
    say("ΣΤΟΠ")
    push.deployment.clock.forward(minutes=1)
    if given_anew:  # anybody may
        push.deployment.talk(*BOOK, *WITHOUT_EMAIL)
    else:
        later = push.deployment.clock() + timedelta(days=40)
        move_on = update(Booking).values(starts_at=later, ends_at=later + timedelta(minutes=10))
        push.deployment.database.write_sync(lambda s: s.execute(move_on))
        push.deployment.clock.forward(days=31)
        cancel(push)
    push.deliver(push.settled)
    assert len(gateway.texts[MARIA]) == told
