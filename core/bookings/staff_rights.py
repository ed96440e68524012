"""The rights of staff who act for a citizen, checked wherever a booking is changed."""

from core.actor import Actor
from core.catalogue.model import Municipality
from core.catalogue.service_offer import ServiceOffer
from core.db.models import Booking
from core.staff.rights import Action, check_booking, target_of


def offer_for(offer: ServiceOffer, actor: Actor) -> ServiceOffer:
    """Return an offer as the actor may book it. Raises StaffRefused: not_allowed, not_found."""
    if actor.staff is None:
        return offer
    desks = [desk_id for desk_id, _desk in offer.desks]
    target = target_of(offer.municipality, offer.service.id, desks)
    check_booking(actor.staff, Action.BOOK, target)
    return offer.for_staff()


def check_change(body: Municipality, booking: Booking, action: Action, actor: Actor) -> None:
    """Raise StaffRefused (not_allowed, not_found) where staff may not do that with a booking."""
    if actor.staff:
        target = target_of(body, booking.service, [booking.desk_id])
        check_booking(actor.staff, action, target)
