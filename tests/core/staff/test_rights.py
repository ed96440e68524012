"""Each action of staff, tried by each role on what is theirs, another's, and another town's.

An action without a row in EXPECTED or a way to do it in WAYS fails; so does a command of the
command line without one in tests/bot/cli/test_staff.py.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from sqlalchemy import select

from core.actor import KeyScope, Role, Staff
from core.bookings import agenda, attendance, by_staff, exports, holds, seen, service, statistics
from core.bookings.closures import listing
from core.bookings.closures import service as closures
from core.bookings.closures.request import ExceptionRequest
from core.bookings.staff_rights import bookable_part
from core.db.models import Booking, Contact, ExceptionKind
from core.errors import StaffRefused
from core.i18n import Language
from core.staff import (
    api_keys,
    codes,
    links,
    members,
    record,
    relay,
    rooms,
    webhook_changes,
    webhook_sending,
    webhooks,
)
from core.staff.rights import RIGHTS, Action
from tests.core.small_municipality import MONDAY, at
from tests.core.staff.two_towns import CITY, OPERATOR, TOWN, TwoTowns

DONE, HIDDEN, DENIED = "done", "not_found", "not_allowed"

# What comes of it for: an employee of a service group, an employee of a desk, a manager, an
# operator; on what is the employee's, on another service group and desk, in another municipality.
SERVES = {
    "group": (DONE, HIDDEN, HIDDEN),
    "desk": (DONE, HIDDEN, HIDDEN),
    "manager": (DONE, DONE, HIDDEN),
    "operator": (DONE, DONE, DONE),
}
LISTS = SERVES | {"group": (DONE, DONE, HIDDEN), "desk": (DONE, DONE, HIDDEN)}
MANAGES = SERVES | {"group": (DENIED,) * 3, "desk": (DENIED,) * 3}
AT_DESK = SERVES | {"group": (HIDDEN, HIDDEN, HIDDEN)}
BY_CODE = dict.fromkeys(SERVES, (DONE, DONE, DONE))

EXPECTED = {
    Action.LIST: LISTS,
    Action.SHOW: SERVES,
    Action.FIND: LISTS,
    Action.EXPORT: LISTS,
    Action.EXPORT_DETAILS: LISTS,
    Action.BOOK: SERVES,
    Action.MOVE: SERVES,
    Action.OFFER: SERVES,
    Action.EDIT: SERVES,
    Action.CANCEL: SERVES,
    Action.SEEN: SERVES,
    Action.NUMBER: SERVES,
    Action.ARRIVED: SERVES,
    Action.CAME: SERVES,
    Action.NO_SHOW: SERVES,
    Action.UNDO: SERVES,
    Action.RELAY: SERVES,
    Action.LIST_STAFF: MANAGES | {"manager": (DONE, DONE, DONE)},  # of their own; see below
    Action.LIST_RECORD: MANAGES,
    Action.ADD_MEMBER: MANAGES,
    Action.DISABLE_MEMBER: MANAGES,
    Action.LINK_CODE: MANAGES,
    Action.LINK: BY_CODE,
    Action.ROOM_CODE: MANAGES,
    Action.BIND_ROOM: BY_CODE,
    Action.UNBIND_ROOM: MANAGES,
    Action.ADD_KEY: MANAGES,
    Action.REVOKE_KEY: MANAGES,
    Action.CLOSE: AT_DESK,
    Action.OPEN: AT_DESK,
    Action.LIST_CLOSURES: LISTS,
    Action.STATISTICS: MANAGES,
    Action.LIST_WEBHOOKS: MANAGES,
    Action.ADD_WEBHOOK: MANAGES,
    Action.CHANGE_WEBHOOK: MANAGES,
    Action.REMOVE_WEBHOOK: MANAGES,
    Action.SEND_WEBHOOK: MANAGES,
}

WHOSE = ("own", "other group", "other municipality")


@dataclass
class Attempt:
    """An action on a booking, and on the municipality that it is in, by somebody."""

    towns: TwoTowns
    booking: Booking
    staff: Staff

    @property
    def at(self) -> str:
        return self.booking.municipality_id

    def member(self) -> int:
        return self.towns.add(at=self.at)

    def bound(self) -> int:
        return self._bind(self.room_code(OPERATOR))

    def room_code(self, by: Staff) -> str:
        towns = self.towns
        return codes.make_room_code(
            towns.session, towns.registry, by, towns.now, municipality_id=self.at
        )

    def link_code(self, by: Staff) -> str:
        towns = self.towns
        return codes.make_link_code(
            towns.session, towns.registry, by, towns.now, member_id=self.member()
        )

    def _bind(self, code: str) -> int:
        towns = self.towns
        return rooms.bind(
            towns.session,
            towns.registry,
            code,
            towns.now,
            account=towns.shared,
            chat="-100",
            by=self.staff,
        ).id

    def relay(self) -> None:
        """Write in a thread about the booking, in a room of the whole municipality."""
        towns, session = self.towns, self.towns.session
        contact = session.scalars(
            select(Contact.id).where(Contact.citizen_id == self.booking.citizen_id)
        ).one()
        code = self.room_code(OPERATOR)
        room = rooms.bind(session, towns.registry, code, towns.now, account=towns.shared, chat="-1")
        thread = relay.open_thread(
            session, towns.registry, contact, room, towns.now, booking=self.booking
        )
        relay.check_right(session, towns.registry, self.staff, thread)

    def list_day(self) -> None:
        towns = self.towns
        agenda.list_day(towns.session, towns.registry, self.staff, self.at, MONDAY, towns.now)

    def show(self) -> None:
        towns = self.towns
        which = str(self.booking.code)
        agenda.show(towns.session, towns.registry, self.staff, which, towns.now)

    def find(self) -> None:
        """Nobody finds what they don't serve."""
        towns = self.towns
        found = agenda.find_named(
            towns.session, towns.registry, self.staff, self.at, "παπαδοπουλου", towns.now
        )
        try:
            self.show()
        except StaffRefused:
            assert found == []
        else:
            assert [entry.booking_id for entry in found] == [self.booking.id]

    def export(self, *, details: bool) -> None:
        """Nobody takes out what they don't serve."""
        towns = self.towns
        begun = exports.begin(
            *(towns.session, towns.registry, self.staff, self.at, None, None, towns.now),
            details=details,
        )
        found = [row.id for row in towns.session.execute(begun.query)]
        try:
            self.show()
        except StaffRefused:
            assert found == []
        else:
            assert found == [self.booking.id]

    def seen(self) -> None:
        towns = self.towns
        seen.mark_seen(towns.session, towns.registry, self.staff, self.booking, towns.now)

    def number(self) -> None:
        towns = self.towns
        number = seen.show_number(
            towns.session, towns.registry, self.staff, self.booking, towns.now
        )
        assert number == self.booking.details["phone"]

    def book(self) -> None:
        towns, booking = self.towns, self.booking
        offer = towns.registry[self.at].offer(booking.service, booking.branch, booking.channel)
        actor = by_staff.caller(towns.session, self.staff, towns.now, Language.EL)
        held = holds.hold(towns.session, offer, at("10:30"), towns.now, actor)
        towns.confirm(held, offer, actor)

    def move(self) -> None:
        towns = self.towns
        by_staff.move(
            towns.session, towns.registry, self.staff, self.booking, at("10:30"), towns.now
        )

    def offer(self) -> None:
        towns, now = self.towns, at("09:00")  # before it begins
        by_staff.offer(towns.session, towns.registry, self.staff, self.booking, now)

    def edit(self) -> None:
        towns, actor = self.towns, by_staff.acting(self.staff, self.booking)
        changes = {"name": "Άννα Παππά"}
        service.edit(towns.session, towns.registry, self.booking, changes, towns.now, actor)

    def cancel(self) -> None:
        towns = self.towns
        by_staff.cancel(
            towns.session, towns.registry, self.staff, self.booking, towns.now, "απεργία"
        )

    def arrived(self, by: Staff | None = None) -> None:
        towns = self.towns
        attendance.mark_arrived(
            towns.session, towns.registry, by or self.staff, self.booking, towns.now
        )

    def outcome(self, action: Action) -> None:
        towns = self.towns
        attendance.mark_outcome(
            towns.session, towns.registry, self.staff, self.booking, action, towns.now
        )

    def undo(self) -> None:
        towns = self.towns
        self.arrived(OPERATOR)
        attendance.undo(
            towns.session, towns.registry, self.staff, self.booking, Action.ARRIVED, towns.now
        )

    def list_staff(self) -> None:
        """Everybody sees but their own."""
        self.member()
        self.bound()
        seen = {
            *(
                each.municipality_id
                for each in members.list_members(self.towns.session, self.staff)
            ),
            *(each.municipality_id for each in rooms.list_rooms(self.towns.session, self.staff)),
        }
        assert self.staff.role is Role.OPERATOR or seen <= {TOWN}

    def list_record(self) -> None:
        record.entries(self.towns.session, self.staff, municipality_id=self.at)

    def add_member(self) -> None:
        self.towns.add(at=self.at, by=self.staff)

    def disable_member(self) -> None:
        members.disable(self.towns.session, self.staff, self.member(), self.towns.now)

    def add_key(self, by: Staff) -> int:
        towns = self.towns
        return api_keys.make(
            towns.session,
            towns.registry,
            by,
            towns.now,
            member_id=self.member(),
            name="Screen",
            scopes=[KeyScope.READ],
            days=1,
        )[0]

    def revoke_key(self) -> None:
        towns = self.towns
        api_keys.revoke(towns.session, self.staff, self.add_key(OPERATOR), towns.now)

    def link(self) -> None:
        towns, code = self.towns, self.link_code(OPERATOR)
        links.link(
            towns.session, towns.registry, code, towns.now, account=towns.shared, address="7"
        )

    def make(self, kind: ExceptionKind) -> None:
        """Close or open the booking's desk."""
        towns, booking = self.towns, self.booking
        names = {row_id: desk for (_at, desk), row_id in towns.registry[self.at].desk_ids.items()}
        asked = ExceptionRequest(
            kind,
            self.at,
            MONDAY,
            MONDAY,
            "18:00",
            "19:00",
            desk=f"office/{names[booking.desk_id]}",
        )
        closures.make(towns.session, towns.registry, self.staff, asked, towns.now)

    def list_closures(self) -> None:
        towns = self.towns
        listing.list_exceptions(towns.session, towns.registry, self.staff, self.at, towns.now)

    def count(self) -> None:
        towns = self.towns
        statistics.count_all(
            towns.session, towns.registry, self.staff, self.at, first=MONDAY, last=MONDAY
        )

    def list_webhooks(self) -> None:
        webhooks.list_endpoints(self.towns.session, self.staff, self.at)

    def add_webhook(self, by: Staff) -> int:
        towns, url = self.towns, "https://example.gr/hook"
        return webhooks.add(
            towns.session, towns.registry, by, towns.now, municipality_id=self.at, url=url
        )[0]

    def change_webhook(self) -> None:
        webhooks.rotate(self.towns.session, self.staff, self.add_webhook(OPERATOR), self.towns.now)

    def remove_webhook(self) -> None:
        towns, number = self.towns, self.add_webhook(OPERATOR)
        webhook_changes.remove(towns.session, self.staff, number, towns.now)

    def replay(self) -> None:
        towns = self.towns
        webhook_sending.replay_since(
            towns.session, self.staff, self.add_webhook(OPERATOR), towns.now, towns.now
        )

    def unbind(self) -> None:
        rooms.unbind(self.towns.session, self.staff, self.bound(), self.towns.now)


