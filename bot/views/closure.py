"""Renders what a room of staff is told of closures and extra openings."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.context import Services
from bot.messages import Reply
from bot.platforms.layout import MAX_UNITS, fitting, utf16_units
from bot.staff_messages import StaffAnswer
from bot.views.staff_alert import LANGUAGE
from core.bookings.closures.displaced import Plan
from core.bookings.closures.listing import (
    has_offers,
    in_way_of_plan,
    outcome_of,
    outcome_of_load,
    outcome_of_plan,
    request_of,
)
from core.catalogue.registry import LoadedMunicipality
from core.db.models import (
    ExceptionKind,
    MunicipalityRow,
    OutboxRow,
    ScheduleException,
    StaffInbound,
    StaffMember,
    StaffRoom,
)
from core.i18n import Text, _, lines
from core.messaging.keys import Cause
from core.staff.rooms import is_one_way
from dialogs.messages import closures as texts
from dialogs.messages.staff_alert import more

MAX_NAMED = 10
"""The most bookings in the way that a preview names."""


def render_closure(session: Session, services: Services, row: OutboxRow) -> Reply:
    """Return the message: what is closed, who did it, and what became of the bookings."""
    exception_id, has_ended = Cause.parse(row.dedupe_key, row.recipient).as_closure()
    exception = session.get_one(ScheduleException, exception_id)
    loaded = services.registry[exception.municipality_id]
    asked = request_of(loaded, exception)
    number = str(exception.id)
    if has_ended:
        text = lines(texts.ended(loaded, exception.id, asked), _end_of(session, loaded, exception))
    else:
        name = session.scalar(
            select(StaffMember.name.label("name")).where(StaffMember.id == exception.member_id)
        )
        who: Text = name or _("the operator")
        is_closure = asked.kind is ExceptionKind.CLOSURE
        text = lines(
            texts.heading(loaded, asked, done=True),
            texts.outcome(
                loaded, outcome_of(session, loaded, exception, exception.made_at), done=True
            )
            if is_closure
            else None,
            # Where we only post, nobody can write the command.
            _("({who})", who=who)
            if is_one_way(session.get_one(StaffRoom, row.room_id).chat)
            else _("({who}; to end it: /open {number})", who=who, number=number),
        )
    return Reply(text=services.texts.say(text, LANGUAGE), language=LANGUAGE)


def render_loaded(session: Session, services: Services, row: OutboxRow) -> Reply | None:
    """Return the message that a catalogue was loaded, and what became of the bookings in its way.

    None where it can't be told when: the room is another municipality's now, or the technician had
    the message sent again, after another catalogue was loaded.
    """
    room = session.get_one(StaffRoom, row.room_id)
    latest = session.get_one(MunicipalityRow, room.municipality_id).loaded_at
    cause = Cause.parse(row.dedupe_key, row.recipient)
    times = (row.due_at, latest)  # when it was loaded, unless it's sent again
    loaded_at = next((at for at in times if cause == Cause.loaded(room.municipality_id, at)), None)
    if loaded_at is None:
        return None
    loaded = services.registry[room.municipality_id]
    came = outcome_of_load(session, loaded, loaded_at)
    text = lines(_("A new catalogue was loaded."), texts.outcome(loaded, came, done=True))
    return Reply(text=services.texts.say(text, LANGUAGE), language=LANGUAGE)


def _end_of(
    session: Session, loaded: LoadedMunicipality, exception: ScheduleException
) -> Text | None:
    """Return what becomes of the bookings as a closure or an opening ends; None of no booking."""
    if exception.kind != ExceptionKind.CLOSURE:
        at = exception.withdrawn_at or exception.made_at
        return texts.outcome(loaded, outcome_of(session, loaded, exception, at), done=True)
    if not has_offers(session, loaded, exception):
        return None
    return _(
        "Citizens who can keep their appointment after all are told so; the rest are, or stay, "
        "offered another time."
    )


def show_plan(
    services: Services, language: str, loaded: LoadedMunicipality, heading: Text, planned: Plan
) -> Text:
    """Return a preview: what becomes of the bookings in the way, and which they are.

    The first are named, as many as one message holds, and how many more there are.
    """

    def say(text: Text) -> str:
        return services.texts.say(text, language)

    found = outcome_of_plan(planned, services.clock())
    shown = lines(heading, texts.outcome(loaded, found, done=False))
    in_way = in_way_of_plan(loaded, planned, MAX_NAMED)
    named = [texts.in_way_line(loaded.body, *each) for each in in_way]
    kept = len(fitting(map(say, named), MAX_UNITS - utf16_units(say(shown))))
    left = len(planned.moves) + len(planned.offers) - kept
    return lines(shown, *named[:kept], more(left) if left else None)


def render_preview(session: Session, services: Services, row: OutboxRow) -> Reply | None:
    """Return a preview that was answered, with the answer and without buttons.

    None where it is there no more, or can't be edited. The row has the message's id.
    """
    inbound_id, received_at, number = Cause.parse(row.dedupe_key, row.recipient).as_preview()
    command = session.get(StaffInbound, inbound_id)
    platform = services.platforms.get(row.account)
    is_it = command is not None and int(command.received_at.timestamp()) == received_at
    if command is None or not is_it or not command.answer or not (platform and platform.can_edit):
        return None
    row.replaces_id = row.id
    before = StaffAnswer.model_validate(command.answer).reply
    done = texts.made(number) if number else texts.LEFT
    text = "\n\n".join([before.text, services.texts.say(done, before.language)])
    return Reply(text=text, language=before.language, edits=True)
