"""The texts between a citizen and the office: what each is told of the other."""

from datetime import datetime
from zoneinfo import ZoneInfo

from core.bookings.agenda import AgendaEntry
from core.catalogue.model import Municipality
from core.db.models import ScheduleException
from core.i18n import FormattedDate, Text, _, join, lines
from dialogs.messages.blocks import Heading, Message, Note, Paragraph, message
from dialogs.messages.staff_alert import facts_of

CLOSE = _("Close the conversation")
MESSAGE = _("Message…")
ONLY_TEXT = _("Only text reaches the office. Please write it.")
ONLY_TEXT_TO_CITIZEN = _("Only text reaches the citizen: I haven't sent that. Please write it.")
FILE_LEFT_OUT = _("Only the words reach the office: the file stays here.")
EDITED = _(
    "The office has what you wrote first. If something is different, please write it as a new "
    "message."
)
CLOSED_MEANWHILE = _(
    "The conversation with the office was closed meanwhile, so I haven't sent that. To open it "
    "again, write “human”."
)
CLOSED_ALREADY = _(
    "The conversation with the office is closed already. To open it again, write “human”."
)
NOT_TAKEN = _(
    "What you wrote before that I have neither sent to the office nor taken as an answer. If you "
    "still need it, please write it again."
)
TOO_FAST = _("That came too fast, so I haven't sent it. Please write it again in a minute.")
SENT_TO_CITIZEN = _("→ To the citizen.")


def to_office(body: Municipality) -> Text:
    """Return the mark of a text that goes to the office."""
    return _("→ To: {office}", office=body.name)


def help_in_talk(body: Municipality) -> Text:
    """Return what can be written to us while what a citizen writes goes to an office."""
    return _(
        "What you write goes to: {office}. To end that, write “menu”. These words are for me: “my "
        "bookings”, “new booking”, “change appointment”, “cancel appointment”, “stop”, “back”, "
        "“language”, “time zone”. Or tap a button.",
        office=body.name,
    )


def sent_from_elsewhere(held_in: Text) -> Text:
    """Return that a member's text was sent, though its conversation is held in another chat."""
    return _(
        "→ To the citizen. Your conversation with them is held in another chat of yours ({what}): "
        "their answer comes there.",
        what=held_in,
    )


def sent_and_moved(former: Text) -> Text:
    """Return that a member's text was sent, and the conversation is held in their chat now."""
    return _(
        "→ To the citizen. They have been writing with another chat of yours ({what}); from now "
        "on their answers come here.",
        what=former,
    )


def not_sent(body: Municipality) -> Text:
    """Return that a text couldn't be sent, for nobody takes any there now."""
    return closed(body, arrived=False, answered=False, by_office=False)


def left_office(body: Municipality) -> Text:
    """Return that the conversation with one office is closed for that with another."""
    return _("I have closed your conversation with: {office}", office=body.name)


def ended(body: Municipality) -> Text:
    """Return that the citizen has ended the conversation with an office."""
    return _(
        "You have ended the conversation: {office}. To write to them again, write “human”.",
        office=body.name,
    )


def too_long(most: int) -> Text:
    """Return the refusal of a long text."""
    return _(
        "Your message is too long for the office. Please write up to {count} characters.",
        count=most,
    )


def opened(
    body: Municipality,
    opens_at: datetime | None,
    now: datetime,
    closure: ScheduleException | None = None,
    *,
    only_next: bool = False,
) -> Text:
    """Return what a citizen is told when a thread is open.

    `opens_at` is when somebody works there next, None where that isn't known. `closure` is that of
    the whole day, if staff have closed it. `only_next`: of what they write after their next
    message, they are asked whose it is.
    """
    closed: list[Text] = []
    if closure is not None and opens_at != now:
        closed.append(_("It is closed today."))
        if closure.reason:
            closed.append(_("Reason: {reason}", reason=closure.reason))
    if opens_at is None:
        when: Text = _("Nobody serves there now: they get your message at once, and answer later.")
    elif opens_at <= now:
        when = _("It is open now.")
    else:
        local = opens_at.astimezone(ZoneInfo(body.timezone))
        when = _(
            "No appointments are served there now: they get your message at once, but the answer "
            "may take a while. Appointments begin again on {when}.",
            when=FormattedDate(local, "EEEE d MMMM, HH:mm"),
        )
    hours = body.contact.hours
    goes = (
        _("Your next message goes to: {office}", office=body.name)
        if only_next
        else _("What you write from now on goes to: {office}", office=body.name)
    )
    return lines(
        goes,
        *closed,
        when,
        _("Hours: {hours}", hours=hours) if hours else None,
        _("To end, write “menu”."),
    )


