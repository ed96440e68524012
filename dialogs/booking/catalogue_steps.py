"""The first steps of a booking: municipality, group, service, place and channel."""

from core.catalogue.model import Channel
from core.i18n import _
from dialogs.booking.meant import meant_step
from dialogs.booking.selection import picked_municipality
from dialogs.booking.sentence import take_sentence, take_service_wish
from dialogs.context import Context, Step
from dialogs.engine.outcomes import InvalidAnswer, TakeOutcome
from dialogs.engine.prompts import Choice, Prompt
from dialogs.engine.steps import VERSION
from dialogs.messages.appointment import CHANNEL_WORDS, CHANNELS


def _ask_municipality(ctx: Context) -> Prompt:
    return Prompt(
        _("With which municipality would you like an appointment?"),
        [
            Choice(body.id, body.name, ", ".join(body.aliases))
            for body in ctx.office.offered_municipalities
        ],
        expected=_("I don't know that municipality. Please pick one, or write its name."),
        brief=_("Which municipality?"),
    )


def _ask_group(ctx: Context) -> Prompt:
    return Prompt(
        _("Which group of services?"),
        [
            Choice(group.id, group.name, ", ".join(group.aliases))
            for group in picked_municipality(ctx).groups
        ],
        expected=_("Please pick a group of services, or write its name."),
    )


def _ask_service(ctx: Context) -> Prompt:
    group = picked_municipality(ctx).group(ctx.answers["group"])
    return Prompt(
        _("Which service?"),
        [Choice(each.id, each.name, brief=each.short or "") for each in group.services],
        expected=_("Please pick a service, or write its name."),
    )


def _ask_branch(ctx: Context) -> Prompt:
    return Prompt(
        _("Where would you like to be served?"),
        [
            Choice(b.id, b.name, ", ".join(b.aliases), brief=b.short or "")
            for b in picked_municipality(ctx).branches_of(ctx.answers["service"])
        ],
        expected=_("Please pick an office, or write its name."),
    )


def _ask_channel(ctx: Context) -> Prompt:
    body, answers = picked_municipality(ctx), ctx.answers
    service, branch = body.services[answers["service"]], body.branch(answers["branch"])
    return Prompt(
        _("How would you like the appointment?"),
        [Choice(c, CHANNELS[c], CHANNEL_WORDS[c]) for c in body.channels_of(service, branch)],
        expected=_("Please pick how you would like the appointment."),
    )


def _take_channel_wish(ctx: Context, channel: str) -> TakeOutcome:
    """Take the channel that was wished, unless it isn't offered."""
    body, answers = picked_municipality(ctx), ctx.answers
    service, branch = body.services[answers["service"]], body.branch(answers["branch"])
    if channel in body.channels_of(service, branch):
        return channel
    return InvalidAnswer(
        _(
            "This service gives no appointments this way: {channel}.",
            channel=CHANNELS[Channel(channel)],
        )
    )


CATALOGUE_STEPS = (
    meant_step(take_sentence),
    Step(
        "municipality",
        _("Municipality"),
        _ask_municipality,
        take_sentence,
        depends=(VERSION,),
        by_name=True,
        has_label=True,
    ),
    Step(
        "group",
        _("Group of services"),
        _ask_group,
        take_sentence,
        depends=("municipality", VERSION),
        words=_("department, group, field"),
        by_name=True,
        take_wish=take_service_wish,
    ),
    Step(
        "service",
        _("Service"),
        _ask_service,
        take_sentence,
        depends=("municipality", "group", VERSION),
        by_name=True,
    ),
    Step(
        "branch",
        _("Place"),
        _ask_branch,
        take_sentence,
        depends=("municipality", "service", VERSION),
        words=_("office, branch"),
    ),
    Step(
        "channel",
        _("How"),
        _ask_channel,
        take_sentence,
        depends=("municipality", "service", "branch", VERSION),
        words=_("channel, manner, way"),
        take_wish=_take_channel_wish,
        said_briefly=[each for each in CHANNELS if each != Channel.IN_PERSON],
    ),
)
"""In the order in which they are asked."""
