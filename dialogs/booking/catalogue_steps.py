"""The first steps of a booking: municipality, group, service, place and channel."""

from core.catalogue.model import Municipality
from core.i18n import _
from dialogs.booking.selection import municipality, picked_municipality
from dialogs.context import Context, Step
from dialogs.engine.outcomes import AnswersForOtherSteps, InvalidAnswer, TakeOutcome
from dialogs.engine.prompts import Choice, Prompt
from dialogs.engine.steps import VERSION
from dialogs.messages.appointment import CHANNEL_WORDS, CHANNELS
from dialogs.nlu.lexicon import FILLER
from dialogs.nlu.matching import pick
from dialogs.nlu.normalize import normalize

MAX_NAME_WORDS = 3
"""The most words that a municipality's name may have within a sentence."""

UNKNOWN_MUNICIPALITY = _("I don't know that municipality. Please pick one, or write its name.")
UNKNOWN_GROUP = _("Please pick a group of services, or write its name.")


def _ask_municipality(ctx: Context) -> Prompt:
    return Prompt(
        _("With which municipality would you like an appointment?"),
        [
            Choice(body.id, body.name, ", ".join(body.aliases))
            for body in ctx.office.offered_municipalities
        ],
        expected=UNKNOWN_MUNICIPALITY,
    )


def _ask_group(ctx: Context) -> Prompt:
    return Prompt(
        _("Which group of services?"),
        [Choice(group.id, group.name) for group in picked_municipality(ctx).groups],
        expected=UNKNOWN_GROUP,
    )


def _ask_service(ctx: Context) -> Prompt:
    group = picked_municipality(ctx).group(ctx.answers["group"])
    return Prompt(
        _("Which service?"),
        [Choice(service.id, service.name) for service in group.services],
        expected=_("Please pick a service, or write its name."),
    )


def _ask_branch(ctx: Context) -> Prompt:
    return Prompt(
        _("Where would you like to be served?"),
        [
            Choice(b.id, b.name, ", ".join(b.aliases))
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


def _take_sentence(ctx: Context, text: str) -> TakeOutcome:
    """Read a sentence that names a service before its group, or the municipality, is asked."""
    filler = ctx.lexicon.words(FILLER)
    words = [word for word in normalize(text).split() if word not in filler]
    if body := municipality(ctx):
        return _answers_of_words(ctx, body, words) or InvalidAnswer(UNKNOWN_GROUP)
    bodies = [(b.id, [*b.name.values(), *b.aliases]) for b in ctx.office.offered_municipalities]
    for i in range(len(words)):
        for j in range(i + 1, min(i + MAX_NAME_WORDS, len(words)) + 1):
            found = pick(" ".join(words[i:j]), bodies, typos=False)
            if len(found) == 1:
                body = ctx.office.loaded(found[0].value).body
                if answers := _answers_of_words(ctx, body, words[:i] + words[j:]):
                    return answers
    return InvalidAnswer(UNKNOWN_MUNICIPALITY)


def _answers_of_words(
    ctx: Context, body: Municipality, words: list[str]
) -> AnswersForOtherSteps | None:
    """Return the answers if all these words name one service, or a branch, of a municipality."""
    if not words:
        return None
    services = [(s.id, s.name.values()) for s in body.services.values()]
    branches = [(b.id, [*b.name.values(), *b.aliases]) for b in body.branches]
    found = pick(" ".join(words), services)
    is_new = municipality(ctx) is None
    if len(found) == 1:
        service = body.services[found[0].value]
        group = next(group for group in body.groups if service in group.services)
        if is_new:
            ctx.say(_("{value}.", value=body.name))
        ctx.say(_("{label}: {value}.", label=_("Service"), value=service.name))
        return AnswersForOtherSteps(
            {"municipality": body.id, "group": group.id, "service": service.id}
        )
    if is_new and (found or pick(" ".join(words), branches)):
        ctx.say(_("{value}.", value=body.name))
        return AnswersForOtherSteps({"municipality": body.id})
    return None


CATALOGUE_STEPS = (
    Step(
        "municipality",
        _("Municipality"),
        _ask_municipality,
        _take_sentence,
        depends=(VERSION,),
        by_name=True,
        has_label=True,
    ),
    Step(
        "group",
        _("Group of services"),
        _ask_group,
        _take_sentence,
        depends=("municipality", VERSION),
        words=_("department, group, field"),
        by_name=True,
    ),
    Step(
        "service",
        _("Service"),
        _ask_service,
        depends=("municipality", "group", VERSION),
        by_name=True,
    ),
    Step(
        "branch",
        _("Place"),
        _ask_branch,
        depends=("municipality", "service", VERSION),
        words=_("office, branch"),
    ),
    Step(
        "channel",
        _("How"),
        _ask_channel,
        depends=("municipality", "service", "branch", VERSION),
        words=_("channel, manner, way"),
    ),
)
"""In the order in which they are asked."""
