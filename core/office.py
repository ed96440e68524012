"""The office: everything that a dialog may ask and do, within one turn."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from core.actor import Actor, Staff
from core.availability import schedule, slots
from core.availability.schedule import UnavailableReason
from core.bookings import by_staff, drop_off, holds, limits
from core.bookings import service as bookings
from core.bookings.allocation import slot_taken_error
from core.bookings.citizen_lookup import CitizenLookup
from core.bookings.citizen_preferences import CitizenPreferences
from core.bookings.joining.citizen_joining import ChatAddress, CitizenJoining
from core.bookings.known_details import store_details
from core.bookings.limits import LimitReached
from core.bookings.offers import service as time_offers
from core.bookings.offers.citizen_offers import CitizenOffers
from core.bookings.phone_proof import CitizenProof
from core.bookings.staff_rights import bookable_part
from core.bookings.visits import CitizenVisits
from core.catalogue.model import Consent, Municipality
from core.catalogue.registry import LoadedMunicipality, Registry
from core.catalogue.service_offer import ServiceOffer
from core.db.models import Booking, Citizen, Contact, TimeOffer
from core.errors import BookingRefused
from core.i18n import Language
from core.messaging.routes import sends_email, sends_texts
from core.staff import links
from core.staff.citizen_relay import CitizenRelay

NOBODY = 0
"""The id of no citizen: of a caller for whom nothing is held yet."""


class Office:
    """The catalogues and bookings for one citizen, at the time of one turn.

    A citizen who is a member of staff may act for a caller instead. `known_details` are those that
    the citizen gave at earlier bookings; they are stored as those of the citizen's row, which
    `citizen_public_id` names. `choose` draws the letters of a booking's code, as `random.choice`
    does. `only` is the id of the municipality whose own page or bot this is: no other is offered.
    `thread_id` is the citizen's open thread with an office. `came` is when the message arrived
    that the turn answers, where it may have waited since. `chat_address`: see ChatAddress.
    """

    def __init__(
        self,
        session: Session,
        registry: Registry,
        now: datetime,
        actor: Actor,
        *,
        choose: Callable[[Sequence[str]], str],
        known_details: Mapping[str, str],
        citizen_public_id: bytes,
        only: str | None = None,
        thread_id: int | None = None,
        came: datetime | None = None,
        chat_address: ChatAddress = lambda _account, _link: None,
    ) -> None:
        self._session = session
        self._registry = registry
        self._actor = actor
        self._choose = choose
        self._only = only
        self._citizen_public_id = citizen_public_id
        self._limits: dict[tuple[str, str], LimitReached | None] = {}
        self._upcoming: Sequence[Booking] | None = None
        self._has_booked = False
        known_details = known_details if actor.calls_from is None else {}
        self._own = (actor, known_details)
        self.joining = CitizenJoining(
            session, registry, now, actor, choose, only, chat_address, self._become
        )
        # A caller's number may be forged: what it has booked is told and changed by its code only.
        knows = actor if actor.calls_from is None else replace(actor, citizen_id=NOBODY)
        self.visits = CitizenVisits(session, now, knows, came or now)
        self.offers = CitizenOffers(session, now, knows, came or now)
        self.lookup = CitizenLookup(session, registry, now, knows)
        self.preferences = CitizenPreferences(session, registry, now, actor, known_details)
        self.proof = CitizenProof(session, registry, now, actor)
        self.relay = CitizenRelay(session, registry, now, actor.contact_id or None, thread_id)
        self.now, self._came = now, came or now
        self.known_details = known_details
        self.left_caller = False
        """True after a booking for a caller has ended, however: what they said isn't needed."""

    # Staff who book for somebody at the counter or on the telephone

    @property
    def is_for_caller(self) -> bool:
        """Return whether a member of staff acts for a caller now."""
        return self._actor.staff is not None

    @property
    def own_phone(self) -> str:
        """Return the number (+30…) by which the citizen writes; "" where there is none."""
        return self._actor.own_phone

    @property
    def calls_from(self) -> str | None:
        """Return the number by which the citizen calls, "" where hidden; None if it is no call."""
        return self._actor.calls_from

    def is_member(self) -> bool:
        """Return whether a member of staff has linked the chat that this is."""
        return self._member() is not None

    def act_for_caller(self) -> bool:
        """Act for a caller from now on, of whom nothing is known; return False for no member.

        Only what the member serves is offered then, without citizens' limits.
        """
        if (staff := self._member()) is None:
            return False
        own = self._own[0]  # the caller's citizen is made with their hold
        self._act_as(Actor(NOBODY, own.platform, own.language, own.timezone, staff=staff), {})
        return True

    def act_for_oneself(self) -> None:
        """Act for the citizen who chats, as before `act_for_caller`."""
        self._act_as(*self._own)
        self.left_caller = True

    def _act_as(self, actor: Actor, known_details: Mapping[str, str]) -> None:
        self._actor, self.known_details = actor, known_details
        self._limits, self._upcoming, self._has_booked = {}, None, False

    def _become(self, citizen: Citizen) -> None:
        """Act for this citizen, of whom other bookings and details are known than before."""
        actor = replace(self._own[0], citizen_id=citizen.id)
        self._own, self._citizen_public_id = (actor, citizen.details), citizen.public_id
        self._act_as(*self._own)
        self.visits = CitizenVisits(self._session, self.now, actor, self._came)
        self.offers = CitizenOffers(self._session, self.now, actor, self._came)
        given = (self._session, self._registry, self.now, actor)
        self.lookup = CitizenLookup(*given)
        self.preferences = CitizenPreferences(*given, citizen.details)

    def _member(self) -> Staff | None:
        own = self._own[0]
        contact = self._session.get(Contact, own.contact_id) if own.contact_id else None
        if contact is None:
            return None
        return links.find_member(self._session, self._registry, contact.account, contact.address)

    def _actor_of(self, booking: Booking) -> Actor:
        """Return who acts; for a caller, as the citizen who they have become by a hold."""
        acts = self._actor
        return replace(acts, citizen_id=booking.citizen_id) if acts.staff else acts

    # The catalogues

    @property
    def municipalities(self) -> Sequence[Municipality]:
        """Return all municipalities that are offered, ordered by their Greek names."""
        return self._registry.municipalities

    @property
    def offered_municipalities(self) -> Sequence[Municipality]:
        """Return those that can be booked here: all, or `only` one; of a caller, the member's."""
        bodies = [body for body in self.municipalities if self._only in (None, body.id)]
        if self._actor.staff is None:
            return bodies
        return [part.body for body in bodies if (part := self.find(body.id))]

    @property
    def samples(self) -> Sequence[Municipality]:
        """Return which of the municipalities that can be booked here are samples."""
        return self._registry.samples(self._only)

    def loaded(self, municipality_id: str) -> LoadedMunicipality:
        """Return the municipality of an id. Raises KeyError."""
        if (found := self.find(municipality_id)) is None:
            raise KeyError(municipality_id)
        return found

    def find(self, municipality_id: str | None) -> LoadedMunicipality | None:
        """Return the municipality of an id, of a caller what the member serves; None for none."""
        if municipality_id is None or municipality_id not in self._registry:
            return None
        loaded, staff = self._registry[municipality_id], self._actor.staff
        return bookable_part(loaded, staff) if staff else loaded

    def sends_texts(self, municipality_id: str) -> bool:
        """Return whether text messages are sent about a municipality's appointments."""
        return sends_texts(self._registry, municipality_id)

    def sends_email(self, municipality_id: str) -> bool:
        """Return whether e-mails about a municipality's appointments are sent."""
        return sends_email(self._registry, municipality_id)

    def of_booking(self, booking: Booking) -> LoadedMunicipality:
        """Return a booking's municipality."""
        return self._registry[booking.municipality_id]

    def offer_of(self, booking: Booking) -> ServiceOffer:
        """Return the offer of a booking's service, branch and channel. Raises KeyError."""
        return self.offer(booking.municipality_id, booking.service, booking.branch, booking.channel)

    def offer(self, municipality_id: str, service: str, branch: str, channel: str) -> ServiceOffer:
        """Return the offer of a service at a branch over a channel, to staff without notice.

        Raises KeyError.
        """
        offer = self.loaded(municipality_id).offer(service, branch, channel)
        return offer.for_staff() if self._actor.staff else offer

    # Free times

    def free_times(
        self, offer: ServiceOffer, day: date, zone: ZoneInfo, own: int | None
    ) -> list[datetime]:
        """Return the free starts of a day (as counted in `zone`); the booking `own` blocks none."""
        since, until = schedule.day_bounds(day, zone)
        return slots.free_times(self._session, offer, since, until, self.now, own)

    def free_days(
        self, offer: ServiceOffer, first: date, last: date, zone: ZoneInfo, own: int | None
    ) -> list[date]:
        """Return the days from first to last (as counted in `zone`) with a free start."""
        return slots.free_days(self._session, offer, first, last, self.now, zone, own)

    def nearest_times(
        self, offer: ServiceOffer, wanted: datetime, own: int | None, count: int
    ) -> list[datetime]:
        """Return the free starts nearest to a moment, the nearest first."""
        return slots.nearest_times(self._session, offer, wanted, self.now, own, count)

    def unavailable_reason(
        self, offer: ServiceOffer, day: date, zone: ZoneInfo
    ) -> UnavailableReason:
        """Return why a day has no free start, given that it has none."""
        return schedule.unavailable_reason(offer, day, self.now, zone)

    def last_open_day(self, offer: ServiceOffer) -> date:
        """Return the last day of the horizon on which a desk is open."""
        return schedule.last_open_day(offer, self.now)

    # Bookings

    def booking(self, booking_id: int) -> Booking | None:
        """Return the booking of an id; None where there is none."""
        self._last = self._session.get(Booking, booking_id)  # kept: else it is read anew each time
        return self._last

    def upcoming(self) -> Sequence[Booking]:
        """Return the confirmed bookings to come, the soonest first; none to who calls."""
        if self._upcoming is None:
            citizen_id = self._actor.citizen_id if self.calls_from is None else NOBODY
            self._upcoming = bookings.upcoming(self._session, citizen_id, self.now)
        return self._upcoming

    def has_upcoming(self) -> bool:
        """Return whether there is any; who has just booked isn't looked for, nor who calls."""
        return self._has_booked or self.calls_from is not None or bool(self.upcoming())

    def hold(self, offer: ServiceOffer, starts_at: datetime, old: Booking | None) -> Booking:
        """Hold a time, in place of the hold `old` if given. Raises BookingRefused.

        For a caller, who becomes a citizen by it. Raises StaffRefused then.
        """
        actor = self._actor_of(old) if old else self._actor
        if actor.staff and not old:
            language = Language(actor.language)
            actor = by_staff.caller(self._session, actor.staff, self.now, language)
        return holds.hold(self._session, offer, starts_at, self.now, actor, old)

    def slot_taken(self) -> BookingRefused:
        """Return the refusal of a time that is no longer free."""
        return slot_taken_error()

    def extend(self, booking_id: int) -> bool:
        """Extend a hold, because its citizen is active; return False where it has lapsed."""
        return holds.extend_by_id(self._session, self._registry, booking_id, self.now)

    def release(self, booking: Booking) -> None:
        """Release a hold."""
        # Also a caller's, for whom nobody may act any more.
        actor = replace(self._actor, citizen_id=booking.citizen_id)
        holds.release(self._session, booking, self.now, actor)

    def confirm(
        self,
        offer: ServiceOffer,
        booking: Booking,
        details: Mapping[str, str],
        consent: Consent | None,
    ) -> None:
        """Confirm a held booking. Raises BookingRefused; for a caller, StaffRefused."""
        self._upcoming = None
        bookings.confirm(
            self._session,
            self._registry,
            offer,
            booking,
            self.now,
            self._actor_of(booking),
            details=details,
            consent=consent,
            choose=self._choose,
        )
        self._has_booked = True

    def move(self, booking: Booking, starts_at: datetime) -> None:
        """Move a booking to another time. Raises BookingRefused."""
        self._upcoming = None
        offer, actor = self.offer_of(booking), self._actor
        bookings.move(self._session, self._registry, offer, booking, starts_at, self.now, actor)

    def cancel(self, booking: Booking) -> None:
        """Cancel a booking. Raises BookingRefused."""
        self._upcoming, self._has_booked = None, False
        bookings.cancel(self._session, self._registry, booking, self.now, self._actor)

    def edit(self, booking: Booking, changes: Mapping[str, str]) -> None:
        """Change a booking's details. Raises BookingRefused."""
        self._upcoming = None
        bookings.edit(self._session, self._registry, booking, changes, self.now, self._actor)

    def withdraw_consent(self, booking: Booking) -> bool:
        """Withdraw the consent, which erases the details and cancels. Raises BookingRefused.

        Return whether it stays known that the e-mail address gets no reminders.
        """
        self._upcoming, self._has_booked = None, False
        now, actor = self.now, self._actor
        return bookings.withdraw_consent(self._session, self._registry, booking, now, actor)

    def check_open(self, booking: Booking) -> None:
        """Raise BookingRefused where a booking is over, or was cancelled."""
        bookings.check_open(booking, self.now, self._actor)

    def check_changeable(self, booking: Booking) -> None:
        """Raise BookingRefused where a booking is over, or the deadline for changes has passed."""
        body = self.of_booking(booking).body
        bookings.check_changeable(self._session, body, booking, self.now, self._actor)

    def count_end(self, body_id: str, step: str, answered: Sequence[str], *, booked: bool) -> None:
        """Count a booking dialog that ends, at which step and whether something was booked."""
        end = drop_off.End(body_id, self._actor.platform, self.now, step, answered, booked)
        drop_off.add_ends(self._session, [end])

    # Offers of another time

    def accept_offer(self, offer: TimeOffer) -> bool:
        """Move a booking to the time offered; return False where that is lost.

        Raises BookingRefused: offer_ended.
        """
        self._upcoming = None
        return time_offers.accept(self._session, self._registry, offer, self.now, self._actor)

    def decline_offer(self, offer: TimeOffer) -> None:
        """Decline an offer; the office is told. Raises BookingRefused."""
        time_offers.decline(self._session, self._registry, offer, self.now)

    # Limits, and the citizen's details

    def limit_reached(self, offer: ServiceOffer) -> LimitReached | None:
        """Return the limit of a service that the citizen has reached; it is cached."""
        key = (offer.municipality.id, offer.service.id)
        if key not in self._limits:
            self._limits[key] = limits.limit_reached(
                self._session, offer.municipality, key[1], self.now, self._actor.citizen_id
            )
        return self._limits[key]

    def check_attendee_limit(self, offer: ServiceOffer, attendee: str) -> None:
        """Raise BookingRefused where the citizen has booked a service enough for an attendee."""
        body, service, citizen_id = offer.municipality, offer.service.id, self._actor.citizen_id
        limits.check_attendee(self._session, body, service, self.now, citizen_id, attendee)

    def may_book_for(self, offer: ServiceOffer, attendee: str) -> bool:
        """Return whether that attendee may have one more appointment for a service."""
        try:
            self.check_attendee_limit(offer, attendee)
        except BookingRefused:
            return False
        return True

    def check_phone_limit(self, offer: ServiceOffer, number: str, attendee: str) -> None:
        """Raise BookingRefused where a phone number has reached a service's limit for an attendee.

        `attendee` is their name, "" where it isn't known yet.
        """
        hashed, body, service = self._registry.keyed_hash(number), offer.municipality, offer.service
        limits.check_phone(self._session, body, service.id, self.now, hashed, attendee, self._actor)

    def remember_details(self, details: Mapping[str, str]) -> None:
        """Store details with the citizen, to be offered at the next booking; not a caller's."""
        if self._actor.staff or self.calls_from is not None:
            return
        merged = {**self.known_details, **details}
        store_details(self._session, self._actor.citizen_id, self._citizen_public_id, merged)
