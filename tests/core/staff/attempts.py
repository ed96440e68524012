"""Each action of staff, as it is tried on a booking and on the municipality that it is in."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import select

from core.actor import KeyScope, Role, Staff
from core.bookings import (
    agenda,
    attendance,
    booking_details,
    by_staff,
    exports,
    holds,
    seen,
    service,
    statistics,
)
from core.bookings.closures import listing
from core.bookings.closures import service as closures
from core.bookings.closures.request import ExceptionRequest
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
from core.staff.rights import Action, check_municipality
from tests.core.small_municipality import MONDAY, at
from tests.core.staff.two_towns import OPERATOR, TOWN, TwoTowns


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
        booking_details.show(towns.session, towns.registry, self.staff, which, towns.now)

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
        towns, now = self.towns, at("07:00")  # early enough before it begins
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
    Action.LOAD: lambda attempt: check_municipality(attempt.staff, Action.LOAD, attempt.at),
    Action.LIST_CLOSURES: Attempt.list_closures,
    Action.STATISTICS: Attempt.count,
    Action.LIST_WEBHOOKS: Attempt.list_webhooks,
    Action.ADD_WEBHOOK: lambda attempt: attempt.add_webhook(attempt.staff),
    Action.CHANGE_WEBHOOK: Attempt.change_webhook,
    Action.REMOVE_WEBHOOK: Attempt.remove_webhook,
    Action.SEND_WEBHOOK: Attempt.replay,
}
