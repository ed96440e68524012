"""The last steps of a booking: consent, and the review that confirms it."""

from datetime import datetime

from core.catalogue.model import Channel
from core.errors import BookingRefused, RefusalKind
from core.i18n import Text, _, lines
from core.messaging.keys import MessageKind
from dialogs.booking.details import collected_details, is_remembered
from dialogs.booking.hold import ask_time_again
from dialogs.booking.selection import consent, current_hold, current_offer, picked_municipality
from dialogs.booking.time import brief_time, short_time_label
from dialogs.context import Context, Step, refusable
from dialogs.engine import navigation
from dialogs.engine.outcomes import EffectOutcome, InvalidAnswer
from dialogs.engine.prompts import Choice, Prompt, RunCommand, action_choice
from dialogs.engine.state import PromptView
from dialogs.engine.steps import VERSION
from dialogs.messages.appointment import (
    attendee_facts,
    booking_message,
    branch_fact,
    brief_form,
    channel_fact,
    full_details,
    one_line,
    sent_by_email,
    service_fact,
    time_fact,
)
from dialogs.messages.blocks import Facts, Heading, message
from dialogs.messages.notification import WORDINGS
from dialogs.messages.text_message import names_of, text_message
from dialogs.nlu.lexicon import NO, YES

CONFIRM = _("confirm, yes, y, ok, okay, book it, all right, correct, yes correct, 👍")
"""Words for the button that confirms."""

REVIEW, CONSENT = "review", "consent"

REFUSED_CONSENT = "no"


def _ask_consent(ctx: Context) -> Prompt:
    asked = consent(ctx)
    text: Text = lines(asked.text, asked.link) if asked else ""
    # What is booked is shown with it: agreeing books it then.
    wording = asked.sms or text if asked else ""
    brief = lines(_brief_summary(ctx), wording) if ctx.is_brief else ""
    return Prompt(
        text,
        [
            Choice(
                str(asked.reference) if asked else "",
                _("I agree"),
                YES,
                brief=_("OK"),
                spoken=_("I agree"),
            ),
            Choice(
                REFUSED_CONSENT, _("I don't agree"), NO, brief=_("No"), spoken=_("I don't agree")
            ),
        ],
        brief=brief,
        expected=_("Please answer “I agree” or “I don't agree”."),
    )


def _brief_summary(ctx: Context) -> Text:
    """Return when and for what an appointment is about to be booked, in few characters."""
    offer, start = current_offer(ctx), datetime.fromisoformat(ctx.answers["time"])
    service = offer.service.short or offer.service.name
    return _("{time}, {service}.", time=brief_time(ctx, offer, start), service=service)


def _known_review(ctx: Context) -> str | None:
    """Return the time that was shown with the consent just given, where that is brief."""
    asked = ctx.open_prompt
    is_shown = ctx.is_brief and asked is not None and asked.key.step == CONSENT
    return ctx.answers["time"] if is_shown and CONSENT in ctx.answers else None


def _check_consent(_ctx: Context, value: str) -> EffectOutcome:
    if value != REFUSED_CONSENT:
        return None
    return InvalidAnswer(
        _(
            "Without your consent I can't make this booking here. You can agree now, "
            "or talk to an employee: write “human”."
        ),
        PromptView(step=CONSENT, help=True),
    )


def _ask_review(ctx: Context) -> Prompt:
    body, offer = picked_municipality(ctx), current_offer(ctx)
    start = datetime.fromisoformat(ctx.answers["time"])
    fields = body.fields_of(offer.service)
    service, channel = offer.service, offer.channel
    rows = [service_fact(body, service)]
    if channel == Channel.IN_PERSON or len(body.branches_of(service.id)) > 1:
        rows.append(branch_fact(offer.branch))
    rows += [
        channel_fact(channel),
        time_fact(start, service.duration, body, channel, ctx.zone),
    ]
    return Prompt(
        message(
            Heading(_("Please check before I book:")),
            Facts(tuple(rows)),
            *attendee_facts(fields, collected_details(ctx, fields)),
        ),
        [
            Choice(
                ctx.answers["time"],
                _("Confirm: {time}", time=short_time_label(ctx, offer, start)),
                CONFIRM,
                brief=_("OK"),
                spoken=_("Yes, book it"),
            )
        ],
        brief=lines(_brief_summary(ctx), _("Shall I book it?")) if ctx.is_brief else "",
        names="whole",
        actions=[action_choice(RunCommand("change"), _("Change an answer"), words=NO)],
        expected=_("Write “confirm” to book, or “change” to change an answer."),
    )


@refusable
def _confirm(ctx: Context, value: str) -> EffectOutcome:
    """Book what was shown; the answer is the time shown, so that no other can be confirmed."""
    body, offer, booking = picked_municipality(ctx), current_offer(ctx), current_hold(ctx)
    start = datetime.fromisoformat(value)
    if booking is None:
        ask_time_again(ctx, start)
        raise ctx.office.slot_taken()
    if start != booking.starts_at:
        return InvalidAnswer(_("The time has changed meanwhile. Please check again."))
    fields = body.fields_of(offer.service)
    details = collected_details(ctx, fields)
    try:
        ctx.office.confirm(offer, booking, details, consent(ctx))
    except BookingRefused as refused:
        if refused.kind == RefusalKind.TAKEN:
            ask_time_again(ctx, start)
        raise
    remembered = {f.id for f in fields if is_remembered(f)}
    ctx.office.remember_details({k: v for k, v in details.items() if k in remembered})
    is_for_caller = ctx.office.is_for_caller
    navigation.end_dialog(ctx)
    navigation.forget_answers(ctx)
    loaded = ctx.office.of_booking(booking)
    said = full_details(loaded, booking, ctx.zone, ctx.now)
    if ctx.office.sends_email(body.id):
        said += sent_by_email(booking)
    if is_for_caller:  # without a calendar file or a map, which are no use to the member
        ctx.say(message(Heading(_("It is booked. Please tell them the code.")), *said))
        return None
    wording = WORDINGS[MessageKind.CONFIRMED]
    if ctx.is_brief:
        names = names_of(loaded, booking)
        given = (loaded, MessageKind.CONFIRMED, booking, ctx.zone, *names)
        brief = text_message(*given, is_two_way=True)
    else:
        brief = brief_form(wording.brief, loaded, booking, ctx.zone)
    ctx.say(booking_message(booking, wording.for_attendee, said, brief))
    return None


def say_if_booked(ctx: Context, step: str, value: str) -> bool:
    """Say so if the time of an earlier review's button is booked already; return whether it is."""
    if step != REVIEW:
        return False
    start = datetime.fromisoformat(value)
    for booking in ctx.office.upcoming():
        if booking.starts_at == start:
            said = one_line(ctx.office.of_booking(booking), booking, ctx.zone)
            ctx.say(_("This is booked already: {appointment}.", appointment=said))
            return True
    return False


CONSENT_STEP = Step(
    CONSENT,
    _("Consent"),
    _ask_consent,
    applies=lambda ctx: consent(ctx) is not None,
    depends=("service", "channel", VERSION),
    effect=_check_consent,
    automatic=False,
)

REVIEW_STEP = Step(
    REVIEW, _("Check"), _ask_review, effect=_confirm, automatic=False, known=_known_review
)
