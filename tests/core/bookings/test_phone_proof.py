"""A number is proven by six digits that are sent to it: how often, how long, by whom."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from core.actor import Actor
from core.bookings.lookup import PROOFS_OF_ADDRESS, booking_of_proven_phone, forget_attempts
from core.bookings.phone_proof import (
    LASTS,
    Asked,
    CitizenProof,
    Written,
    digits_of,
    forget_proofs,
    waiting_proof,
)
from core.db.models import Contact, OutboxRow, PhoneProof
from core.errors import BookingRefused
from core.messaging.keys import Cause
from tests.core.booking_environment import PHONE, BookingEnvironment
from tests.core.bookings.test_service import MakeEnv
from tests.core.conftest import mostly_on_sqlite
from tests.core.messaging.test_text_routes import GERMAN, LANDLINE, in_a_chat
from tests.core.small_municipality import small

pytestmark = mostly_on_sqlite


@pytest.fixture
def env(make_env: MakeEnv) -> BookingEnvironment:
    env = make_env(small(rules={"phone_proofs_per_day": 5}), accounts=("email", "sms"))
    env.registry.countries = {"sms": ("GR", "CY")}
    return env


@pytest.fixture
def who(env: BookingEnvironment) -> Actor:
    return replace(in_a_chat(env), network="network")


def ask(env: BookingEnvironment, who: Actor, phone: str = PHONE) -> Asked:
    return CitizenProof(env.session, env.registry, env.now, who).ask("town", phone)


def write(env: BookingEnvironment, who: Actor, digits: str) -> Written:
    return CitizenProof(env.session, env.registry, env.now, who).write(digits)


def sent(env: BookingEnvironment) -> str:
    """Return the digits that were sent last."""
    return digits_of(env.registry, env.session.scalars(select(PhoneProof)).one())


def wrong(env: BookingEnvironment) -> str:
    return f"{(int(sent(env)) + 1) % 10**6:06}"


def test_digits_prove_the_number_once_and_are_stored_nowhere(
    env: BookingEnvironment, who: Actor
) -> None:
    booking = env.confirm(env.hold("09:30"))
    assert ask(env, who) is Asked.SENT
    digits = sent(env)
    (row,) = env.session.scalars(select(OutboxRow).where(OutboxRow.kind == "phone_proof"))
    assert (row.platform, row.expires_at) == ("sms", env.now + LASTS)
    assert PHONE not in f"{row.recipient} {row.dedupe_key}"
    assert write(env, who, wrong(env)) is Written.WRONG
    assert write(env, who, digits) is Written.RIGHT
    assert write(env, who, digits) is Written.OVER
    contact = env.session.get_one(Contact, who.contact_id)
    assert contact.proven_phone == booking.phone_hash
    proven = replace(who, proven_phone=contact.proven_phone)
    assert ask(env, proven) is Asked.KNOWN
    found = booking_of_proven_phone(env.session, booking.code or "", proven, env.now)
    assert found is booking
    assert booking_of_proven_phone(env.session, booking.code or "", who, env.now) is None


def test_three_tries_and_ten_minutes(env: BookingEnvironment, who: Actor) -> None:
    ask(env, who)
    digits = sent(env)
    told = [write(env, who, wrong(env)) for _try in range(3)]
    assert told == [Written.WRONG, Written.WRONG, Written.SPENT]
    assert write(env, who, digits) is Written.OVER
    ask(env, who)
    digits = sent(env)
    (proof,) = env.session.scalars(select(PhoneProof))
    cause = Cause.proof(proof.id, proof.asked_at)
    assert waiting_proof(env.session, cause, env.now) is proof
    assert waiting_proof(env.session, Cause.proof(proof.id, env.now - LASTS), env.now) is None
    env.now += LASTS
    assert waiting_proof(env.session, cause, env.now) is None
    assert write(env, who, digits) is Written.OVER
    assert env.session.get_one(Contact, who.contact_id).proven_phone is None


def test_only_the_latest_digits_count(env: BookingEnvironment, who: Actor) -> None:
    ask(env, who)
    first = sent(env)
    env.now += timedelta(minutes=1)
    ask(env, who)
    if first != sent(env):
        assert write(env, who, first) is Written.WRONG
    forget_proofs(env.session, env.now + LASTS)
    assert not env.session.scalars(select(PhoneProof)).all()


def test_a_number_gets_three_a_day_whoever_asks(env: BookingEnvironment) -> None:
    for _time in range(3):
        assert ask(env, in_a_chat_of(env)) is Asked.SENT
    with pytest.raises(BookingRefused):
        ask(env, in_a_chat_of(env))
    forget_attempts(env.session, env.now + timedelta(hours=23))
    env.now += timedelta(hours=23)
    with pytest.raises(BookingRefused):
        ask(env, in_a_chat_of(env))
    env.now += timedelta(hours=2)
    assert ask(env, in_a_chat_of(env)) is Asked.SENT


def in_a_chat_of(env: BookingEnvironment, network: str | None = None) -> Actor:
    """Return somebody in a chat of their own."""
    made = replace(in_a_chat(env), network=network)
    contact = env.session.get_one(Contact, made.contact_id)
    contact.move_to(f"chat {made.contact_id}")
    env.session.flush()
    return made


def test_a_municipality_pays_for_so_many_a_day(env: BookingEnvironment) -> None:
    numbers = [f"+30691234567{number}" for number in range(6)]
    asked = [ask(env, in_a_chat_of(env), each) for each in numbers]
    assert asked == [Asked.SENT] * 5 + [Asked.USED_UP]
    env.now += timedelta(days=1)
    assert ask(env, in_a_chat_of(env), numbers[5]) is Asked.SENT


@pytest.mark.parametrize("phone", [LANDLINE, GERMAN])
def test_what_is_not_texted_costs_nothing(env: BookingEnvironment, who: Actor, phone: str) -> None:
    assert ask(env, who, phone) is Asked.NOT_TEXTED
    assert not env.session.scalars(select(PhoneProof)).all()


def test_an_address_has_growing_pauses(make_env: MakeEnv) -> None:
    env = make_env(small(), accounts=("sms",))
    taken = []
    for number in range(26):
        env.now += timedelta(seconds=61)
        try:
            ask(env, in_a_chat_of(env, "shared"), f"+3069123456{number:02}")
            taken.append(number)
        except BookingRefused:
            pass
    free = PROOFS_OF_ADDRESS.most - len(PROOFS_OF_ADDRESS.pauses) + 1
    assert taken[:free] == list(range(free))
    assert len(taken) < 26
    assert ask(env, in_a_chat_of(env, "another"), "+306912345699") is Asked.SENT
