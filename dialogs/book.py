"""Booking an appointment: from municipality to confirmation."""

from collections.abc import Iterator
from datetime import datetime

from core import bookings
from core.catalogue import Channel, Consent, Municipality, Question, Stop
from core.errors import Refusal
from core.tables import Booking, Citizen
from core.text import Phrase, When, _, _n, lines
from dialogs import flow
from dialogs.days import day_step, near, planned, time_step, zone_of
from dialogs.details import collected, detail_step, met
from dialogs.menu import NO, YES
from dialogs.parse import REMEMBERED
from dialogs.step import Choice, Context, Dialog, Prompt, Step, Wrong
from dialogs.summary import CHANNELS, CLOCK, confirmation, detail_lines, moment


def _municipalities(ctx: Context) -> Prompt:
    return Prompt(
        _("With which municipality would you like an appointment?"),
        [Choice(body.id, body.name) for body in ctx.office.municipalities],
        expected=_("I don't know that municipality. Please pick one, or write its name."),
    )


def _groups(ctx: Context) -> Prompt:
    body = _body(ctx)
    return Prompt(
        _("Which department?"),
        [Choice(group.id, group.name) for group in body.groups],
        expected=_("Please pick a department, or write its name."),
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
        _("Which office?"),
        [Choice(b.id, b.name) for b in _body(ctx).branches_of(ctx.answers["service"])],
        expected=_("Please pick an office, or write its name."),
    )


def _channels(ctx: Context) -> Prompt:
    body, answers = _body(ctx), ctx.answers
    service, branch = body.services[answers["service"]], body.branch(answers["branch"])
    return Prompt(
        _("How would you like the appointment?"),
        [Choice(channel, CHANNELS[channel]) for channel in body.channels_of(service, branch)],
        expected=_("Please pick how you would like the appointment."),
    )


def _body(ctx: Context) -> Municipality:
    return ctx.office[ctx.answers["municipality"]].body


def _screening_step(question: Question) -> Step:
    def ask(ctx: Context) -> Prompt:
        words = {"yes": YES, "no": NO}
        return Prompt(
            question.text,
            [Choice(o.id, o.label, words.get(o.id)) for o in question.options],
            expected=_("Please pick one of the answers below."),
        )

    return Step(
        f"screening.{question.id}",
        question.label,
        ask,
        applies=lambda ctx: met(ctx.answers, question.when),
        depends=("service", "channel", "catalogue"),
        automatic=False,
    )


def _stopper(ctx: Context) -> tuple[Question, Stop] | None:
    """The screening answer that stops the booking, with its reason."""
    for question in ctx.service.screening if ctx.service else ():
        given = ctx.answers.get(f"screening.{question.id}")
        for option in question.options:
            if option.id == given and option.stop and met(ctx.answers, question.when):
                return question, option.stop
    return None


def _ask_stopped(ctx: Context) -> Prompt:
    found = _stopper(ctx)
    question, stop = found if found else (None, None)
    choices = [
        Choice(f"change:{name}", label, command=True)
        for name, label in (
            (f"screening.{question.id}" if question else "", _("Change my answer")),
            ("service", _("Pick another service")),
        )
    ]
    return Prompt(
        lines(stop.reason if stop else None, stop.link if stop else None),
        [*choices, Choice("end", _("End here"))],
        expected=_("Please pick one of the answers below."),
    )


def _end(ctx: Context, _answer: str) -> None:
    flow.leave(ctx)
    ctx.say(_("All right, I've stopped. Nothing was booked or changed."))


def _held(ctx: Context) -> Booking | None:
    return ctx.session.get(Booking, ctx.state.hold) if ctx.state.hold else None


def _hold(ctx: Context, value: str) -> None:
    """Keep the time picked; one that is gone is met with the nearest."""
    plan, start, old = planned(ctx), datetime.fromisoformat(value), _held(ctx)
    zone = zone_of(ctx, plan)
    try:
        booking = bookings.hold(ctx.session, plan, start, ctx.now, ctx.actor, old)
    except Refusal as refusal:
        if refusal.kind == "taken":
            near(ctx, start)
        raise
    ctx.state.hold = booking.id
    local = start.astimezone(zone)
    ctx.answers["day"] = local.date().isoformat()
    ctx.say(
        _n(
            "I'm keeping {day}, {time} for you for {count} minute.",
            "I'm keeping {day}, {time} for you for {count} minutes.",
            plan.municipality.rules.hold_minutes,
            day=When(local, "EEEE d MMMM"),
            time=When(local, CLOCK),
        )
    )