WAYS: dict[Action, Callable[[Attempt], object]] = {
    Action.LIST: Attempt.list_day,
    Action.SHOW: Attempt.show,
    Action.FIND: Attempt.find,
    Action.EXPORT: lambda attempt: attempt.export(details=False),
    Action.EXPORT_DETAILS: lambda attempt: attempt.export(details=True),
    Action.BOOK: Attempt.book,
    Action.MOVE: Attempt.move,
    Action.OFFER: Attempt.offer,
    Action.EDIT: Attempt.edit,
    Action.CANCEL: Attempt.cancel,
    Action.SEEN: Attempt.seen,
    Action.NUMBER: Attempt.number,
    Action.ARRIVED: Attempt.arrived,
    Action.CAME: lambda attempt: attempt.outcome(Action.CAME),
    Action.NO_SHOW: lambda attempt: attempt.outcome(Action.NO_SHOW),
    Action.UNDO: Attempt.undo,
    Action.RELAY: Attempt.relay,
    Action.LIST_STAFF: Attempt.list_staff,
    Action.LIST_RECORD: Attempt.list_record,
    Action.ADD_MEMBER: Attempt.add_member,
    Action.DISABLE_MEMBER: Attempt.disable_member,
    Action.LINK_CODE: lambda attempt: attempt.link_code(attempt.staff),
    Action.LINK: Attempt.link,
    Action.ROOM_CODE: lambda attempt: attempt.room_code(attempt.staff),
    Action.BIND_ROOM: Attempt.bound,
    Action.UNBIND_ROOM: Attempt.unbind,
    Action.ADD_KEY: lambda attempt: attempt.add_key(attempt.staff),
    Action.REVOKE_KEY: Attempt.revoke_key,
    Action.CLOSE: lambda attempt: attempt.make(ExceptionKind.CLOSURE),
    Action.OPEN: lambda attempt: attempt.make(ExceptionKind.OPENING),
    Action.LIST_CLOSURES: Attempt.list_closures,
    Action.STATISTICS: Attempt.count,
    Action.LIST_WEBHOOKS: Attempt.list_webhooks,
    Action.ADD_WEBHOOK: lambda attempt: attempt.add_webhook(attempt.staff),
    Action.CHANGE_WEBHOOK: Attempt.change_webhook,
    Action.REMOVE_WEBHOOK: Attempt.remove_webhook,
    Action.SEND_WEBHOOK: Attempt.replay,
}


