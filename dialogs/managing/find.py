"""The steps that find the booking a dialog is about: the citizen's own, or by code and phone."""

import re
from collections.abc import Iterator, Sequence
from datetime import date

from core.bookings.keyed_codes import is_keyed
from core.bookings.reference import fold_code, is_code
from core.catalogue.model import ConsentReference
from core.db.models import Booking, BookingState
from core.errors import BookingRefused, RefusalKind
from core.i18n import FormattedDate, LocalizedText, Text, _, lines
from dialogs.booking.selection import LINK, existing_booking
from dialogs.booking.time_wish import TimeWish
from dialogs.context import Context, Step, refusable
from dialogs.engine import navigation
from dialogs.engine.outcomes import EffectOutcome, InvalidAnswer, TakeOutcome
from dialogs.engine.prompts import Choice, Prompt, RunCommand, action_choice
from dialogs.messages.appointment import (
    CLOCK,
    FORGET_IN_CALENDAR,
    office_phones,
    one_line,
    shown_zone,
)
from dialogs.messages.blocks import Message, Paragraph, message
from dialogs.messages.text_message import SHORT_DAY, names_of
from dialogs.nlu.fields import format_phone, parse_email, parse_phone
from dialogs.nlu.parsed import ParseFailure
from dialogs.nlu.when import read_when

BY_CODE, LOST = "code", "lost"
"""The values of the derived answer "way": a code is asked for, though the citizen has bookings; or
that was lost, and is sent."""

LINK_ENDED = _(
    "That link doesn't work any more. Please use the one in our latest message about the "
    "appointment."
)

LOST_CODE = _("I have lost my code")

NOT_FOUND = _("I found no coming appointment with this code and telephone number.")

ASK_KEYED_CODE = _(
    "Please key the code of the appointment. It has six letters and digits: for each letter, press "
    "the key that has it. If you don't have the code, press zero."
)

NO_SUCH_DAY = _(
    "I didn't understand the day. For the third of December, key: zero, three, one, two."
)

CODE_SENT = _(
    "If there is an appointment with that, its code is on the way to the email address that was "
    "given for it. If nothing comes within a few minutes, please contact the office."
)

CODE_SENT_OR_TEXTED = _(
    "If there is an appointment with that, its code is on the way to the email address or mobile "
    "number that was given for it. If nothing comes within a few minutes, please contact the "
    "office."
)


def picked_booking(ctx: Context) -> Booking:
    """Return the booking that the dialog is about. Raises LookupError if there is none yet."""
    booking = existing_booking(ctx)
    if booking is None:
        raise LookupError("the dialog has no booking yet")
    return booking


def brief_line(ctx: Context, booking: Booking) -> Text:
    """Return a booking in one line, for where each character costs."""
    loaded = ctx.office.of_booking(booking)
    zone = shown_zone(loaded.body, booking.channel, ctx.zone)
    time = FormattedDate(booking.starts_at.astimezone(zone), f"{SHORT_DAY} {CLOCK}")
    return _("{time}, {service}", time=time, service=names_of(loaded, booking)[0])


def may_withdraw(ctx: Context, booking: Booking) -> bool:
    """Return whether the consent given with a booking can be withdrawn."""
    given = ConsentReference.parse(booking.consent_version or "")
    consents = ctx.office.of_booking(booking).body.consents
    return any(consent.id == given.id and consent.withdrawable for consent in consents)


def documents_of(ctx: Context, booking: Booking) -> Sequence[LocalizedText]:
    """Return the documents that a booking needs."""
    service = ctx.office.of_booking(booking).body.services.get(booking.service)
    return service.documents if service else ()


def check_allowed(ctx: Context, booking: Booking) -> None:
    """End the dialog and raise BookingRefused if its task isn't allowed for the booking."""
    try:
        ctx.office.check_open(booking)
        if ctx.state.dialog in ("move", "cancel"):
            ctx.office.check_changeable(booking)
        if ctx.state.dialog == "withdraw" and not may_withdraw(ctx, booking):
            raise BookingRefused(
                RefusalKind.NO_CONSENT, _("No consent was given for this appointment.")
            )
    except BookingRefused:
        navigation.end_dialog(ctx)
        raise


