"""Booking an appointment: from municipality to confirmation."""

from collections.abc import Iterator
from datetime import datetime

from core import bookings
from core.catalogue import Channel, Consent, Municipality
from core.errors import Refusal
from core.tables import Citizen
from core.text import Phrase, _, lines
from dialogs import flow
from dialogs.days import at_short, day_step, near, planned, time_step
from dialogs.details import collected, detail_step
from dialogs.holding import held, hold, hold_still, upkeep
from dialogs.menu import NO, YES
from dialogs.parse import REMEMBERED
from dialogs.screening import enough_step, screening_step, stopped_step
from dialogs.step import Choice, Context, Dialog, Prompt, Step, Wrong
from dialogs.summary import CHANNEL_WORDS, CHANNELS, confirmation, detail_lines, moment


def _municipalities(ctx: Context) -> Prompt:
    return Prompt(
        _("With which municipality would you like an appointment?"),
        [Choice(body.id, body.name, ", ".join(body.aliases)) for body in ctx.office.municipalities],
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


def _body(ctx: Context) -> Municipality:
    return ctx.office[ctx.answers["municipality"]].body


def _consent(ctx: Context) -> Consent | None:
    body, service, channel = ctx.municipality, ctx.service, ctx.answers.get("channel")
    return body.consent_of(service, channel) if body and service and channel else None


def _version(consent: Consent) -> str:
    return f"{consent.id} {consent.version}"


def _ask_consent(ctx: Context) -> Prompt:
    consent = _consent(ctx)
    text: Phrase = lines(consent.text, consent.link) if consent else ""
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
        raise Wrong(
            _(
                "Without your consent I can't make this booking here. You can agree now, "
                "or talk to an employee: write “human”."
            ),
            {"step": "consent", "help": True},
        )


def _ask_review(ctx: Context) -> Prompt:
    body, plan = _body(ctx), planned(ctx)
    start = datetime.fromisoformat(ctx.answers["time"])
    fields = body.fields_of(plan.service)
    several = len(body.branches_of(plan.service.id)) > 1
    return Prompt(
        lines(
            _("Please check before I book:"),
            _("{municipality}, {service}", municipality=body.name, service=plan.service.name),
            plan.branch.name if several or plan.channel == Channel.IN_PERSON else None,
            CHANNELS[plan.channel],
            moment(start, plan.service.duration, body, plan.channel, ctx.zone),
            *detail_lines(fields, collected(ctx, fields)),
        ),
        [
            Choice(
                ctx.answers["time"],
                _("Confirm: {time}", time=at_short(ctx, plan, start)),
                CONFIRM,
            )
        ],
        extras=[Choice("change", _("Change an answer"), command=True)],
        expected=_("Write “confirm” to book, or “change” to change an answer."),
    )


CONFIRM = _("confirm, yes, y, ok, okay, book it, 👍")


def _confirm(ctx: Context, value: str) -> None:
    """Book what was shown; the answer carries its time, so that no other can be confirmed."""
    body, plan, booking = _body(ctx), planned(ctx), held(ctx)
    if booking is None or datetime.fromisoformat(value) != booking.starts_at:
        raise Wrong(_("The time has changed meanwhile. Please check again."))
    fields = body.fields_of(plan.service)
    details = collected(ctx, fields)
    try:
        bookings.confirm(
            ctx.session,
            ctx.office,
            plan,
            booking,
            ctx.now,
            ctx.actor,
            details=details,
            consent=_consent(ctx),
            choose=ctx.choose,
        )
    except Refusal as refusal:
        if refusal.kind == "taken":
            flow.take_back(ctx, "time")
            ctx.state.hold = None
            ctx.state.view = near(booking.starts_at)
        raise
    citizen = ctx.session.get_one(Citizen, ctx.actor.citizen_id)
    same_next_time = {f.id for f in fields if f.type in REMEMBERED}
    citizen.details = citizen.details | {k: v for k, v in details.items() if k in same_next_time}
    flow.leave(ctx)
    ctx.state.kept = {}
    ctx.say(confirmation(ctx, booking))


def _steps(ctx: Context) -> Iterator[Step]:
    yield Step("municipality", _("Municipality"), _municipalities, depends=("catalogue",))
    yield Step(
        "group",
        _("Group of services"),
        _groups,
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
    yield stopped_step()
    yield enough_step()
    yield day_step()
    yield time_step(hold, hold_still)
    for field in body.fields_of(service):
        yield detail_step(field)
    yield Step(
        "consent",
        _("Consent"),
        _ask_consent,
        applies=lambda ctx: _consent(ctx) is not None,
        depends=("service", "channel", "catalogue"),
        effect=_check_consent,
        automatic=False,
    )
    yield Step("review", _("Check"), _ask_review, effect=_confirm, automatic=False)


BOOK = Dialog("book", _("New booking"), _steps, upkeep)