def staff_called(who: str, towns: TwoTowns) -> Staff:
    """Add a member of staff, of those in the tables."""
    return {
        "group": lambda: towns.staff(Role.EMPLOYEE, groups=["building"]),
        "desk": lambda: towns.staff(Role.EMPLOYEE, desks=["office/one", "office/two"]),
        "manager": lambda: towns.staff(Role.MANAGER),
        "operator": lambda: towns.staff(Role.OPERATOR, None),
    }[who]()


def test_every_action_has_its_rights_and_is_tried() -> None:
    assert set(RIGHTS) == set(EXPECTED) == set(WAYS) == set(Action)


@pytest.mark.parametrize("shared_by_towns", ["sqlite"], indirect=True)
@pytest.mark.parametrize("whose", WHOSE)
@pytest.mark.parametrize("who", SERVES)
@pytest.mark.parametrize("action", EXPECTED)
def test_an_action_is_done_hidden_or_denied(
    towns: TwoTowns, action: Action, who: str, whose: str
) -> None:
    staff = staff_called(who, towns)
    booking = towns.book(
        "09:30",
        "tax" if whose == "other group" else "permit",
        CITY if whose == "other municipality" else TOWN,
    )
    towns.now = at("09:30")
    before = (booking.state, booking.starts_at, booking.version, booking.details)
    attempt = Attempt(towns, booking, staff)
    expected = EXPECTED[action][who][WHOSE.index(whose)]
    if expected == DONE:
        WAYS[action](attempt)
        return
    with pytest.raises(StaffRefused) as refused:
        WAYS[action](attempt)
    assert refused.value.kind == expected
    if action is not Action.UNDO:  # for which it is marked first
        assert (booking.state, booking.starts_at, booking.version, booking.details) == before