def leave_ended(ctx: Context) -> None:
    """End the dialog, and say so, where its booking was cancelled meanwhile, or its link revoked.

    As by the office, or by the citizen.
    """
    link, booking = ctx.answers.get(LINK), existing_booking(ctx)
    if link and not ctx.office.lookup.is_valid_link(int(link)):
        navigation.end_dialog(ctx)
        ctx.say(LINK_ENDED)
        return
    if booking is None or booking.state != BookingState.CANCELLED:
        return
    navigation.end_dialog(ctx)
    if ctx.office.of_booking(booking).has(booking.service, booking.branch):
        ctx.say(cancelled_message(ctx, booking))
    else:
        # The catalogue has no name of it any more.
        ctx.say(_("This appointment is over or was cancelled."))


def cancelled_message(ctx: Context, booking: Booking) -> Message:
    """Return the message that an appointment was cancelled."""
    cancelled = one_line(ctx.office.of_booking(booking), booking, ctx.zone)
    text = _("Your appointment was cancelled: {appointment}.", appointment=cancelled)
    return Message((Paragraph(text), FORGET_IN_CALENDAR), booking.id)


def ask_by_code(ctx: Context, _argument: str) -> None:
    """Ask for the code of an appointment that was made elsewhere."""
    navigation.reopen(ctx, "booking")
    navigation.drop(ctx, LINK)
    ctx.state = ctx.state.with_derived("way", BY_CODE)


def can_send_codes(ctx: Context) -> bool:
    """Return whether any municipality here sends e-mails or texts, and so an appointment's code."""
    towns = ctx.office.offered_municipalities
    return _sends_texts(ctx) or any(ctx.office.sends_email(body.id) for body in towns)


def _sends_texts(ctx: Context) -> bool:
    return any(ctx.office.sends_texts(body.id) for body in ctx.office.offered_municipalities)


def ask_lost(ctx: Context) -> None:
    """Ask for the telephone or e-mail of the appointment whose code was lost."""
    for step in ("code", "lost"):
        navigation.drop(ctx, step)
    ctx.state = ctx.state.with_derived("way", LOST)


def find_steps() -> Iterator[Step]:
    """Yield the steps that find the booking."""
    yield Step(
        "lost", _("Telephone or email"), _ask_lost, _take_lost, _has_lost, effect=_request_code
    )
    yield Step("code", _("Code"), _ask_code, _take_code, _needs_code, effect=_pick_own)
    yield Step("keyed_day", _("Day"), _ask_keyed_day, _take_keyed_day, _needs_day)
    yield Step(
        "phone",
        _("Telephone"),
        _ask_phone,
        _take_phone,
        _needs_code,
        effect=_find_by_code,
        known=lambda ctx: ctx.office.own_phone or ctx.office.calls_from or None,
    )
    yield Step("booking", _("Appointment"), _ask_booking, effect=_check_picked)


def _own_bookings(ctx: Context) -> Sequence[Booking]:
    """Return the citizen's bookings that the running dialog is possible for."""
    found = ctx.office.upcoming()
    if ctx.state.dialog == "withdraw":
        return [booking for booking in found if may_withdraw(ctx, booking)]
    if ctx.state.dialog == "documents":  # else those that need none, so that it can be said
        return [booking for booking in found if documents_of(ctx, booking)] or found
    return found


def _needs_code(ctx: Context) -> bool:
    if "booking" in ctx.answers:
        return False
    return ctx.answers.get("way") in (BY_CODE, LOST) or not _own_bookings(ctx)


def _needs_day(ctx: Context) -> bool:
    return ctx.spoken and _needs_code(ctx)


def _ask_keyed_day(_ctx: Context) -> Prompt:
    asked = _(
        "Which day is the appointment? Say it, or key four digits: two for the day, and two for "
        "the month."
    )
    return Prompt(asked, free=True, names="whole", input="digits", expected=NO_SUCH_DAY)


def _take_keyed_day(ctx: Context, text: str) -> TakeOutcome:
    today = ctx.now.astimezone(ctx.zone).date()
    keyed = re.fullmatch(r"(\d\d)(\d\d)", text)
    when = read_when(f"{int(keyed[1])}/{int(keyed[2])}" if keyed else text, today, asked="day")
    days = TimeWish.of(when).days
    return days[0].isoformat() if len(days) == 1 else InvalidAnswer(NO_SUCH_DAY)


def _ask_code(ctx: Context) -> Prompt:
    if ctx.spoken:
        return Prompt(ASK_KEYED_CODE, free=True, names="whole", input="code")
    is_told = ctx.is_brief and ctx.state.failures  # what a code looks like
    none_here = _("I find no appointment made in this chat. If you booked elsewhere, use its code.")
    return Prompt(
        lines(
            None if ctx.answers.get("way") == BY_CODE or ctx.state.failures else none_here,
            _("What is the code of the appointment? It has six letters and digits, like KX7 M2P."),
        ),
        brief=_("What is the code of the appointment?") if is_told else "",
        free=True,
        names="whole",
        input="code",
        actions=[action_choice(RunCommand("lost_code"), LOST_CODE)] if can_send_codes(ctx) else [],
    )


