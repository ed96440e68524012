"""Booking an appointment: from municipality to confirmation."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import update

from core.bookings import allocation
from core.bookings import service as bookings
from core.bookings.limits import check_phone
from core.catalogue.model import Channel, Consent, Municipality
from core.db.models import Citizen
from core.errors import BookingRefused
from core.i18n import Text, _, lines
from dialogs.booking.alternatives import current_offer
from dialogs.booking.day import day_step
from dialogs.booking.details import collected_details, detail_step, is_remembered
from dialogs.booking.hold import after_turn, current_hold, hold, hold_lost, still_held
from dialogs.booking.screening import limit_reached_step, rejected_step, screening_step
from dialogs.booking.time import short_time, time_step
from dialogs.engine import navigation
from dialogs.engine.steps import AnswersForOtherSteps, Choice, Context, Dialog, Prompt, Step
from dialogs.messages.appointment import (
    CHANNEL_WORDS,
    CHANNELS,
    appointment_time,
    detail_lines,
    full_details,
)
from dialogs.nlu.errors import InvalidAnswer
from dialogs.nlu.lexicon import FILLER, NO, YES
from dialogs.nlu.matching import pick
from dialogs.nlu.normalize import normalize


def _municipalities(ctx: Context) -> Prompt:
    return Prompt(
        _("With which municipality would you like an appointment?"),
        [
            Choice(body.id, body.name, ", ".join(body.aliases))
            for body in ctx.registry.municipalities
            if ctx.state.home in (None, body.id)
        ],
        expected=_("I don't know that municipality. Please pick one, or write its name."),
    )


def _groups(ctx: Context) -> Prompt:
    body = _body(ctx)
    return Prompt(
        _("Which group of services?"),
        [Choice(group.id, group.name) for group in body.groups],
        expected=_("Please pick a group of services, or write its name."),
    )


def _services(ctx: Context) -> Prompt:
    group = _body(ctx).group(ctx.answers["group"])
    return Prompt(
        _("Which service?"),
        [Choice(service.id, service.name) for service in group.services],
        expected=_("Please pick a service, or write its name."),
    )


def _branches(ctx: Context) -> Prompt:
    return Prompt(
        _("Where would you like to be served?"),
        [
            Choice(b.id, b.name, ", ".join(b.aliases))
            for b in _body(ctx).branches_of(ctx.answers["service"])
        ],
        expected=_("Please pick an office, or write its name."),
    )


def _channels(ctx: Context) -> Prompt:
    body, answers = _body(ctx), ctx.answers
    service, branch = body.services[answers["service"]], body.branch(answers["branch"])
    return Prompt(
        _("How would you like the appointment?"),
        [Choice(c, CHANNELS[c], CHANNEL_WORDS[c]) for c in body.channels_of(service, branch)],
        expected=_("Please pick how you would like the appointment."),
    )


def _named_early(ctx: Context, text: str) -> str:
    """Take a sentence that names a service before its group, or even the municipality, is asked."""
    filler = ctx.texts.words(FILLER)
    words = [word for word in normalize(text).split() if word not in filler]
    if body := ctx.municipality:
        _answer_early(ctx, body, words)
        raise InvalidAnswer(_("Please pick a group of services, or write its name."))
    bodies = [(b.id, [b.name.el, b.name.en, *b.aliases]) for b in ctx.registry.municipalities]
    for i in range(len(words)):
        for j in range(i + 1, min(i + LONGEST_NAME, len(words)) + 1):
            found = pick(" ".join(words[i:j]), bodies, typos=False)
            if len(found) == 1:
                _answer_early(ctx, ctx.registry[found[0]].body, words[:i] + words[j:])
    raise InvalidAnswer(_("I don't know that municipality. Please pick one, or write its name."))


LONGEST_NAME = 3
"""Words by which a municipality is called within a sentence."""


def _answer_early(ctx: Context, body: Municipality, words: list[str]) -> None:
    """Raise Instead, if all these words name one service, or a branch, of the municipality."""
    if not words:
        return
    services = [(s.id, [s.name.el, s.name.en]) for s in body.services.values()]
    branches = [(b.id, [b.name.el, b.name.en, *b.aliases]) for b in body.branches]
    found = pick(" ".join(words), services)
    if len(found) == 1:
        service = body.services[found[0]]
        group = next(group for group in body.groups if service in group.services)
        if not ctx.municipality:
            ctx.say(_("{label}: {value}.", label=_("Municipality"), value=body.name))
        ctx.say(_("{label}: {value}.", label=_("Service"), value=service.name))
        raise AnswersForOtherSteps(municipality=body.id, group=group.id, service=service.id)
    if not ctx.municipality and (found or pick(" ".join(words), branches)):
        ctx.say(_("{label}: {value}.", label=_("Municipality"), value=body.name))
        raise AnswersForOtherSteps(municipality=body.id)


def _body(ctx: Context) -> Municipality:
    return ctx.registry[ctx.answers["municipality"]].body


def consent_of(ctx: Context) -> Consent | None:
    """What the citizen is to agree to, as far as it is known yet."""
    body, service, channel = ctx.municipality, ctx.service, ctx.answers.get("channel")
    return body.consent_of(service, channel) if body and service and channel else None


def _version(consent: Consent) -> str:
    return f"{consent.id} {consent.version}"


def _ask_consent(ctx: Context) -> Prompt:
    consent = consent_of(ctx)
    text: Text = lines(consent.text, consent.link) if consent else ""
    return Prompt(
        text,
        [
            Choice(_version(consent) if consent else "", _("I agree"), YES),
            Choice("no", _("I don't agree"), NO),
        ],
        expected=_("Please answer “I agree” or “I don't agree”."),
    )


def _check_consent(ctx: Context, value: str) -> None:
    if value == "no":
        raise InvalidAnswer(
            _(
                "Without your consent I can't make this booking here. You can agree now, "
                "or talk to an employee: write “human”."
            ),
            {"step": "consent", "help": True},
        )


def _check_phone(ctx: Context, number: str) -> None:
    """Say at once that a number has as many appointments as it may, not after all is typed."""
    offer = current_offer(ctx)
    hashed = ctx.registry.keyed_hash(number)
    check_phone(ctx.session, offer.municipality, offer.service.id, ctx.now, hashed)


def _ask_review(ctx: Context) -> Prompt:
    body, offer = _body(ctx), current_offer(ctx)
    start = datetime.fromisoformat(ctx.answers["time"])
    fields = body.fields_of(offer.service)
    several = len(body.branches_of(offer.service.id)) > 1
    return Prompt(
        lines(
            _("Please check before I book:"),
            _("{municipality}, {service}", municipality=body.name, service=offer.service.name),
            offer.branch.name if several or offer.channel == Channel.IN_PERSON else None,
            CHANNELS[offer.channel],
            appointment_time(start, offer.service.duration, body, offer.channel, ctx.zone),
            *detail_lines(fields, collected_details(ctx, fields)),
        ),
        [
            Choice(
                ctx.answers["time"],
                _("Confirm: {time}", time=short_time(ctx, offer, start)),
                CONFIRM,
            )
        ],
        names="whole",
        extras=[Choice("change", _("Change an answer"), command=True)],
        expected=_("Write “confirm” to book, or “change” to change an answer."),
    )


CONFIRM = _("confirm, yes, y, ok, okay, book it, all right, correct, yes correct, 👍")


def _confirm(ctx: Context, value: str) -> None:
    """Book what was shown; the answer carries its time, so that no other can be confirmed."""
    body, offer, booking = _body(ctx), current_offer(ctx), current_hold(ctx)
    start = datetime.fromisoformat(value)
    if booking is None:
        hold_lost(ctx, start)
        raise allocation.slot_taken_error()
    if start != booking.starts_at:
        raise InvalidAnswer(_("The time has changed meanwhile. Please check again."))
    fields = body.fields_of(offer.service)
    details = collected_details(ctx, fields)
    try:
        bookings.confirm(
            ctx.session,
            ctx.registry,
            offer,
            booking,
            ctx.now,
            ctx.actor,
            details=details,
            consent=consent_of(ctx),
            choose=ctx.choose,
        )
    except BookingRefused as refusal:
        if refusal.kind == "taken":
            hold_lost(ctx, start)
        raise
    same_next_time = {f.id for f in fields if is_remembered(f)}
    known = {**ctx.known, **{k: v for k, v in details.items() if k in same_next_time}}
    own = Citizen.id == ctx.actor.citizen_id
    ctx.session.execute(update(Citizen).where(own).values(details=known))
    navigation.end_dialog(ctx)
    ctx.state.kept = {}
    ctx.say(lines(_("Your appointment is booked."), full_details(ctx, booking)))
    ctx.shown = booking.id


def _steps(ctx: Context) -> list[Step]:
    """The steps of a booking; made once in a turn for the service that is being booked."""
    key = f"steps {ctx.answers.get('municipality')} {ctx.answers.get('service')}"
    if key not in ctx.cache:
        ctx.cache[key] = list(_all_steps(ctx))
    steps: list[Step] = ctx.cache[key]
    return steps


def _all_steps(ctx: Context) -> Iterator[Step]:
    yield Step(
        "municipality", _("Municipality"), _municipalities, _named_early, depends=("catalogue",)
    )
    yield Step(
        "group",
        _("Group of services"),
        _groups,
        _named_early,
        depends=("municipality", "catalogue"),
        words=_("department, group, field"),
    )
    yield Step("service", _("Service"), _services, depends=("municipality", "group", "catalogue"))
    yield Step(
        "branch",
        _("Place"),
        _branches,
        depends=("municipality", "service", "catalogue"),
        words=_("office, branch"),
    )
    yield Step(
        "channel",
        _("How"),
        _channels,
        depends=("service", "branch", "catalogue"),
        words=_("channel, manner, way"),
    )
    service, body = ctx.service, ctx.municipality
    if service is None or body is None:
        return
    for question in service.screening:
        yield screening_step(question)
    yield rejected_step()
    yield limit_reached_step()
    yield day_step()
    yield time_step(hold, still_held)
    for field in body.fields_of(service):
        yield detail_step(field, effect=_check_phone if field.id == "phone" else None)
    yield Step(
        "consent",
        _("Consent"),
        _ask_consent,
        applies=lambda ctx: consent_of(ctx) is not None,
        depends=("service", "channel", "catalogue"),
        effect=_check_consent,
        automatic=False,
    )
    yield Step("review", _("Check"), _ask_review, effect=_confirm, automatic=False)


BOOK = Dialog("book", _("New booking"), _steps, after_turn)