@pytest.mark.parametrize("whose", WHOSE)
@pytest.mark.parametrize("who", SERVES)
def test_a_channel_is_bound_at_once_by_who_may_make_codes(
    towns: TwoTowns, who: str, whose: str
) -> None:
    staff, at = staff_called(who, towns), CITY if whose == "other municipality" else TOWN
    said = DONE
    try:
        rooms.bind_one_way(
            towns.session,
            towns.registry,
            staff,
            towns.now,
            account="slack:town",
            municipality_id=at,
        )
    except StaffRefused as refused:
        said = refused.kind
    assert said == EXPECTED[Action.ROOM_CODE][who][WHOSE.index(whose)]
    assert (rooms.find(towns.session, "slack:town", rooms.CHANNEL) is None) == (said != DONE)


@pytest.mark.parametrize("whose", WHOSE)
@pytest.mark.parametrize("who", SERVES)
def test_for_a_caller_is_offered_what_may_be_booked(towns: TwoTowns, who: str, whose: str) -> None:
    loaded = towns.registry[CITY if whose == "other municipality" else TOWN]
    part = bookable_part(loaded, staff_called(who, towns))
    offered = part is not None and part.has("tax" if whose == "other group" else "permit", "office")
    assert offered == (EXPECTED[Action.BOOK][who][WHOSE.index(whose)] == DONE)


