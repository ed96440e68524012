"""Renders alerts to rooms of staff, by the bookings as they are now."""

from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from bot.context import Services
from bot.messages import Reply, ReplyChoice
from bot.staff_messages import StaffButton, StaffTap
from core.bookings.agenda import entry_of
from core.bookings.attendance import MARKED_WITHIN, undoable
from core.bookings.offers.ends import open_offer
from core.bookings.offers.service import hold_of
from core.bookings.seen import PHONE_FIELD, seen_by
from core.bookings.true_state import ARRIVED, ENDED, ShownChange, last_change, zone_of
from core.catalogue.registry import LoadedMunicipality, Registry
from core.db.models import Booking, BookingState, History, HistoryAction, OutboxRow, StaffRoom
from core.i18n import LANGUAGES, Text, TextTemplate, join
from core.messaging.addresses import has_dead_email
from core.messaging.keys import MessageKind
from core.messaging.notifications import citizen_contact
from core.staff.alerts import ALERTED, first_alert, gathered_before, given_up, is_shown_later
from core.staff.record import cancellation_reason
from core.staff.rights import Action
from dialogs.messages import relay as relay_texts
from dialogs.messages import staff_alert as texts
from dialogs.messages.staff_offer import MOVE, is_offered
from dialogs.messages.undelivered import EMAIL_IS_DEAD, what_failed

LANGUAGE = LANGUAGES[0]
"""The language in which rooms are spoken to: they have many readers, and no setting."""

UNDOABLE: Sequence[Action] = (Action.ARRIVED, Action.CAME, Action.NO_SHOW)
"""The marks that may be undone; a tap's `option` is the position of one."""

LABELS: Mapping[StaffButton, TextTemplate] = {
    StaffButton.SEEN: texts.SEEN,
    StaffButton.ARRIVED: texts.IS_HERE,
    StaffButton.CAME: texts.CAME,
    StaffButton.NO_SHOW: texts.DID_NOT_COME,
    StaffButton.NUMBER: texts.NUMBER,
    StaffButton.CANCEL: texts.CANCEL,
    StaffButton.MOVE: MOVE,
    StaffButton.MESSAGE: relay_texts.MESSAGE,
}

MARKS: Mapping[Action, TextTemplate] = {
    Action.ARRIVED: texts.IS_HERE,
    Action.CAME: texts.CAME,
    Action.NO_SHOW: texts.DID_NOT_COME,
}


def render_alert(session: Session, services: Services, row: OutboxRow) -> Reply:
    """Return the alert of a change to a booking.

    The first of its booking in its room shows how the booking is, and has its buttons. The others
    tell of their change, and answer the first: so the room reads as a record.
    """
    booking = session.get_one(Booking, row.booking_id)
    first = first_alert(session, row)
    if first is not None:
        change = last_change(session, booking, History.id == row.change_id)
        text = _alert(session, services, booking, change)
        return _reply(services, text, answers=first.provider_id)
    before = gathered_before(session, row)
    shown = show_booking(session, services, booking, row.change_id)
    return shown.model_copy(update={"answers": before.provider_id if before else None})


def render_edit(session: Session, services: Services, row: OutboxRow) -> Reply | None:
    """Return the first alert of a booking as it is now; None where that can't be, or needn't be.

    It is stored with the row which alert it replaces. A row that has an id of its own before it is
    sent edits the answer to a command that has this id.
    """
    first = row if row.provider_id else first_alert(session, row)
    platform = services.platforms.get(row.account)
    if first is None or first.provider_id is None or (platform and not platform.can_edit):
        return None
    if is_shown_later(session, row):
        return None
    row.replaces_id = first.id
    shown = show_booking(session, services, session.get_one(Booking, row.booking_id))
    return shown.model_copy(update={"edits": True})


def show_booking(
    session: Session, services: Services, booking: Booking, change_id: int | None = None
) -> Reply:
    """Return the alert of a booking as it is now, with its buttons.

    `change_id` is the change that it shows, where nothing has ended the booking; by default the
    last that rooms are alerted to.
    """
    change = _shown_change(session, booking, change_id)
    if change.starts_before:  # it shows where the booking is, also where that was moved on since
        change = change._replace(starts_after=booking.starts_at)
    text = _alert(session, services, booking, change)
    return _reply(services, text, choices=booking_buttons(session, services, booking))


def render_undelivered(session: Session, services: Services, row: OutboxRow) -> Reply:
    """Return the alert that a message to a citizen was given up, with how to call them.

    It says what wasn't delivered, and that the e-mail address is dead where it is.
    """
    booking, lost = session.get_one(Booking, row.booking_id), given_up(session, row)
    is_dead = has_dead_email(session, services.registry, booking)
    first = first_alert(session, row)
    loaded = services.registry[booking.municipality_id]
    return _reply(
        services,
        texts.undelivered(
            loaded.body,
            entry_of(loaded, booking),
            what_failed(lost.kind, lost.platform) if lost else None,
            EMAIL_IS_DEAD if is_dead else None,
        ),
        answers=first.provider_id if first else None,
        choices=number_button(services, booking),
    )


def number_button(services: Services, booking: Booking) -> list[ReplyChoice]:
    """Return the button that shows the telephone number of a booking, if it has one."""
    if not booking.details.get(PHONE_FIELD):
        return []
    return [_button(services, booking, StaffButton.NUMBER, texts.NUMBER, 0)]


