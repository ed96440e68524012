"""Text messages of a citizen's own changes and of reminders, by the municipality's rule."""

import secrets
from dataclasses import replace
from datetime import time
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from core.actor import Actor, Role, Staff
from core.bookings import service as bookings
from core.bookings.citizen_preferences import CitizenPreferences
from core.bookings.joining.codes import renew_codes
from core.db.models import Booking, Citizen, CodeRequest, Contact, OutboxRow
from core.messaging.notifications import reaches_anybody
from core.messaging.preferences import keep_platform
from core.messaging.reminder_ways import choose_ways
from tests.core.booking_environment import DETAILS, PHONE, BookingEnvironment
from tests.core.bookings.test_service import MakeEnv
from tests.core.messaging.test_notifications import before
from tests.core.small_municipality import small

GERMAN = "+4915112345678"
CHANGES = ["confirmed", "moved", "cancelled"]
LANDLINE, ABROAD = "+302721012345", "+35799123456"


def town(make_env: MakeEnv, rule: str | None, *more: str) -> BookingEnvironment:
    rules: dict[str, Any] = {"rules": {"texts": rule}} if rule else {}
    env = make_env(small(**rules), accounts=("email", "sms", *more))
    env.registry.countries = {"sms": ("GR", "CY")}
    return env


def sent(env: BookingEnvironment, platform: str) -> list[str]:
    return [kind for on, kind in env.outbox() if on == platform and kind != "reminder"]


@pytest.mark.parametrize(
    ("rule", "details", "by_text", "by_email"),
    [
        (None, {}, [], CHANGES),
        (None, {"email": ""}, CHANGES, []),
        (None, {"email": "", "phone": ABROAD}, CHANGES, []),
        (None, {"email": "", "phone": LANDLINE}, [], []),
        (None, {"email": "", "phone": GERMAN}, [], []),
        ("never", {"email": ""}, [], []),
        ("always", {}, CHANGES, CHANGES),
        ("always", {"phone": LANDLINE}, [], CHANGES),
    ],
)
def test_a_text_goes_where_nothing_else_reaches_or_always(
    make_env: MakeEnv,
    rule: str | None,
    details: dict[str, Any],
    by_text: list[str],
    by_email: list[str],
) -> None:
    env = town(make_env, rule)
    booking = env.confirm(env.hold("09:30"), **details)
    env.move(booking, "10:00")
    env.cancel(booking)
    assert (sent(env, "sms"), sent(env, "email")) == (by_text, by_email)


@pytest.mark.parametrize(("rule", "texts"), [("unreached", []), ("always", CHANGES)])
def test_who_has_a_chat_is_reached_by_it(make_env: MakeEnv, rule: str, texts: list[str]) -> None:
    env = town(make_env, rule, "telegram")
    booking = env.hold("09:30")
    chat = Contact(account="telegram", address="x", citizen_id=booking.citizen_id)
    env.session.add(chat)
    env.session.flush()
    own = Actor(
        booking.citizen_id,
        "telegram",
        "el",
        "Europe/Athens",
        contact_id=chat.id,
        account="telegram",
    )
    env.confirm(booking, own, email="")
    env.move(booking, "10:00")
    env.cancel(booking)
    assert sent(env, "sms") == texts


@pytest.mark.parametrize(
    ("rule", "details", "chosen", "found"),
    [
        (None, {"email": "", "phone": LANDLINE}, None, [("voice", each) for each in CHANGES]),
        (None, {"email": ""}, None, [("sms", each) for each in CHANGES]),
        (None, {"email": ""}, "voice", [("voice", each) for each in CHANGES]),
        (None, {"phone": LANDLINE}, None, [("email", each) for each in CHANGES]),
        ("never", {"email": "", "phone": LANDLINE}, "voice", []),
        (None, {"email": "", "phone": "+498912345678"}, "voice", []),
        (None, {"email": "", "phone": "+309011234567"}, "voice", []),
    ],
)
def test_a_landline_is_called_as_a_mobile_is_texted_and_so_is_who_asks(
    make_env: MakeEnv,
    rule: str | None,
    details: dict[str, Any],
    chosen: str | None,
    found: list[tuple[str, str]],
) -> None:
    env = town(make_env, rule, "voice")
    env.registry.countries = {"sms": ("GR", "CY"), "voice": ("GR", "CY")}
    booking = env.hold("09:30")
    keep_platform(env.session, booking.citizen_id, chosen)
    env.confirm(booking, **details)
    env.move(booking, "10:00")
    env.cancel(booking)
    assert [each for each in env.outbox() if each[1] != "reminder"] == found