def _hold_still(ctx: Context, value: str) -> bool:
    """After a change: whether the same time can be kept for what is wanted now."""
    plan = planned(ctx)
    day = datetime.fromisoformat(value).astimezone(zone_of(ctx, plan)).date().isoformat()
    try:
        if day == ctx.answers.get("day"):
            _hold(ctx, value)
            return True
    except Refusal:
        ctx.state.view = {}
    _let_go(ctx)
    return False


def _let_go(ctx: Context) -> None:
    if old := _held(ctx):
        bookings.release(ctx.session, old, ctx.now)
    ctx.state.hold = None


def _upkeep(ctx: Context) -> None:
    """Keep the hold while its citizen is active; once it has run out, ask for the time again."""
    booking = _held(ctx)
    if booking is None or "time" not in ctx.answers:
        return
    if not bookings.extend(booking, _body(ctx).rules, ctx.now):
        zone = zone_of(ctx, planned(ctx))
        flow.take_back(ctx, "time")
        _let_go(ctx)
        near(ctx, booking.starts_at)
        ctx.say(
            _(
                "I could keep {day}, {time} only until now. I have kept all that you wrote.",
                day=When(booking.starts_at.astimezone(zone), "EEEE d MMMM"),
                time=When(booking.starts_at.astimezone(zone), CLOCK),
            )
        )


def _consent(ctx: Context) -> Consent | None:
    service, channel = ctx.service, ctx.answers.get("channel")
    return _body(ctx).consent_of(service, channel) if service and channel else None


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
            )
        )


def _ask_review(ctx: Context) -> Prompt:
    body, plan = _body(ctx), planned(ctx)
    start = datetime.fromisoformat(ctx.answers["time"])
    local = start.astimezone(zone_of(ctx, plan))
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
                _(
                    "Confirm: {day}, {time}",
                    day=When(local, "EEE d MMM"),
                    time=When(local, CLOCK),
                ),
                CONFIRM,
            )
        ],
        extras=[Choice("change", _("Change an answer"), command=True)],
        expected=_("Write “confirm” to book, or “change” to change an answer."),
    )


CONFIRM = _("confirm, yes, y, ok, okay, book it, 👍")


def _confirm(ctx: Context, value: str) -> None:
    """Book what was shown; the answer carries its time, so that no other can be confirmed."""
    body, plan, booking = _body(ctx), planned(ctx), _held(ctx)
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
            near(ctx, booking.starts_at)
        raise
    citizen = ctx.session.get_one(Citizen, ctx.actor.citizen_id)
    same_next_time = {f.id for f in fields if f.type in REMEMBERED}
    citizen.details = citizen.details | {k: v for k, v in details.items() if k in same_next_time}
    flow.leave(ctx)
    ctx.state.kept = {}
    ctx.say(confirmation(ctx, booking))


def _steps(ctx: Context) -> Iterator[Step]:
    yield Step("municipality", _("Municipality"), _municipalities)
    yield Step("group", _("Department"), _groups, depends=("municipality", "catalogue"))
    yield Step("service", _("Service"), _services, depends=("group", "catalogue"))
    yield Step("branch", _("Office"), _branches, depends=("service", "catalogue"))
    yield Step("channel", _("Manner"), _channels, depends=("service", "branch", "catalogue"))
    service, body = ctx.service, ctx.municipality
    if service is None or body is None:
        return
    for question in service.screening:
        yield _screening_step(question)
    yield Step(
        "stopped",
        _("End"),
        _ask_stopped,
        applies=lambda ctx: _stopper(ctx) is not None,
        effect=_end,
        automatic=False,
    )
    yield day_step()
    yield time_step(_hold, _hold_still)
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


BOOK = Dialog("book", _("New booking"), _steps, _upkeep)