@refusable
def _take_code(ctx: Context, text: str) -> TakeOutcome:
    if ctx.office.lookup.own(text):
        return fold_code(text)
    try:
        ctx.office.lookup.check_allowed()
    except BookingRefused:
        navigation.end_dialog(ctx)
        raise
    if ctx.spoken and is_keyed(text):
        return text
    if is_code(text):
        return fold_code(text)
    if not any(map(str.isdigit, text)) and len(text.split()) > 1:
        return InvalidAnswer(
            _(
                "The code is in the confirmation, like KX7 M2P. If you don't have it, write “lost "
                "code”."
            )
        )
    return InvalidAnswer(_("A code has six letters and digits. For example: KX7 M2P."))


@refusable
def _pick_own(ctx: Context, code: str) -> None:
    """Pick the citizen's own booking if it has this code: the conversation proves whose it is.

    So does the number of the booking, where they have proven to have it.
    """
    lookup = ctx.office.lookup
    if booking := lookup.own(code) or lookup.of_proven_phone(code):
        ctx.state = ctx.state.with_derived("booking", str(booking.id))
        check_allowed(ctx, booking)


def _has_lost(ctx: Context) -> bool:
    return ctx.answers.get("way") == LOST and "booking" not in ctx.answers


def _ask_lost(ctx: Context) -> Prompt:
    asked = _("Which telephone number or email address did you give for the appointment?")
    own = ctx.office.own_phone
    choices = [Choice(own, format_phone(own))] if own else []
    return Prompt(asked, choices, free=True, names="whole")


def _take_lost(_ctx: Context, text: str) -> TakeOutcome:
    parsed = parse_email(text) if "@" in text else parse_phone(text)
    return InvalidAnswer(parsed.text) if isinstance(parsed, ParseFailure) else parsed.value


@refusable
def _request_code(ctx: Context, given: str) -> None:
    """Have the code sent; say the same whether or not there is such an appointment."""
    try:
        ctx.office.lookup.request_code(given)
    except BookingRefused:
        navigation.end_dialog(ctx)
        raise
    ctx.state = ctx.state.with_derived("way", BY_CODE)
    # The same numbers whatever was given: which offices have such an appointment isn't told.
    offices = [body for body in ctx.office.offered_municipalities if body.contact.phone]
    told = CODE_SENT_OR_TEXTED if _sends_texts(ctx) else CODE_SENT
    ctx.say(message(Paragraph(told), *office_phones(offices)))


def _ask_phone(_ctx: Context) -> Prompt:
    asked = _("And the telephone number given with it?")
    return Prompt(asked, free=True, names="whole", input="phone")


def _take_phone(_ctx: Context, text: str) -> TakeOutcome:
    parsed = parse_phone(text)
    return InvalidAnswer(parsed.text) if isinstance(parsed, ParseFailure) else parsed.value


@refusable
def _find_by_code(ctx: Context, number: str) -> EffectOutcome:
    """Find the booking with this code and phone number; ask for both again if there is none."""
    try:
        lookup, code = ctx.office.lookup, ctx.answers["code"]
        if ctx.spoken:
            booking = lookup.by_keys(code, number, date.fromisoformat(ctx.answers["keyed_day"]))
        else:
            booking = lookup.by_code(code, number)
    except BookingRefused:
        navigation.end_dialog(ctx)
        raise
    if booking is None:
        ctx.state = ctx.state.without("code", "keyed_day")
        return InvalidAnswer(NOT_FOUND)
    ctx.state = ctx.state.with_derived("booking", str(booking.id))
    check_allowed(ctx, booking)
    return None


def _ask_booking(ctx: Context) -> Prompt:
    return Prompt(
        _("Which appointment?"),
        [
            Choice(
                str(b.id),
                one_line(ctx.office.of_booking(b), b, ctx.zone),
                brief=brief_line(ctx, b),
            )
            for b in _own_bookings(ctx)
        ],
        actions=[action_choice(RunCommand("code"), _("Another one, with its code"))],
        expected=_("Please pick one of the appointments below."),
    )


@refusable
def _check_picked(ctx: Context, value: str) -> None:
    booking = ctx.office.booking(int(value))
    if booking is None:
        raise LookupError("the booking that was offered is gone")
    check_allowed(ctx, booking)