def test_who_books_by_telephone_is_not_called_to_hear_it_again(make_env: MakeEnv) -> None:
    env = town(make_env, None, "voice")
    booking = env.hold("09:30")
    by_call = Actor(booking.citizen_id, "voice", "el", "Europe/Athens", calls_from=LANDLINE)
    env.confirm(booking, by_call, email="", phone=LANDLINE)
    assert sent(env, "voice") == []
    env.cancel(booking)
    assert sent(env, "voice") == ["cancelled"], "on a page"
    hidden = replace(by_call, calls_from="")
    env.confirm(env.hold("10:00"), hidden, email="", phone=LANDLINE)
    assert sent(env, "voice") == ["cancelled"]


def test_who_has_chosen_texts_gets_them_beside_the_email(make_env: MakeEnv) -> None:
    env = town(make_env, "unreached")
    booking = env.hold("09:30")
    keep_platform(env.session, booking.citizen_id, "sms")
    env.confirm(booking)
    assert env.outbox() == [("email", "confirmed"), ("sms", "confirmed")]


def test_who_booked_by_telephone_is_confirmed_by_text(make_env: MakeEnv) -> None:
    env = town(make_env, "unreached")
    booking = env.hold("09:30")
    clerk = Staff(Role.OPERATOR, "cli")
    by_clerk = Actor(booking.citizen_id, "console", "el", "Europe/Athens", staff=clerk)
    env.confirm(booking, by_clerk, email="")
    assert sent(env, "sms") == ["confirmed"]
    bookings.cancel(env.session, env.registry, booking, env.now, by_clerk)
    assert sent(env, "sms") == ["confirmed", "cancelled_by_office"]


def reminders(env: BookingEnvironment, **details: Any) -> list[tuple[str, str]]:
    """Book, and return platform and status of what is due two days before."""
    env.now = before("09:30", 60)
    env.confirm(env.hold("09:30"), **details)
    env.now = before("09:30", 48)
    choose_ways(env.session, env.registry, env.now, 10, lambda _row, error: pytest.fail(str(error)))
    due = select(OutboxRow).where(OutboxRow.kind == "reminder", OutboxRow.due_at <= env.now)
    return [(row.platform, row.status) for row in env.session.scalars(due.order_by(OutboxRow.id))]


@pytest.mark.parametrize(
    ("rule", "details", "found"),
    [
        ("unreached", {}, [("email", "pending")]),
        ("unreached", {"email": ""}, [("sms", "pending")]),
        ("unreached", {"email": "", "phone": LANDLINE}, [("reminder", "cancelled")]),
        ("never", {"email": ""}, [("reminder", "cancelled")]),
        ("always", {}, [("email", "pending"), ("sms", "pending")]),
        ("always", {"email": ""}, [("reminder", "cancelled"), ("sms", "pending")]),
    ],
)
def test_a_reminder_goes_by_text_after_all_other_ways_or_always(
    make_env: MakeEnv, rule: str, details: dict[str, Any], found: list[tuple[str, str]]
) -> None:
    assert reminders(town(make_env, rule), **details) == found


def test_a_landline_is_reminded_by_a_call(make_env: MakeEnv) -> None:
    env = town(make_env, None, "voice")
    assert reminders(env, email="", phone=LANDLINE) == [("voice", "pending")]


def in_a_chat(env: BookingEnvironment) -> Actor:
    """Somebody else, who writes in Telegram."""
    who = Citizen(details={}, created_at=env.now)
    env.session.add(who)
    env.session.flush()
    chat = Contact(account="telegram", address="other", citizen_id=who.id)
    env.session.add(chat)
    env.session.flush()
    return Actor(who.id, "telegram", "el", "Europe/Athens", contact_id=chat.id, account="telegram")


@pytest.mark.parametrize("chosen", [False, True])
def test_who_is_reached_by_text_alone_learns_that_another_cancelled_by_the_code(
    make_env: MakeEnv, chosen: bool
) -> None:
    env = town(make_env, "unreached", "telegram", "webchat")
    booking = env.confirm(env.hold("09:30"), email="")
    if chosen:
        keep_platform(env.session, booking.citizen_id, "sms")
    bookings.cancel(env.session, env.registry, booking, env.now, in_a_chat(env))
    assert sent(env, "sms") == ["confirmed", "cancelled"]


@pytest.mark.parametrize(
    ("rule", "details"),
    [
        ("unreached", {"phone": LANDLINE}),
        ("unreached", {"phone": GERMAN}),
        ("never", {}),
    ],
)
def test_sms_is_no_way_where_no_text_would_go(
    make_env: MakeEnv, rule: str, details: dict[str, Any]
) -> None:
    env = town(make_env, rule, "telegram")
    booking = env.confirm(env.hold("09:30"), **details)
    who = env.actor(booking.citizen_id)
    known = DETAILS | details
    preferences = CitizenPreferences(env.session, env.registry, env.now, who, known)
    assert "sms" not in preferences.reaching()


