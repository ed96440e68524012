"""Offers of other times in a simulated municipality: made, answered, and ended when nobody does.

They are made and ended as the server's job does it, at once. Of three citizens one accepts, one
declines, and one says nothing.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from core.actor import Actor
from core.bookings.offers import service
from core.bookings.offers.making import make_offers, plan_offers
from core.db.models import Booking, OfferState, TimeOffer
from core.messaging.keys import MessageKind
from tests.core.small_municipality import ATHENS

if TYPE_CHECKING:
    from tests.core.messaging.simulated_office import SimulatedOffice

TOLD = {
    OfferState.MADE: MessageKind.TIME_OFFERED,
    OfferState.NONE_FREE: MessageKind.NO_TIME_FREE,
    OfferState.EXPIRED: MessageKind.OFFER_EXPIRED,
}
"""The message that tells of each state."""

ANSWERS = ("accepted", "declined", "none")


@dataclass
class SimulatedOffers:
    """The offers of an office that stand, by their ids: until when, and how they are answered."""

    office: "SimulatedOffice"
    choose: random.Random
    until: dict[int, datetime] = field(default_factory=dict)
    answers: dict[int, tuple[datetime, str]] = field(default_factory=dict)
    last_id: int = 0

    def times(self) -> Iterator[datetime]:
        """Yield when something is to be done."""
        yield from self.until.values()
        yield from (at for at, _answer in self.answers.values())

    def play(self) -> None:
        """Do what is to be done by now."""
        session, now = self.office.env.session, self.office.env.now
        for offer_id, until in [*self.until.items()]:
            answer_at, answer = self.answers.get(offer_id, (until, ""))
            if now < min(until, answer_at):
                continue
            offer = session.get_one(TimeOffer, offer_id)
            if offer.state != OfferState.MADE:  # moved or cancelled, or its time was closed, too
                self.forget(offer_id, f"offers {offer.state}")
            elif until <= now:
                assert now == self.office.after_outage(until)
                service.end_overdue(session, self.office.env.registry, now)
                assert offer.state == OfferState.EXPIRED
                self.tell(offer)
                self.forget(offer_id, "offers expired")
            else:
                self.answer(offer, answer)
                self.forget(offer_id, f"offers {answer}")

    def make(self) -> None:
        """Make what was asked for; citizens learn of it at once."""
        env = self.office.env
        planned = plan_offers(env.session, env.registry, env.now, 1000)
        make_offers(env.session, env.registry, planned, env.now, lambda: False)
        new = select(TimeOffer).where(TimeOffer.id > self.last_id).order_by(TimeOffer.id)
        for offer in env.session.scalars(new).all():
            self.tell(offer)
            self.last_id = offer.id
            if offer.expires_at is None:
                continue
            self.until[offer.id] = offer.expires_at
            seconds = int((offer.expires_at - env.now).total_seconds())
            if (answer := ANSWERS[offer.id % 3]) != "none":
                after = timedelta(seconds=self.choose.randrange(60, seconds - 60))
                self.answers[offer.id] = env.now + after, answer

    def answer(self, offer: TimeOffer, answer: str) -> None:
        env = self.office.env
        booking = env.session.get_one(Booking, offer.booking_id)
        if answer == "declined":
            service.decline(env.session, env.registry, offer, env.now)
            return
        who = Actor(booking.citizen_id, "telegram", "el", ATHENS.key)
        assert service.accept(env.session, env.registry, offer, env.now, who)
        self.office.end(booking)
        self.office.begin(booking)
        self.office.say(booking, "moved")

    def tell(self, offer: TimeOffer) -> None:
        """Expect the message of an offer's state: by e-mail, and in the chat that booked."""
        kind, now = TOLD[OfferState(offer.state)], self.office.env.now
        for account in ("email", *self.office.chats_of(offer.booking_id)):
            self.office.expect(offer.booking_id, f"{kind} by {account}", now)

    def forget(self, offer_id: int, why: str) -> None:
        del self.until[offer_id]
        self.answers.pop(offer_id, None)
        self.office.counts[why] += 1