@pytest.mark.parametrize("action", [action for action in Action if EXPECTED[action] is SERVES])
def test_what_is_hidden_is_refused_as_what_does_not_exist(towns: TwoTowns, action: Action) -> None:
    foreign = towns.book(at=CITY)
    for role in (Role.EMPLOYEE, Role.MANAGER):
        staff = towns.staff(role)
        said = []
        for which in (foreign.id, str(foreign.code), foreign.id + 99, "KX7 M2P"):
            with pytest.raises(StaffRefused) as refused:
                by_staff.find(towns.session, towns.registry, staff, action, which)
            said.append((refused.value.kind, refused.value.text))
        assert said == [said[0]] * 4


@pytest.mark.parametrize("role", Role)
def test_a_disabled_member_does_nothing_any_more(towns: TwoTowns, role: Role) -> None:
    staff = towns.staff(role, None if role is Role.OPERATOR else TOWN)
    assert staff.member_id
    members.disable(towns.session, OPERATOR, staff.member_id, towns.now)
    assert members.load(towns.session, staff.member_id, "telegram") is None


def test_an_employee_lists_what_is_theirs_only(towns: TwoTowns) -> None:
    permit, tax = towns.book("09:30"), towns.book("09:00", "tax")
    other = towns.book("10:00", at=CITY)

    def listed(staff: Staff, at: str = TOWN) -> list[str]:
        entries = agenda.list_day(towns.session, towns.registry, staff, at, MONDAY, towns.now)
        return [entry.code for entry in entries]

    assert listed(towns.staff(Role.EMPLOYEE, groups=["building"])) == [permit.code]
    assert listed(towns.staff(Role.EMPLOYEE, desks=["office/three"])) == [tax.code]
    assert listed(towns.staff(Role.EMPLOYEE, groups=["money"], desks=["office/one"])) == [
        tax.code,
        permit.code,
    ]
    assert listed(towns.staff(Role.MANAGER)) == [tax.code, permit.code]
    assert listed(OPERATOR, CITY) == [other.code]
    assert listed(replace(OPERATOR, member_id=7), CITY) == [other.code]
