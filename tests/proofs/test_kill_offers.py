"""The server is killed while it makes offers of another time, and while citizens accept them.

Nothing is lost, nothing is done twice, and no hold is left over. Each citizen sends their tap until
it is answered, and now and then once more, as Telegram does.
"""

import random
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.i18n.translator import Translator
from bot.messages import LINK_CHOICE
from core.actor import Actor
from core.bookings.offers.service import latest_offer
from core.db.database import Database
from core.db.models import Booking, History, OutboxRow, TimeOffer
from core.messaging import conversations
from dialogs.messages.time_offer import OfferAnswer, link_of
from tests.bot.platforms import telegram_updates as updates
from tests.bot.platforms.test_telegram import telegram
from tests.bot.processes import free_port
from tests.conftest import SOAK, on_both
from tests.core.bookings.offers.acting import ask
from tests.core.db.overlaps import overlaps
from tests.fakes.push_platform import PushPlatformServer
from tests.fakes.telegram import telegram_server
from tests.proofs.telegram_town import ACCOUNT, TIMEOUT_SECONDS, TelegramTown, process_of
from tests.soak.tell import Tell

CLOCKS = ("09:00", "09:30", "10:00")
"""Of one day: the citizens of a round, whose offers are made side by side."""
DAYS = 12
"""The days that rounds take in turn; at the end of each, its bookings are cancelled."""


@dataclass
class OfferedCitizens(TelegramTown):
    """Citizens of a town who are offered another time, and accept it, round after round."""

    accepted: int = 0
    people: "count[int]" = field(default_factory=lambda: count(7001))
    rounds: "count[int]" = field(default_factory=count)

    def _book(self, session: Session) -> list[tuple[int, int]]:
        """Book for new citizens, and ask for another time; return as `_book_at` does."""
        booked = self._book_at(session, CLOCKS)
        for _who, booking_id in booked:
            ask(self._environment(session), session.get_one(Booking, booking_id))
        return booked

    def _book_at(self, session: Session, clocks: Sequence[str]) -> list[tuple[int, int]]:
        """Book for new citizens on a day; return their Telegram ids and their bookings'."""
        env, booked = self._environment(session), []
        day = env.now.date() + timedelta(days=3 + 2 * (next(self.rounds) % DAYS))
        for clock in clocks:
            who = next(self.people)
            found = conversations.create(session, ACCOUNT, str(who), env.now)
            actor = Actor(
                found.citizen_id,
                "telegram",
                "el",
                "Europe/Athens",
                contact_id=found.contact_id,
                account=ACCOUNT,
            )
            offer = env.offer_of("permit")
            held = env.hold(clock, actor, day=day, offer=offer)
            booking = env.confirm(held, actor, offer=offer, phone=f"+3069{held.id:08}")
            booked.append((who, booking.id))
        return booked

    def _go_on(self) -> None:
        with ThreadPoolExecutor(len(CLOCKS)) as pool:
            while not self.enough.is_set():
                booked = self.database.write_sync(self._book)
                list(pool.map(self._accept, booked))
                ids = [booking for _who, booking in booked]
                self.database.write_sync(partial(self._finish, ids=ids))
                self.accepted += len(booked)

    def _accept(self, booked: tuple[int, int]) -> None:
        who, booking_id = booked
        data = link_of(OfferAnswer.ACCEPT, self._made(booking_id))
        sender = {"chat": {**updates.CHAT, "id": who}, "from": {**updates.WHO, "id": who}}
        update = {**updates.tap(f"{LINK_CHOICE}{data}", **sender), "update_id": next(self.updates)}
        self._send(update)
        if random.random() < 0.3:
            self._send(update)
        if random.random() < 0.3:  # tapped once more
            self._send({**update, "update_id": next(self.updates)})

    def _made(self, booking_id: int) -> int:
        """Wait until the offer for a booking is made; return its id."""
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while time.monotonic() < deadline:
            self.kill_times.begin()
            offer = self.database.write_sync(lambda s: latest_offer(s, booking_id))
            assert offer
            if offer.state == "made":
                return offer.id
            assert offer.state == "pending", offer.state
            time.sleep(0.05)
        raise AssertionError("never offered")

    def _finish(self, session: Session, ids: Sequence[int]) -> None:
        """Check the bookings of a round, and cancel them."""
        for booking_id in ids:
            check(session, booking_id)
        env = self._environment(session)
        for booking_id in ids:
            env.cancel(session.get_one(Booking, booking_id))


def check(session: Session, booking_id: int) -> None:
    """Check that one time was offered, told once, and accepted once."""
    offers = session.scalars(select(TimeOffer).where(TimeOffer.booking_id == booking_id)).all()
    assert [offer.state for offer in offers] == ["accepted"]
    booking = session.get_one(Booking, booking_id)
    holds = session.scalars(select(Booking).where(Booking.offered_for_id == booking_id)).all()
    assert [(hold.id, hold.state) for hold in holds] == [(offers[0].hold_id, "expired")]
    assert (booking.desk_id, booking.starts_at, booking.ends_at) == (
        holds[0].desk_id,
        holds[0].starts_at,
        holds[0].ends_at,
    )
    for of, expected in (
        (booking.id, {"held": 1, "confirmed": 1, "moved": 1}),
        (holds[0].id, {"held": 1, "released": 1}),
    ):
        changes = session.scalars(select(History.action).where(History.booking_id == of))
        assert Counter(changes) == expected
    rows = session.scalars(select(OutboxRow).where(OutboxRow.booking_id == booking_id)).all()
    kinds = Counter(row.kind for row in rows)
    assert (kinds["alert"], kinds["offer_alert"]) == (2, 0)
    offered = Counter(row.platform for row in rows if row.kind == "time_offered")
    assert offered == {"telegram": 1, "email": 1}
    assert kinds["reminder"] == 4  # of the old time, cancelled, and of the new one
    assert {row.status for row in rows} <= {"pending", "claimed", "sent", "unknown", "cancelled"}
    assert overlaps(session) == 0


@on_both
@pytest.mark.parametrize("kills", [2, pytest.param(200, marks=SOAK)])
def test_an_offer_is_made_and_accepted_once_when_the_server_is_killed(
    database: Database,
    push_platform: PushPlatformServer,
    texts: Translator,
    tmp_path: Path,
    tell: Tell,
    kills: int,
) -> None:
    port = free_port()
    citizens = OfferedCitizens(database, port, telegram(texts).secret)
    with telegram_server() as server:
        process = process_of("serve", tmp_path, database, push_platform, server, port)
        citizens.go_on_killed(process, kills, tell)
    assert citizens.accepted
    held = select(Booking).where(Booking.offered_for_id.is_not(None), Booking.state == "held")
    assert database.write_sync(lambda s: s.scalars(held).all()) == []
    tell(
        f"{type(database.backend).__name__}: {kills} kills, {citizens.accepted} offers accepted,"
        f" {citizens.sent_again} taps sent again"
    )
