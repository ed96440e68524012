"""The steps that may end a booking early: a screening answer, or too many bookings."""

from core.catalogue.model import Question, Rejection
from core.i18n import _, lines
from dialogs.booking.details import condition_holds
from dialogs.booking.selection import current_offer, service
from dialogs.context import Context, Step
from dialogs.engine import navigation
from dialogs.engine.outcomes import AnswersForOtherSteps, EffectOutcome
from dialogs.engine.prompts import ChangeAnswer, Choice, Prompt, RunCommand, action_choice
from dialogs.engine.steps import VERSION
from dialogs.nlu.lexicon import NO, YES

LIMIT_REACHED = "enough"
"""The name of the step that is asked where an attendee has the maximum; else none has it."""

FOR_ANOTHER = _("For somebody else")
FOR_ANOTHER_WORDS = _(
    "for another person, another person, someone else, for someone else, for another, "
    "for my mother, for my father, for my wife, for my husband, for my child, for my son, "
    "for my daughter"
)
"""Words for a booking whose attendee isn't the one that has the maximum."""


def screening_step(question: Question) -> Step:
    """Return the step of a screening question; some answers reject the booking."""

    def ask(ctx: Context) -> Prompt:
        words = {"yes": YES, "no": NO}
        return Prompt(
            question.text,
            [
                Choice(o.id, o.label, words.get(o.id) or ", ".join(o.aliases))
                for o in question.options
            ],
            # If an answer rejects the booking, it must be named in full.
            names="whole" if any(o.stop for o in question.options) else "any",
            expected=_("Please pick one of the answers below."),
        )

    return Step(
        f"screening.{question.id}",
        question.label,
        ask,
        applies=lambda ctx: condition_holds(ctx.answers, question.when),
        depends=("service", "channel", VERSION),
        automatic=False,
    )


def rejected_step() -> Step:
    """Return the step that says why a screening answer rejects the booking, and what to do."""
    return Step(
        "stopped",
        _("End"),
        _ask_rejected,
        applies=lambda ctx: _rejection(ctx) is not None,
        effect=_after_rejection,
        automatic=False,
    )


def limit_reached_step() -> Step:
    """Return the step that says that the citizen has the maximum of bookings.

    For another attendee, the booking goes on.
    """
    return Step(
        LIMIT_REACHED,
        FOR_ANOTHER,
        _ask_at_limit,
        applies=_is_at_limit,
        depends=("municipality", "service"),
        effect=_book_for_another,
        keep=lambda _ctx, _answer: False,
        automatic=False,
    )


def _rejection(ctx: Context) -> tuple[Question, Rejection] | None:
    """Return the question whose answer rejects the booking, with the reason."""
    chosen = service(ctx)
    for question in chosen.screening if chosen else ():
        given = ctx.answers.get(f"screening.{question.id}")
        for option in question.options:
            if option.id == given and option.stop and condition_holds(ctx.answers, question.when):
                return question, option.stop
    return None


def _ask_rejected(ctx: Context) -> Prompt:
    found = _rejection(ctx)
    stop = found[1] if found else None
    return Prompt(
        lines(stop.reason if stop else None, stop.link if stop else None),
        [
            Choice("change", _("Change my answer")),
            Choice("service", _("Pick another service")),
            Choice("end", _("End here")),
        ],
        expected=_("Please pick one of the answers below."),
    )


def _after_rejection(ctx: Context, answer: str) -> EffectOutcome:
    """End, or ask again the question that rejected; for another service, all of them."""
    found = _rejection(ctx)
    if answer == "end" or found is None:
        return _end(ctx, answer)
    if answer == "service":
        navigation.reopen(ctx, "service")
    for name in [name for name in ctx.answers if name.startswith("screening.")]:
        if answer == "service" or name == f"screening.{found[0].id}":
            navigation.reopen(ctx, name)
    return AnswersForOtherSteps()


def _is_at_limit(ctx: Context) -> bool:
    """Return whether another booking of the service would be refused, before a time is picked."""
    if "time" in ctx.answers or "channel" not in ctx.answers:
        return False
    return ctx.office.limit_reached(current_offer(ctx)) is not None


def _ask_at_limit(ctx: Context) -> Prompt:
    reached = ctx.office.limit_reached(current_offer(ctx))
    chosen = service(ctx)
    loaded = ctx.office.loaded(ctx.answers["municipality"])
    asks_name = chosen and any(field.id == "name" for field in loaded.body.fields_of(chosen))
    for_another = asks_name and reached and not reached.for_all
    return Prompt(
        reached.text if reached else "",
        [
            *([Choice("another", FOR_ANOTHER, FOR_ANOTHER_WORDS)] if for_another else []),
            action_choice(RunCommand("bookings"), ctx.definition.dialogs["bookings"].label),
            action_choice(ChangeAnswer("service"), _("Pick another service")),
            Choice("end", _("End here")),
        ],
        expected=_("Please pick one of the answers below."),
    )


def _book_for_another(ctx: Context, answer: str) -> EffectOutcome:
    return _end(ctx, answer) if answer == "end" else None


def _end(ctx: Context, _answer: str) -> EffectOutcome:
    navigation.end_dialog(ctx)
    ctx.say(ctx.definition.stopped)
    return None