@pytest.mark.parametrize("rule", ["unreached", "always"])
def test_who_refuses_texts_gets_none(make_env: MakeEnv, rule: str) -> None:
    env = town(make_env, rule)
    env.now = before("09:30", 60)
    booking = env.confirm(env.hold("09:30"), email="")
    who = env.actor(booking.citizen_id)
    preferences = CitizenPreferences(env.session, env.registry, env.now, who, DETAILS)
    assert reaches_anybody(env.session, env.registry, booking)
    preferences.refuse_texts()
    env.move(booking, "10:00")
    assert sent(env, "sms") == ["confirmed"]
    assert not reaches_anybody(env.session, env.registry, booking), "staff are to call"
    env.now = before("10:00", 48)
    choose_ways(env.session, env.registry, env.now, 10, lambda _row, error: pytest.fail(str(error)))
    pending = select(OutboxRow.status).where(
        OutboxRow.kind == "reminder", OutboxRow.platform == "sms", OutboxRow.status == "pending"
    )
    assert not env.session.scalars(pending).all()
    preferences.choose_platform("sms")
    env.cancel(booking)
    assert sent(env, "sms") == ["confirmed", "cancelled"]


def test_new_codes_go_where_messages_do(make_env: MakeEnv) -> None:
    env = town(make_env, "unreached")
    by_email = env.confirm(env.hold("09:30"))
    by_text = env.confirm(env.hold("10:00"), email="")
    by_neither = env.confirm(env.hold("10:30"), email="", phone=LANDLINE)
    citizens = {each.citizen_id for each in (by_email, by_text, by_neither)}
    renew_codes(env.session, env.registry, citizens, env.now, secrets.choice)
    requests = env.session.scalars(select(CodeRequest.hashed)).all()
    assert set(requests) == {by_email.email_hash, by_text.phone_hash}


def test_texts_that_always_go_keep_to_other_quiet_hours(make_env: MakeEnv) -> None:
    env = town(make_env, "always")
    env.now = before("09:30", 60)
    booking = env.confirm(env.hold("09:30"))

    def due() -> list[tuple[str, Any]]:
        query = select(OutboxRow).where(OutboxRow.kind == "reminder").order_by(OutboxRow.id)
        return [(row.platform, row.due_at) for row in env.session.scalars(query)]

    usual = due()
    who = env.actor(booking.citizen_id)
    preferences = CitizenPreferences(env.session, env.registry, env.now, who, DETAILS)
    preferences.choose_quiet(time(22), time(7), ZoneInfo("Europe/Athens"))
    by_platform = {name: [at for on, at in due() if on == name] for name in ("reminder", "sms")}
    assert by_platform["sms"] == by_platform["reminder"]
    assert due() != usual


def by_text(env: BookingEnvironment) -> tuple[Actor, Booking]:
    """Return who has booked by text message, for themselves, and the booking."""
    env.now = before("09:30", 60)
    booking = env.hold("09:30")
    chat = Contact(account="sms", address=PHONE, citizen_id=booking.citizen_id)
    env.session.add(chat)
    env.session.flush()
    who = replace(env.actor(booking.citizen_id), platform="sms", account="sms")
    who = replace(who, contact_id=chat.id, own_phone=PHONE)
    return who, env.confirm(booking, who, email="")


def due_texts(env: BookingEnvironment, clock: str) -> list[str]:
    env.now = before(clock, 48)
    choose_ways(env.session, env.registry, env.now, 10, lambda _row, error: pytest.fail(str(error)))
    due = select(OutboxRow).where(OutboxRow.kind == "reminder", OutboxRow.due_at <= env.now)
    rows = env.session.scalars(due.order_by(OutboxRow.id)).all()
    return [row.platform for row in rows if row.status == "pending"]


@pytest.mark.parametrize("rule", ["unreached", "always"])
def test_who_books_by_text_gets_each_text_once(make_env: MakeEnv, rule: str) -> None:
    env = town(make_env, rule)
    _who, booking = by_text(env)
    assert sent(env, "sms") == [], "the chat has answered"
    assert due_texts(env, "09:30") == ["sms"]
    clerk = Staff(Role.OPERATOR, "cli")
    by_clerk = Actor(booking.citizen_id, "console", "el", "Europe/Athens", staff=clerk)
    bookings.cancel(env.session, env.registry, booking, env.now, by_clerk)
    assert sent(env, "sms") == ["cancelled_by_office"]


def test_who_writes_by_text_gets_none_unasked_once_refused(make_env: MakeEnv) -> None:
    env = town(make_env, "unreached")
    who, booking = by_text(env)
    preferences = CitizenPreferences(env.session, env.registry, env.now, who, DETAILS)
    preferences.refuse_texts()
    assert due_texts(env, "09:30") == []
    assert not reaches_anybody(env.session, env.registry, booking), "staff are to call"
    preferences.choose_platform("sms")
    assert reaches_anybody(env.session, env.registry, booking)
