"""The commands that close, open and list: previewed in the room, and done at a tap."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from bot.messages import ReplyChoice
from bot.staff.places import (
    desks_of,
    municipality_of,
    place_before_day,
    place_of_chat,
    refuse_unknown,
)
from bot.staff.turn import StaffTurn
from bot.staff_messages import (
    StaffAnswer,
    StaffButton,
    StaffCommand,
    StaffInbound,
    StaffTap,
    command_called,
)
from bot.views.closure import show_plan
from core.actor import Staff
from core.bookings.closures import listing
from core.bookings.closures import service as closures
from core.bookings.closures.request import ExceptionRequest
from core.bookings.true_state import changed
from core.db.models import ExceptionKind, ScheduleException
from core.db.models import StaffInbound as StaffInboundRow
from core.errors import ClosedThen, StaffRefusalKind, StaffRefused
from core.i18n import Text, TextTemplate, _, lines
from core.messaging.keys import Cause, MessageKind
from core.messaging.outbox import enqueue
from core.staff.alerts import to_room
from core.staff.rights import not_found
from dialogs.messages import closures as texts
from dialogs.nlu.dates import NoSuchDay
from dialogs.nlu.day_ranges import NoSuchHours, parse_day_range
from dialogs.nlu.lexicon import Lexicon

LIFETIME = timedelta(hours=1)
"""The time for which the buttons under a preview work."""

HOW: Mapping[ExceptionKind, TextTemplate] = {
    ExceptionKind.CLOSURE: _(
        "Write the day, hours if it isn't all day, and the reason that citizens are told: "
        "/close 3/12 10:00-12:00 strike. Days: /close 3/12-5/12. A branch or desk comes first: "
        "/close {place} 3/12"
    ),
    ExceptionKind.OPENING: _(
        "Write the day and the hours: /open 3/12 17:00-19:00. To end a closure or an extra "
        "opening, its number: /open 5. A branch or desk comes first: /open {place} 3/12 17:00-19:00"
    ),
}
MAX_GIVEN = 50
"""The most characters of what was written that are repeated."""

ANSWERED = _("That is answered already, or too old. Please write the command again.")


def changes_schedule(lexicon: Lexicon, inbound: StaffInbound) -> bool:
    """Return whether a message may close or open: whoever reads the catalogues waits for that."""
    if inbound.tap is not None:
        tap = StaffTap.parse(inbound.tap)
        return tap is not None and tap.button is StaffButton.APPLY
    command, argument = inbound.command, inbound.argument
    if inbound.text is not None:
        first, _space, argument = inbound.text.partition(" ")
        command = command_called(lexicon, first)
    return command == StaffCommand.OPEN and _number(argument) is not None


def close(turn: StaffTurn, staff: Staff, argument: str) -> StaffAnswer:
    """Show what a closure would do, with the button that makes it. Raises StaffRefused."""
    return _preview(turn, staff, ExceptionKind.CLOSURE, argument)


def extra_opening(turn: StaffTurn, staff: Staff, argument: str) -> StaffAnswer:
    """Show an extra opening with the button that makes it, or end a closure by its number.

    Raises StaffRefused.
    """
    number = _number(argument)
    if number is not None:
        return _end(turn, staff, number)
    return _preview(turn, staff, ExceptionKind.OPENING, argument)


def _end(turn: StaffTurn, staff: Staff, number: int) -> StaffAnswer:
    """End a closure; an opening too, after a preview where bookings are in it."""
    loaded = municipality_of(turn, staff)
    what = (turn.session, turn.registry, staff, loaded.body.id, number, turn.now)
    planned = closures.preview_end(*what)
    asked = listing.request_of(loaded, turn.session.get_one(ScheduleException, number))
    if not planned.moves and not planned.offers and not planned.lost:
        closures.withdraw(*what)
        return turn.here(texts.ended_number(asked.kind, number))
    heading = texts.end_heading(loaded, number, asked)
    shown = show_plan(turn.services, turn.language_here, loaded, heading, planned)
    answer = turn.here(shown, [*_buttons(turn, _("End it"))])
    return answer.model_copy(update={"asked": asked, "ends": number})


def _number(argument: str) -> int | None:
    """Return the number that follows a command; None where anything else does."""
    number = argument.strip()
    is_one = number.isascii() and number.isdigit() and len(number) < 10
    return int(number) if is_one else None


def list_closures(turn: StaffTurn, staff: Staff, _argument: str) -> StaffAnswer:
    """List the closures and extra openings to come. Raises StaffRefused."""
    loaded = municipality_of(turn, staff)
    today = turn.now.astimezone(ZoneInfo(loaded.body.timezone)).date()
    found = listing.list_exceptions(turn.session, turn.registry, staff, loaded.body.id, turn.now)
    if not found:
        return turn.here(_("There are no closures or extra openings. To close: /close 3/12"))
    return turn.here(
        lines(
            *(texts.list_line(loaded, each.id, each.asked, today) for each in found),
            _("To end one: /open and its number."),
        )
    )


def do(turn: StaffTurn, staff: Staff, tap: StaffTap) -> StaffAnswer:
    """Close or open as the tapped preview says. Raises StaffRefused."""
    row, asked, ends = _find(turn, tap)
    if ends is not None:
        home = asked.municipality_id
        closures.withdraw(turn.session, turn.registry, staff, home, ends, turn.now)
        _answered(turn, row, ends)
        return turn.pop_up(texts.ended_number(asked.kind, ends))
    with _told_what_to_end():
        made = closures.make(turn.session, turn.registry, staff, asked, turn.now)
    _answered(turn, row, made.id)
    number = str(made.id)
    if asked.kind is ExceptionKind.OPENING:
        return turn.pop_up(_("Opened, number {number}.", number=number))
    return turn.pop_up(_("Closed, number {number}.", number=number))


def leave(turn: StaffTurn, _staff: Staff, tap: StaffTap) -> StaffAnswer:
    """Leave it as it is; the other button works no more. Raises StaffRefused."""
    row, _asked, _ends = _find(turn, tap)
    _answered(turn, row, 0)
    return turn.pop_up(texts.LEFT)


def _preview(turn: StaffTurn, staff: Staff, kind: ExceptionKind, argument: str) -> StaffAnswer:
    loaded = municipality_of(turn, staff)
    today = turn.now.astimezone(ZoneInfo(loaded.body.timezone)).date()
    lexicon = turn.services.texts
    place, typed = place_before_day(loaded, argument, lexicon, today)
    try:
        found = parse_day_range(typed, lexicon, today)
    except NoSuchDay:
        given = _day_written(typed, lexicon, today)
        raise _invalid(_("There is no such day: {given}", given=given)) from None
    except NoSuchHours:
        raise _invalid(
            _(
                "There are no such hours, or I didn't understand them: {given}. Please write them "
                "like this: 10:00-12:00",
                given=typed[:50],
            )
        ) from None
    if found is None:
        refuse_unknown(loaded, kind, typed, lexicon, today)
        how = TextTemplate(HOW[kind].message, args={"place": desks_of(loaded)[0]})
        given = _day_written(typed, lexicon, today)
        raise _invalid(
            _("I don't know the day “{given}”. {how}", given=given, how=how) if typed else how
        )
    branch, desk_named = place or place_of_chat(turn, staff, loaded)
    asked = ExceptionRequest(
        kind,
        loaded.body.id,
        found.first,
        found.last,
        found.start,
        found.end,
        branch,
        desk_named,
        found.rest or None,
    )
    with _told_what_to_end():
        planned = closures.preview(turn.session, turn.registry, staff, asked, turn.now)
    shown, apply = texts.heading(loaded, asked, done=False), _("Open it")
    if kind is ExceptionKind.CLOSURE:
        shown = show_plan(turn.services, turn.language_here, loaded, shown, planned)
        apply = _("Close it")
    answer = turn.here(shown, [*_buttons(turn, apply)])
    return answer.model_copy(update={"asked": asked})


@contextmanager
def _told_what_to_end() -> Iterator[None]:
    """Name the command that ends a closure to whom an opening is refused for it."""
    try:
        yield
    except ClosedThen as refused:
        raise changed(texts.first_open(refused.number)) from None


def _day_written(typed: str, lexicon: Lexicon, today: date) -> str:
    """Return with which words a text begins instead of days: the fewest that are no such day.

    Where none are, the first word, and the next as well after a number; or all, where it begins
    with a day.
    """
    words = typed.split()
    for count in range(1, len(words) + 1):
        try:
            found = parse_day_range(" ".join(words[:count]), lexicon, today)
        except NoSuchDay:
            return " ".join(words[:count])[:MAX_GIVEN]
        except NoSuchHours:
            break
        if found is not None:
            return typed[:MAX_GIVEN]
    return " ".join(words[: 1 + words[0].isdecimal()])[:MAX_GIVEN] if words else ""


def _buttons(turn: StaffTurn, apply: Text) -> Iterator[ReplyChoice]:
    row = turn.session.scalars(
        select(StaffInboundRow).where(
            StaffInboundRow.account == turn.inbound.account,
            StaffInboundRow.message_id == turn.inbound.message_id,
        )
    ).one()
    labels = {StaffButton.APPLY: apply, StaffButton.DISCARD: _("Leave it as it is")}
    for button, label in labels.items():
        tap = StaffTap(button, row.id, int(row.received_at.timestamp()))
        said = turn.services.texts.say(label, turn.language_here)
        yield ReplyChoice(id=tap.dump(), label=said, row=0)


def _find(turn: StaffTurn, tap: StaffTap) -> tuple[StaffInboundRow, ExceptionRequest, int | None]:
    """Return the command that a preview answers, and what it asks for.

    The number, where that is to end an opening. Raises StaffRefused.
    """
    row = turn.session.get(StaffInboundRow, tap.about, with_for_update=True)
    stored = StaffAnswer.model_validate(row.answer) if row and row.answer else None
    asked = stored.asked if stored else None
    # SQLite gives the numbers of deleted rows again.
    if (
        row is None
        or row.account != turn.inbound.account
        or int(row.received_at.timestamp()) != tap.shown
        or (asked and turn.room and turn.room.municipality_id != asked.municipality_id)
    ):
        raise not_found(ANSWERED)
    if stored and stored.done:
        raise changed(_("It is done already, number {number}.", number=str(stored.done)))
    if asked is None or turn.now >= row.received_at + LIFETIME:
        raise changed(ANSWERED)
    return row, asked, stored.ends if stored else None


def _answered(turn: StaffTurn, row: StaffInboundRow, number: int) -> None:
    """Store that a preview was answered, and have it show that without its buttons, in a room.

    `number` is that of what was made; 0 where it was left.
    """
    answer = row.answer or {}
    kept = {name: value for name, value in answer.items() if name != "asked"}
    row.answer = {**kept, "done": number}
    if turn.room and turn.inbound.under:
        cause = Cause.preview(row.id, int(row.received_at.timestamp()), number)
        edit = to_room(turn.room, MessageKind.CLOSURE_PREVIEW, cause, turn.now, None)
        edits = [replace(edit, provider_id=turn.inbound.under)]
        enqueue(turn.session, turn.registry.accounts, edits, turn.now)


def _invalid(text: TextTemplate) -> StaffRefused:
    return StaffRefused(StaffRefusalKind.INVALID, text)
