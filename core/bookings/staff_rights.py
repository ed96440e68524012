"""The rights of staff who act for a citizen, checked wherever a booking is changed."""

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

from core.actor import Actor, Staff
from core.catalogue.model import Desk, Municipality
from core.catalogue.registry import LoadedMunicipality
from core.catalogue.service_offer import ServiceOffer
from core.db.models import Booking
from core.staff.rights import Action, Scope, check_booking, scope_of, target_of


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


def bookable_part(loaded: LoadedMunicipality, staff: Staff) -> LoadedMunicipality | None:
    """Return a municipality with what a member may book for a caller; None where that is nothing.

    For an employee, those are the services of their groups, at any desk, and what their own desks
    serve, at these. Its digest differs from the whole one's, and by what the employee serves.
    Raises StaffRefused: not_allowed.
    """
    scope = scope_of(staff, Action.BOOK)
    if scope is not Scope.DEPLOYMENT and loaded.body.id != staff.municipality_id:
        return None
    return _part(loaded, staff.groups, staff.desks) if scope is Scope.AREA else loaded


@lru_cache(maxsize=256)
def _part(
    loaded: LoadedMunicipality, groups: frozenset[str], desks: frozenset[int]
) -> LoadedMunicipality | None:
    body = loaded.body
    own = {each.id for group in body.groups if group.id in groups for each in group.services}

    def part_of(branch: str, all_desks: tuple[Desk, ...]) -> Iterator[Desk]:
        for desk in all_desks:
            served = own if desk.services == "all" else own.intersection(desk.services)
            if loaded.desk_ids[branch, desk.id] in desks:
                yield desk
            elif served:
                yield desk.model_copy(update={"services": tuple(sorted(served))})

    branches = [
        branch.model_copy(update={"desks": kept})
        for branch in body.branches
        if (kept := tuple(part_of(branch.id, branch.desks)))
    ]
    part = _copy(body, branches=tuple(branches))
    kept_groups = [
        group.model_copy(update={"services": services})
        for group in body.groups
        if (services := tuple(each for each in group.services if part.branches_of(each.id)))
    ]
    if not kept_groups:
        return None
    digest = f"{loaded.digest} {sorted(groups)} {sorted(desks)}"
    return replace(loaded, digest=digest, body=_copy(part, groups=tuple(kept_groups)))


def _copy(body: Municipality, **changes: object) -> Municipality:
    """Return a municipality with changes; unlike `model_copy`, without its cached properties."""
    fields = {name: getattr(body, name) for name in Municipality.model_fields}
    return Municipality.model_construct(**fields | changes)