def answer(
    body: Municipality, text: str, *, name: str | None = None, is_first: bool = False
) -> Message:
    """Return what the office wrote to a citizen; `name` is the employee's.

    One that `is_first` began the thread, so that the citizen has to be told how to answer.
    """
    who = join(", ", body.name, name) if name else body.name
    how = _("Write your answer here and it reaches them. To end, write “menu”.")
    return message(
        Heading(_("Message from: {who}", who=who)), Paragraph(text), *[Note(how)] * is_first
    )


def closed(body: Municipality, *, arrived: bool, answered: bool, by_office: bool) -> Text:
    """Return what a citizen is told of a closed thread.

    Whether all that they wrote has `arrived`, and whether the office `answered`, and closed it.
    """
    number = body.contact.phone
    call = _("Please call: {number}", number=number) if number else None
    if not arrived:
        return lines(
            _("Your message couldn't be brought to the office: {office}", office=body.name), call
        )
    if by_office:
        return lines(
            _("The office has closed the conversation: {office}", office=body.name),
            None if answered else call,
            _("To write to them again, write “human”."),
        )
    if not answered:
        return lines(
            _(
                "The office hasn't answered, so I have closed your conversation: {office}",
                office=body.name,
            ),
            call,
        )
    return lines(
        _("Your conversation is closed: {office}", office=body.name),
        _("To write to them again, write “human”."),
    )


def about(body: Municipality, entry: AgendaEntry | None, service: str | None) -> Text:
    """Return the appointment that a thread is about, else the service; "" where there is neither.

    Of the appointment, what the municipality has alerts show.
    """
    if entry is not None:
        return join(" · ", *facts_of(body, entry))
    found = body.services.get(service or "")
    return found.name if found else ""


def first_in_room(subject: Text, initials: str, text: str) -> Text:
    """Return the first message of a thread in a room."""
    return lines(
        _who_writes(initials),
        subject or None,
        text,
        _("To answer, reply to this message: the citizen gets it."),
    )


def _who_writes(initials: str) -> Text:
    if initials:
        return _("A citizen writes ({initials})", initials=initials)
    return _("A citizen writes")


def next_in_room(initials: str, text: str) -> Text:
    """Return a further text in a room."""
    return join(": ", initials or _("Citizen"), text)


def colleague_in_room(name: str, text: str) -> Text:
    """Return what a member in another room wrote to the citizen."""
    return _("{name} to the citizen: {text}", name=name, text=text)


def ended_in_room(subject: Text, initials: str, text: str) -> Text:
    """Return what a thread's first message is edited to when it is closed.

    `text` is "" once it is erased.
    """
    return lines(_who_writes(initials), subject or None, text, _("(The conversation is closed.)"))


def moved_in_room(held_in: Text, text: str) -> Text:
    """Return what a thread's first message is edited to when it goes on in another chat.

    It doesn't name the appointment, which isn't this chat's.
    """
    return lines(
        _who_writes(""),
        text,
        _(
            "(A colleague has written to the citizen from another chat of yours, {what}: the "
            "answers go there. To have them come here again, reply to this message.)",
            what=held_in,
        ),
    )


def unread_in_room(subject: Text, *, is_page: bool, has_number: bool) -> Text:
    """Return what a room is told when a citizen hasn't got a text; whether it has their number."""
    why = (
        _("The citizen hasn't opened our page since, so your answer isn't read yet.")
        if is_page
        else _("Your answer can't be brought to the citizen.")
    )
    call = _("If it is urgent, please call them.") if has_number else None
    return lines(why, subject or None, call)


def unanswered_in_room(subject: Text, *, has_number: bool) -> Text:
    """Return what a room is told when a citizen was left without an answer."""
    return lines(
        _("Nobody has answered the citizen, and the conversation is closed."),
        subject or None,
        _("Please call them.") if has_number else None,
    )


def prompt_in_room(name: str, subject: Text) -> Text:
    """Return the question to a member what to write to a citizen."""
    return lines(
        _("{name}, what shall I write to the citizen? Please answer this message.", name=name),
        subject or None,
    )
