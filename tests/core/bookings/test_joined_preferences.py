"""The preferences of citizens when chats are joined, and parted again."""

from dataclasses import replace
from datetime import time, timedelta
from random import choice

import pytest
from sqlalchemy import select

from core.actor import Actor
from core.bookings.citizen_preferences import CitizenPreferences
from core.bookings.joining import contacts
from core.db.models import Contact, OutboxRow, PreferencesRow
from core.messaging.preferences import NONE, Preferences, preferences_of
from core.messaging.reminder_times import QuietHours
from core.messaging.reminder_ways import choose_ways
from tests.core.booking_environment import BookingEnvironment
from tests.core.bookings.test_service import MakeEnv
from tests.core.conftest import mostly_on_sqlite
from tests.core.messaging.test_notifications import EVENING, before, early, fail
from tests.core.messaging.test_preferences import ALL, due
from tests.core.small_municipality import ATHENS, TUESDAY, at

pytestmark = mostly_on_sqlite

NIGHT, LATE = QuietHours(time(22), time(7), ATHENS), QuietHours(time(23), time(6), ATHENS)

VIBER = Preferences("viber", "en", NIGHT)

DAY = timedelta(days=1)


@pytest.fixture
def env(make_env: MakeEnv) -> BookingEnvironment:
    return make_env(accounts=ALL)


def chat(env: BookingEnvironment, account: str, wanted: Preferences) -> tuple[Actor, Contact]:
    """A chat with preferences."""
    who = env.citizen()
    contact = env.session.get_one(Contact, who.contact_id)
    contact.account = account
    chosen = CitizenPreferences(env.session, env.registry, env.now, who, {})
    if wanted.platform:
        chosen.choose_platform(wanted.platform)
    if wanted.language:
        chosen.choose_language(wanted.language)
    if wanted.quiet:
        chosen.choose_quiet(*wanted.quiet)
    env.session.flush()
    return who, contact


def join(env: BookingEnvironment, first: Actor, other: Contact) -> None:
    contacts.join(env.session, env.registry, first, other, env.now)


@pytest.mark.parametrize(
    ("first", "other", "held"),
    [
        (NONE, NONE, NONE),
        (
            Preferences("email"),
            Preferences("viber", "en", NIGHT),
            Preferences("email", "en", NIGHT),
        ),
        (NONE, Preferences("viber", "en", NIGHT), Preferences("viber", "en", NIGHT)),
        (Preferences("viber", "en", NIGHT), NONE, Preferences("viber", "en", NIGHT)),
        (Preferences(None, "en", LATE), Preferences(quiet=NIGHT), Preferences(None, "en", LATE)),
    ],
)
def test_those_of_the_first_chat_hold(
    env: BookingEnvironment, first: Preferences, other: Preferences, held: Preferences
) -> None:
    env.now = before("09:30", 60)
    (who, contact), (them, joining) = chat(env, "telegram", first), chat(env, "viber:town", other)
    booked = [env.book("09:30", who), env.book("09:30", them, day=TUESDAY)]
    join(env, who, joining)
    assert preferences_of(env.session, who.citizen_id) == held
    assert preferences_of(env.session, them.citizen_id) == NONE
    assert len(env.session.scalars(select(PreferencesRow)).all()) == (held != NONE)
    last = {None: EVENING, NIGHT: at("21:55") - DAY, LATE: before("09:30", 3)}[held.quiet]
    assert [due(env, each)[-1][2] for each in booked] == [last, last + DAY]
    contacts.part(env.session, env.registry, joining, env.now, choice)
    for each, platform in ((contact, "telegram"), (joining, "viber")):
        chosen = held.platform if held.platform in (platform, "email") else None
        assert preferences_of(env.session, each.citizen_id) == replace(held, platform=chosen)
    assert [due(env, each)[-1][2] for each in booked] == [last, last + DAY]


def test_a_reminder_on_its_way_to_who_left_goes_another_way(env: BookingEnvironment) -> None:
    booking = early(env)
    who = env.actor(booking.citizen_id)
    env.session.get_one(Contact, who.contact_id).account = "telegram"
    _them, joining = chat(env, "viber:town", NONE)
    join(env, who, joining)
    CitizenPreferences(env.session, env.registry, env.now, who, {}).choose_platform("viber")
    env.now = before("09:30", 48)
    choose_ways(env.session, env.registry, env.now, 10, fail)
    assert due(env, booking)[0][:2] == ("viber:town", "pending")
    contacts.part(env.session, env.registry, joining, env.now, choice)
    found = select(OutboxRow.account, OutboxRow.status).where(OutboxRow.kind == "reminder")
    sent = env.session.execute(found.order_by(OutboxRow.id)).all()
    assert ("viber:town", "cancelled") in sent
    assert ("email", "pending") in sent
    assert due(env, booking)[1] == ("reminder", "pending", EVENING)