def render_line(session: Session, services: Services, row: OutboxRow) -> str:
    """Return an alert in one line, for a message that tells of several."""
    booking = session.get_one(Booking, row.booking_id)
    loaded = services.registry[booking.municipality_id]
    entry = entry_of(loaded, booking)
    if row.kind == MessageKind.UNDELIVERED_ALERT:
        return services.texts.say(texts.undelivered_line(loaded.body, entry), LANGUAGE)
    change = last_change(session, booking, History.id == row.change_id)
    return services.texts.say(texts.alert_line(loaded.body, entry, change), LANGUAGE)


def _alert(session: Session, services: Services, booking: Booking, change: ShownChange) -> Text:
    loaded = services.registry[booking.municipality_id]
    cancelled = change.action is HistoryAction.CANCELLED
    seen = seen_by(session, booking) if change.action in ALERTED else None
    return texts.alert(
        loaded.body,
        entry_of(loaded, booking),
        change,
        reason=cancellation_reason(session, booking.id) if cancelled else None,
        seen_by=seen.name if seen else None,
        offered=_offered(session, loaded, booking),
    )


def _offered(session: Session, loaded: LoadedMunicipality, booking: Booking) -> Text | None:
    """Return the line of another time that is offered for a booking, if one is."""
    offer = open_offer(session, booking.id)
    hold = hold_of(session, offer) if offer else None
    if offer is None or hold is None or offer.expires_at is None:
        return None
    return is_offered(loaded.body, hold.starts_at, offer.expires_at)


def _shown_change(session: Session, booking: Booking, change_id: int | None) -> ShownChange:
    """Return the change that shows how a booking is: what ended it, a mark, or another change."""
    if ended := ENDED.get(booking.state):
        return last_change(session, booking, History.action.in_(ended.by))
    if booking.arrived_at is not None:
        return last_change(session, booking, History.action.in_(ARRIVED.by))
    of = History.action.in_(ALERTED) if change_id is None else History.id == change_id
    return last_change(session, booking, of)


def _reply(
    services: Services,
    text: Text,
    *,
    answers: str | None = None,
    choices: Sequence[ReplyChoice] = (),
) -> Reply:
    said = services.texts.say(text, LANGUAGE)
    return Reply(text=said, language=LANGUAGE, answers=answers, choices=list(choices))


def booking_buttons(session: Session, services: Services, booking: Booking) -> list[ReplyChoice]:
    """Return the buttons under a booking as it is now: what staff may do with it from now on.

    There are none where it was cancelled or is long over; after it was marked whether the citizen
    came, only what takes that back, on the same day.
    """
    now, registry = services.clock(), services.registry
    undone = undoable(session, registry, booking, now)
    undo = [] if undone is None else [_undo_button(services, booking, undone)]
    if booking.state in (BookingState.COMPLETED, BookingState.NO_SHOW):
        return undo
    if booking.state != BookingState.CONFIRMED or now > booking.starts_at + MARKED_WITHIN:
        return []
    zone = zone_of(registry, booking)
    may_arrive = now.astimezone(zone).date() <= booking.starts_at.astimezone(zone).date()
    rows: Sequence[Mapping[StaffButton, bool]] = (
        {
            StaffButton.SEEN: now < booking.ends_at and seen_by(session, booking) is None,
            StaffButton.ARRIVED: booking.arrived_at is None and may_arrive,
        },
        {StaffButton.CAME: True, StaffButton.NO_SHOW: True},
        {
            StaffButton.MOVE: now < booking.starts_at and open_offer(session, booking.id) is None,
            StaffButton.MESSAGE: now < booking.ends_at and _can_write(session, services, booking),
        },
        {
            StaffButton.NUMBER: bool(booking.details.get(PHONE_FIELD)),
            StaffButton.CANCEL: now < booking.ends_at,
        },
    )
    buttons = [
        _button(services, booking, button, LABELS[button], row)
        for row, offered in enumerate(rows)
        for button, is_offered in offered.items()
        if is_offered
    ]
    return [*undo, *buttons]


def _can_write(session: Session, services: Services, booking: Booking) -> bool:
    """Return whether the citizen of a booking has a chat or page in which they can answer."""
    return citizen_contact(session, services.registry, booking) is not None


def _undo_button(services: Services, booking: Booking, undone: Action) -> ReplyChoice:
    label = TextTemplate(texts.UNDO.message, args={"mark": MARKS[undone]})
    return _button(services, booking, StaffButton.UNDO, label, 0, UNDOABLE.index(undone))


def _button(
    services: Services,
    booking: Booking,
    button: StaffButton,
    label: TextTemplate,
    row: int,
    option: int = 0,
) -> ReplyChoice:
    tap = StaffTap(button, booking.id, int(booking.starts_at.timestamp()), option)
    return ReplyChoice(id=tap.dump(), label=services.texts.say(label, LANGUAGE), row=row)


def area_of(registry: Registry, room: StaffRoom) -> Text:
    """Return what a room is for, in words."""
    loaded = registry[room.municipality_id]
    body = loaded.body
    if room.service_group is not None:
        return join(", ", body.name, body.group(room.service_group).name)
    for (branch, _desk), row_id in loaded.desk_ids.items():
        if row_id == room.desk_id:
            # A new catalogue may have the branch no more.
            names = {each.id: each.name for each in body.branches}
            return join(", ", body.name, names.get(branch, branch))
    return body.name
