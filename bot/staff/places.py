"""The places that staff mean: of their chat, or named in a command."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from bot.staff.turn import StaffTurn
from core.actor import Role, Staff
from core.catalogue.registry import LoadedMunicipality
from core.errors import StaffRefusalKind, StaffRefused
from core.i18n import _
from core.staff.rights import no_municipality
from dialogs.nlu.normalize import normalize

MAX_WORDS = 8
"""The most words of a place's name that are looked for."""


class Place(NamedTuple):
    """A branch, or a desk (BRANCH/DESK); neither is the whole municipality."""

    branch: str | None = None
    desk: str | None = None


def municipality_of(turn: StaffTurn, staff: Staff) -> LoadedMunicipality:
    """Return the municipality that is meant: the room's, or the member's own.

    An operator has none: in a private chat, it is the account's or the only one. Raises
    StaffRefused: invalid.
    """
    own = turn.registry.own_accounts.get(turn.inbound.account)
    known = [body.id for body in turn.registry.municipalities]
    wanted = turn.room.municipality_id if turn.room else staff.municipality_id or own
    if wanted is None and len(known) == 1:
        wanted = known[0]
    if wanted is None:
        raise StaffRefused(
            StaffRefusalKind.INVALID, _("Please write that in the chat of a municipality.")
        )
    if wanted not in turn.registry:
        raise no_municipality()
    return turn.registry[wanted]


def place_of_chat(turn: StaffTurn, staff: Staff, loaded: LoadedMunicipality) -> Place:
    """Return the place where no other is named: a desk's in its chat, else the municipality.

    In a private chat, that of an employee who has one desk. Raises StaffRefused (invalid) in the
    chat of a service group, whose desks may serve others as well: one has to be named.
    """
    names = {row_id: f"{branch}/{desk}" for (branch, desk), row_id in loaded.desk_ids.items()}
    if turn.room is None:
        only = len(staff.desks) == 1 and staff.role is Role.EMPLOYEE
        return Place(desk=names.get(next(iter(staff.desks)))) if only else Place()
    if turn.room.desk_id is not None:
        return Place(desk=names[turn.room.desk_id])
    if turn.room.service_group is not None:
        body, group = loaded.body, loaded.body.group(turn.room.service_group)
        desks = [
            f"{branch.id}/{desk.id}"
            for branch in body.branches
            for desk in branch.desks
            if any(desk.serves(service.id) for service in group.services)
        ]
        raise StaffRefused(
            StaffRefusalKind.INVALID,
            _(
                "This chat is of a service group. Name a desk, or its branch, before the day: "
                "{desks}",
                desks=", ".join(desks),
            ),
        )
    return Place()


def place_named(loaded: LoadedMunicipality, typed: str) -> tuple[Place | None, str]:
    """Return the place with whose name a text begins, None without one; and what follows."""
    known = _names(loaded)
    words = typed.split()
    for count in range(min(len(words), MAX_WORDS), 0, -1):
        place = known.get(normalize(" ".join(words[:count])))
        if place:
            return place, " ".join(words[count:])
    return None, " ".join(words)


def _names(loaded: LoadedMunicipality) -> Mapping[str, Place]:
    """Return the branches and desks by what they are called; a name of several is none's."""
    found: dict[str, set[Place]] = {}
    for name, place in _named(loaded):
        found.setdefault(normalize(name), set()).add(place)
    return {name: min(places) for name, places in found.items() if len(places) == 1}


def _named(loaded: LoadedMunicipality) -> Iterator[tuple[str, Place]]:
    for branch in loaded.body.branches:
        for name in (branch.id, *branch.name.values(), *branch.aliases):
            yield name, Place(branch=branch.id)
        for desk in branch.desks:
            yield f"{branch.id}/{desk.id}", Place(desk=f"{branch.id}/{desk.id}")
            yield desk.id, Place(desk=f"{branch.id}/{desk.id}")
