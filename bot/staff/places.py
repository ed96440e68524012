"""The places that staff mean: of their chat, or named in a command."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from bot.staff.turn import StaffTurn
from core.actor import Role, Staff
from core.catalogue.registry import LoadedMunicipality
from core.db.models import ExceptionKind
from core.errors import StaffRefusalKind, StaffRefused
from core.i18n import TextTemplate, _
from core.staff.rights import no_municipality, not_found
from dialogs.nlu.dates import NoSuchDay
from dialogs.nlu.day_ranges import NoSuchHours, parse_day_range
from dialogs.nlu.lexicon import Lexicon
from dialogs.nlu.normalize import normalize

_NAME = re.compile(r"[\w/.\- ]+")

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


def place_before_day(
    loaded: LoadedMunicipality, typed: str, lexicon: Lexicon, today: date
) -> tuple[Place | None, str]:
    """Return what `place_named` does, unless the name is part of a day: a desk 3, of 3 December."""
    place, rest = place_named(loaded, typed)
    if place is not None:
        whole = _after_days(typed, lexicon, today)
        if whole is not None and _after_days(rest, lexicon, today) in (None, whole):
            return None, typed
    return place, rest


def _after_days(typed: str, lexicon: Lexicon, today: date) -> str | None:
    """Return what follows the days with which a text begins; None where it begins with none."""
    try:
        found = parse_day_range(typed, lexicon, today)
    except (NoSuchDay, NoSuchHours):
        return None
    return found.rest if found else None


_NO_PLACE = {
    ExceptionKind.CLOSURE: _(
        "There is no branch or desk “{given}”. Desks: {desks}. The reason comes last."
    ),
    ExceptionKind.OPENING: _("There is no branch or desk “{given}”. Desks: {desks}."),
}


def refuse_unknown(
    loaded: LoadedMunicipality, kind: ExceptionKind, typed: str, lexicon: Lexicon, today: date
) -> None:
    """Raise StaffRefused (not_found) where a day follows words that are no place."""
    words = typed.split()
    for count in range(1, min(len(words), MAX_WORDS + 1)):
        given, rest = " ".join(words[:count]), " ".join(words[count:])
        if _NAME.fullmatch(given) and _after_days(rest, lexicon, today) is not None:
            shown = {"given": given[:50], "desks": ", ".join(desks_of(loaded))}
            raise not_found(TextTemplate(_NO_PLACE[kind].message, args=shown))


def desks_of(loaded: LoadedMunicipality) -> Sequence[str]:
    """Return the desks of the catalogue, as BRANCH/DESK."""
    branches = loaded.body.branches
    return [f"{branch.id}/{desk.id}" for branch in branches for desk in branch.desks]


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
