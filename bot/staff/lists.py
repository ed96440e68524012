"""The commands by which staff look at appointments: a day's, the next, one by its code or name."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

from bot.messages import ReplyChoice
from bot.platforms.layout import MAX_UNITS, fitting, utf16_units
from bot.staff import closures
from bot.staff.places import municipality_of
from bot.staff.turn import StaffTurn
from bot.staff_messages import StaffAnswer, StaffButton, StaffCommand, StaffTap
from bot.views.day_list import changed_hours
from bot.views.staff_alert import show_booking
from core.actor import Staff
from core.bookings import agenda, booking_details, by_staff
from core.bookings.agenda import AgendaEntry
from core.bookings.reference import is_code
from core.catalogue.registry import LoadedMunicipality
from core.db.models import BookingState, StaffRoom
from core.errors import StaffRefusalKind, StaffRefused
from core.i18n import FormattedDate, Text, TextTemplate, _, _n, join, lines
from core.staff.rights import Action, no_booking
from core.staff.rooms import is_for
from dialogs.conversation import CONVERSATION
from dialogs.messages.staff_alert import day_heading, day_line, more, shown_day
from dialogs.nlu.dates import NoSuchDay, parse_day
from dialogs.nlu.normalize import words_with_spans
from dialogs.nlu.spans import span_of

ASKED_IN_ROOM = (StaffButton.CANCEL, StaffButton.MESSAGE)

NEXT = 5
"""The number of appointments that are listed as the next."""

Command = Callable[[StaffTurn, Staff, str], StaffAnswer]

LISTS_HELP = (
    _("/today or /σήμερα: the appointments of today; /today 3/12 of another day"),
    _("/tomorrow or /αύριο: those of tomorrow"),
    _("/next or /επόμενα: the next ones from now on"),
    _("/find or /βρες: one by its code, or by the surname"),
)
CLOSURES_HELP = (
    _("/close or /κλείσιμο: close, as /close 3/12 10:00-12:00 strike; I show what is in the way"),
    _("/open or /άνοιγμα: an extra opening, as /open 3/12 17:00-19:00; /open 5 ends number 5"),
    _("/closures or /κλεισίματα: closures and extra openings"),
)
HELP = lines(
    *LISTS_HELP,
    *CLOSURES_HELP,
    _("/book or /κράτηση: book for a caller"),
    _(
        "Under each appointment there are buttons; to cancel, I ask you for a reason, which the "
        "citizen is told."
    ),
)
HELP_IN_PRIVATE = lines(
    CONVERSATION.help,
    *LISTS_HELP,
    *CLOSURES_HELP,
    _("/caller: book for a caller, here in our chat"),
)
"""The help for a member in their private chat, where they are a citizen as well."""


WITHOUT_ARGUMENT = frozenset(
    {StaffCommand.NEXT, StaffCommand.BOOK, StaffCommand.CLOSURES, StaffCommand.HELP}
)
"""The commands after which nothing is written."""


def is_meant(turn: StaffTurn, command: StaffCommand, argument: str) -> bool:
    """Return whether a text without a slash that begins as a command is one.

    For colleagues talk: "Today I can't make it". What needs more is
    done only if we are addressed.
    """
    if command in (StaffCommand.FIND, StaffCommand.CLOSE, StaffCommand.OPEN):
        return turn.inbound.answers is None
    if not argument or command not in WITHOUT_ARGUMENT | {
        StaffCommand.TODAY,
        StaffCommand.TOMORROW,
    }:
        return True
    if command in WITHOUT_ARGUMENT:
        return False
    try:
        found = parse_day(argument, turn.services.texts, turn.now.date())
    except NoSuchDay:
        return True  # which is told
    return found is not None and found.span == span_of(words_with_spans(argument))


def _day(days: int) -> Command:
    """Return the command that lists a day: so many days from today, or the day that is written."""

    def run(turn: StaffTurn, staff: Staff, argument: str) -> StaffAnswer:
        loaded = municipality_of(turn, staff)
        zone = ZoneInfo(loaded.body.timezone)
        today = turn.now.astimezone(zone).date()
        day = today + timedelta(days=days)
        if argument:
            try:
                found = parse_day(argument, turn.services.texts, today)
            except NoSuchDay:
                found = None
            if found is None:
                raise _invalid(
                    _("I don't know the day “{given}”. Write: /today 3/12", given=argument[:50])
                )
            day = found.value
        entries = _of_room(
            turn.room,
            loaded,
            agenda.list_day(turn.session, turn.registry, staff, loaded.body.id, day, turn.now),
        )
        listed = [each for each in entries if each.state != BookingState.CANCELLED]
        desk_id = turn.room.desk_id if turn.room else None
        exceptions = changed_hours(turn.session, loaded, day, desk_id, today)
        if not listed:
            nothing = _("{day}: no appointment.", day=shown_day(day, today))
            return turn.here(lines(*exceptions, nothing))
        # What is over is the first that a long list can do without.
        ahead = [each for each in listed if each.ends_at > turn.now]
        kept = listed if _fits(turn, loaded, listed) else ahead or listed
        said = [day_line(loaded.body, each) for each in kept]
        return turn.here(
            _list(turn, lines(*exceptions, day_heading(day, today, len(listed))), said)
        )

    return run


def _next(turn: StaffTurn, staff: Staff, _argument: str) -> StaffAnswer:
    loaded = municipality_of(turn, staff)
    found = _of_room(
        turn.room,
        loaded,
        agenda.list_next(turn.session, turn.registry, staff, loaded.body.id, turn.now),
    )
    if not found:
        return turn.here(_("There is no appointment within the next seven days."))
    said = [_dated(loaded, each) for each in found[:NEXT]]
    return turn.here(_list(turn, _("The next appointments:"), said))


def _find(turn: StaffTurn, staff: Staff, argument: str) -> StaffAnswer:
    loaded = municipality_of(turn, staff)
    if not argument:
        raise _invalid(_("Write a code or a surname: /find Παπαδοπούλου"))
    if is_code(argument):
        booking = by_staff.find(turn.session, turn.registry, staff, Action.SHOW, argument)
        return _show(turn, staff, loaded, booking.id)
    found = _of_room(
        turn.room,
        loaded,
        agenda.find_named(turn.session, turn.registry, staff, loaded.body.id, argument, turn.now),
    )
    if not found:
        return turn.here(
            _("I found no appointment of that name, from 30 days ago to 120 days from now.")
        )
    if len(found) == 1:
        return _show(turn, staff, loaded, found[0].booking_id)
    said = [_dated(loaded, each) for each in found]
    heading = _n("{count} appointment:", "{count} appointments:", len(found))
    return turn.here(_list(turn, heading, said))


def _show(
    turn: StaffTurn, staff: Staff, loaded: LoadedMunicipality, booking_id: int
) -> StaffAnswer:
    """Show a booking with its buttons, where the room is for it. It is recorded."""
    booking = booking_details.show(turn.session, turn.registry, staff, booking_id, turn.now).booking
    is_here = booking.municipality_id == loaded.body.id
    if not is_here or not _is_for(turn.room, loaded, booking.service, booking.desk_id):
        raise no_booking()
    shown = show_booking(turn.session, turn.services, booking)
    return StaffAnswer(
        where="room",
        reply=shown.model_copy(update={"choices": _buttons(turn, shown.choices)}),
    )


def _buttons(turn: StaffTurn, offered: Sequence[ReplyChoice]) -> list[ReplyChoice]:
    """Return the buttons that work here: some ask a question, which is asked in a room."""
    taps = {choice.id: StaffTap.parse(choice.id) for choice in offered}
    return [
        choice
        for choice in offered
        if turn.room or not (tap := taps[choice.id]) or tap.button not in ASKED_IN_ROOM
    ]


def _book(turn: StaffTurn, _staff: Staff, _argument: str) -> StaffAnswer:
    platform = turn.services.platforms[turn.inbound.account]
    link = platform.chat_link("caller")
    if link is None:
        return turn.here(_("Write me privately: /caller"))
    return turn.here(_("Book for a caller in our private chat: {link}", link=link))


def _help(turn: StaffTurn, _staff: Staff, _argument: str) -> StaffAnswer:
    return turn.here(HELP_IN_PRIVATE if turn.inbound.is_private else HELP)


COMMANDS: Mapping[StaffCommand, Command] = {
    StaffCommand.TODAY: _day(0),
    StaffCommand.TOMORROW: _day(1),
    StaffCommand.NEXT: _next,
    StaffCommand.FIND: _find,
    StaffCommand.BOOK: _book,
    StaffCommand.CLOSE: closures.close,
    StaffCommand.OPEN: closures.extra_opening,
    StaffCommand.CLOSURES: closures.list_closures,
    StaffCommand.HELP: _help,
}
"""The commands of members in a room, or in their private chat."""


def _of_room(
    room: StaffRoom | None, loaded: LoadedMunicipality, entries: Sequence[AgendaEntry]
) -> Sequence[AgendaEntry]:
    """Return what a room is for: others read it than the member who asks."""
    return [each for each in entries if _is_for(room, loaded, each.service, each.desk_id)]


def _is_for(room: StaffRoom | None, loaded: LoadedMunicipality, service: str, desk_id: int) -> bool:
    return room is None or is_for(room, loaded.body, service, desk_id)


def _dated(loaded: LoadedMunicipality, entry: AgendaEntry) -> Text:
    """Return the line of a booking with its day."""
    day = FormattedDate(entry.starts_at.astimezone(ZoneInfo(loaded.body.timezone)), "EEE d/M")
    off = _("Cancelled") if entry.state == BookingState.CANCELLED else ""
    return join(" · ", join(" ", day, day_line(loaded.body, entry)), off)


def _fits(turn: StaffTurn, loaded: LoadedMunicipality, entries: Sequence[AgendaEntry]) -> bool:
    return _fitting(turn, [day_line(loaded.body, each) for each in entries]) == len(entries)


def _fitting(turn: StaffTurn, said: Sequence[Text], heading: Text = "") -> int:
    """Return how many of the first lines one message holds, below a heading."""
    say = turn.services.texts.say
    left = MAX_UNITS - utf16_units(say(heading, turn.language))
    return len(fitting((say(each, turn.language) for each in said), left))


def _list(turn: StaffTurn, heading: Text, said: Sequence[Text]) -> Text:
    """Return a list, of which as much is kept as one message holds, and how many more there are."""
    kept = _fitting(turn, said, heading)
    left = len(said) - kept
    return lines(heading, *said[:kept], more(left) if left else None)


def _invalid(text: TextTemplate) -> StaffRefused:
    return StaffRefused(StaffRefusalKind.INVALID, text)
