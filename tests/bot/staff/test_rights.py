"""Each button and command, tried by each role on what is theirs, another's, and another town's.

A button or a command without a row here fails.
"""

from collections.abc import Mapping
from datetime import datetime
from itertools import count
from typing import Any

import pytest
from sqlalchemy.orm import Session

from bot.staff_messages import StaffButton, StaffCommand, StaffTap
from core.actor import Role
from core.db.models import Booking
from core.staff import members
from tests.bot.staff.people import People
from tests.core.booking_environment import BookingEnvironment
from tests.core.small_municipality import ATHENS, MONDAY
from tests.core.staff.two_towns import CITY, OPERATOR, TOWN, with_groups

NOBODY_S, NO_SUCH = "μόνο συνδεδεμένος συνάδελφος", "Δεν υπάρχει τέτοιο ραντεβού"
WHOSE = {"own": ("permit", TOWN), "other group": ("tax", TOWN), "other town": ("permit", CITY)}
ROLES: Mapping[str, tuple[Role, str | None, Mapping[str, list[str]]]] = {
    "group": (Role.EMPLOYEE, TOWN, {"groups": ["building"]}),
    "desk": (Role.EMPLOYEE, TOWN, {"desks": ["office/one", "office/two"]}),
    "manager": (Role.MANAGER, TOWN, {}),
    "operator": (Role.OPERATOR, None, {}),
}
SERVES = {
    "group": (True, False, False),
    "desk": (True, False, False),
    "manager": (True, True, False),
    "operator": (True, True, True),
}
"""Who may do something with a booking, in the order of WHOSE."""

QUESTIONS = None
"""A question is its member's alone (see test_questions.py), or its room's (test_offers.py)."""

THREADS = None
"""A thread is closed by who may answer in it; see test_relay.py."""

CLOSURES = None
"""It is about what was previewed, no booking; see test_closures.py."""

BUTTONS = {
    StaffButton.SEEN: SERVES,
    StaffButton.ARRIVED: SERVES,
    StaffButton.CAME: SERVES,
    StaffButton.NO_SHOW: SERVES,
    StaffButton.UNDO: SERVES,
    StaffButton.NUMBER: SERVES,
    StaffButton.CANCEL: SERVES,
    StaffButton.REASON: QUESTIONS,
    StaffButton.CONFIRM: QUESTIONS,
    StaffButton.KEEP: QUESTIONS,
    StaffButton.MOVE: SERVES,
    StaffButton.OFFER: QUESTIONS,
    StaffButton.LEAVE: QUESTIONS,
    StaffButton.MESSAGE: SERVES,
    StaffButton.END: THREADS,
    StaffButton.APPLY: CLOSURES,
    StaffButton.DISCARD: CLOSURES,
}

IN_TOWN = SERVES | {"operator": (True, True, False)}
"""What a room of TOWN shows to its members: nothing of another town, whoever asks."""

LISTED: Mapping[StaffCommand, Mapping[str, tuple[bool, bool, bool]] | None] = {
    StaffCommand.TODAY: IN_TOWN,
    StaffCommand.TOMORROW: IN_TOWN,
    StaffCommand.NEXT: IN_TOWN,
    StaffCommand.FIND: IN_TOWN,
    StaffCommand.BIND: None,  # by a code alone
    StaffCommand.LINK: None,
    StaffCommand.BOOK: None,  # shows nothing
    StaffCommand.CLOSE: None,  # see test_closures.py, and the rights of its action
    StaffCommand.OPEN: None,
    StaffCommand.CLOSURES: None,
    StaffCommand.HELP: None,
}


def add(people: People, role: str, who: int) -> None:
    """Add a member of that role who has linked that account."""
    services = people.chat.services
    kind, home, areas = ROLES[role]

    def run(session: Session) -> int:
        given: dict[str, Any] = {"name": role, "role": kind, "municipality_id": home, **areas}
        return members.add(session, services.registry, OPERATOR, services.clock(), **given)

    people.write(f"/link {people.link_code(people.chat.do(run))}", who, private=True)


def book(people: People, service: str, town: str, clock: str) -> Booking:
    def run(session: Session) -> Booking:
        services = people.chat.services
        registry = services.registry
        env = BookingEnvironment(
            session, with_groups(town), registry.accounts, services.clock(), registry
        )
        offer = env.offer_of(service)
        held = env.hold(clock, day=MONDAY, offer=offer)
        return env.confirm(held, offer=offer, phone=f"+3069{held.id:08}")

    return people.chat.do(run)


@pytest.fixture
def two_towns(people: People) -> People:
    people.chat.deployment.load(with_groups(CITY))
    people.chat.bind()
    return people


def test_every_button_and_command_has_its_row() -> None:
    assert set(BUTTONS) == set(StaffButton)
    assert set(LISTED) == set(StaffCommand)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("button", [each for each, rights in BUTTONS.items() if rights])
def test_a_button_works_or_is_nobodys(two_towns: People, button: StaffButton, role: str) -> None:
    add(two_towns, role, 601)
    add(two_towns, "operator", 602)
    bookings = [book(two_towns, *which, "10:00") for which in WHOSE.values()]
    two_towns.chat.deployment.clock.now = datetime(2026, 12, 7, 10, 0, tzinfo=ATHENS)
    for booking, allowed in zip(bookings, SERVES[role], strict=True):
        shown = int(booking.starts_at.timestamp())
        if button is StaffButton.UNDO:
            two_towns.tap_data(StaffTap(StaffButton.ARRIVED, booking.id, shown).dump(), 602)
        said = two_towns.tap_data(StaffTap(button, booking.id, shown).dump(), 601)
        assert said
        assert (NOBODY_S not in said) == allowed, said


@pytest.mark.parametrize("role", ROLES)
def test_a_list_and_a_search_show_what_is_theirs_in_this_town(two_towns: People, role: str) -> None:
    add(two_towns, role, 601)
    numbers = count()
    bookings = {
        whose: book(two_towns, *which, f"10:{next(numbers) % 2 * 3}0")
        for whose, which in WHOSE.items()
    }
    for command, day in (("today", 7), ("tomorrow", 6), ("next", 7), ("find Παπαδοπούλου", 7)):
        two_towns.chat.deployment.clock.now = datetime(2026, 12, day, 8, 0, tzinfo=ATHENS)
        said = str(two_towns.write(f"/{command}", 601))
        codes = [f"{each.code[:3]} {each.code[3:]}" for each in bookings.values() if each.code]
        expected = LISTED[StaffCommand(command.split(maxsplit=1)[0])]
        assert expected
        assert tuple(code in said for code in codes) == expected[role], (command, said)
    for booking, allowed in zip(bookings.values(), IN_TOWN[role], strict=True):
        said = str(two_towns.write(f"/find {booking.code}", 601))
        assert (said.rstrip(".") != NO_SUCH) == allowed, said
