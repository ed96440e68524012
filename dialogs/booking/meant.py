"""Ask which service was meant, where what was written doesn't say it surely."""

from collections.abc import Callable, Sequence

from core.catalogue.model import Municipality, Service
from core.i18n import _
from dialogs.context import Context, Step
from dialogs.engine.outcomes import AnswersForOtherSteps, EffectOutcome, TakeOutcome
from dialogs.engine.prompts import Choice, Prompt, yes_no_choices

MEANT = "meant"
"""The step's name, and that of the wish with the ids of the municipality and the services."""

SOMETHING_ELSE = "something-else"


def dump_meant(body: Municipality, services: Sequence[Service]) -> str:
    """Return the services to be asked about as they are stored."""
    return " ".join([body.id, *(service.id for service in services)])


def answers_of(body: Municipality, service: Service) -> dict[str, str]:
    """Return the answers that name a service."""
    group = next(group for group in body.groups if service in group.services)
    return {"municipality": body.id, "group": group.id, "service": service.id}


def _meant(ctx: Context) -> tuple[Municipality, Sequence[Service]] | None:
    """Return what is asked about; None for nothing that is offered."""
    municipality_id, *services = ctx.state.wishes.get(MEANT, "").split(" ")
    loaded = ctx.office.find(municipality_id)
    if loaded is None:
        return None
    known = loaded.body.services
    found = [known[service] for service in services if service in known]
    return (loaded.body, found) if found else None


def _ask(ctx: Context) -> Prompt:
    found = _meant(ctx)
    if found is None:
        return Prompt(_("Which service?"))
    body, services = found
    if len(services) == 1:
        return Prompt(
            _(
                "Do you mean “{service}”, {municipality}?",
                service=services[0].name,
                municipality=body.name,
            ),
            yes_no_choices(_("Yes"), _("No, something else")),
            expected=_("Please pick one of the answers below."),
        )
    return Prompt(
        _("Which of these do you mean?"),
        [
            *(Choice(service.id, service.name) for service in services),
            Choice(SOMETHING_ELSE, _("Something else"), _("none, something else, no")),
        ],
        expected=_("Please pick a service, or write its name."),
    )


def _answer(ctx: Context, value: str) -> EffectOutcome:
    """Give the answers that name the service; of another one, only the municipality's."""
    found = _meant(ctx)
    ctx.update(wishes={name: wish for name, wish in ctx.state.wishes.items() if name != MEANT})
    if found is None:
        return AnswersForOtherSteps()
    body, services = found
    picked = services[0] if value == "yes" else body.services.get(value)
    if picked is None:
        return AnswersForOtherSteps({"municipality": body.id})
    return AnswersForOtherSteps(answers_of(body, picked))


def meant_step(take: Callable[[Context, str], TakeOutcome]) -> Step:
    """Return the step; `take` reads another sentence."""
    return Step(
        MEANT,
        _("Service"),
        _ask,
        take,
        applies=lambda ctx: _meant(ctx) is not None,
        effect=_answer,
        automatic=False,
    )
