"""What may end a booking before it begins: an answer that stops it, or having enough already."""

from core.bookings.limits import check_citizen
from core.catalogue.model import Question, Rejection
from core.errors import BookingRefused
from core.i18n import _, lines
from dialogs.booking.alternatives import current_offer
from dialogs.booking.details import condition_holds
from dialogs.engine import navigation
from dialogs.engine.steps import AnswersForOtherSteps, Choice, Context, Prompt, Step
from dialogs.nlu.lexicon import NO, YES

STOPPED = _("All right, I've stopped. Nothing was booked or changed.")


def screening_step(question: Question) -> Step:
    """Ask a question of the catalogue; some answers stop the booking."""

    def ask(ctx: Context) -> Prompt:
        words = {"yes": YES, "no": NO}
        return Prompt(
            question.text,
            [
                Choice(o.id, o.label, words.get(o.id) or ", ".join(o.aliases))
                for o in question.options
            ],
            # Where an answer stops the booking, a part of another's name is not enough.
            names="whole" if any(o.stop for o in question.options) else "any",
            expected=_("Please pick one of the answers below."),
        )

    return Step(
        f"screening.{question.id}",
        question.label,
        ask,
        applies=lambda ctx: condition_holds(ctx.answers, question.when),
        depends=("service", "channel", "catalogue"),
        automatic=False,
    )


def _stopper(ctx: Context) -> tuple[Question, Rejection] | None:
    """The screening answer that stops the booking, with its reason."""
    for question in ctx.service.screening if ctx.service else ():
        given = ctx.answers.get(f"screening.{question.id}")
        for option in question.options:
            if option.id == given and option.stop and condition_holds(ctx.answers, question.when):
                return question, option.stop
    return None


def _ask_stopped(ctx: Context) -> Prompt:
    found = _stopper(ctx)
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


def _after_stop(ctx: Context, answer: str) -> None:
    """End, or go back to the answer that stopped; another service is asked everything anew."""
    found = _stopper(ctx)
    if answer == "end" or found is None:
        navigation.end_dialog(ctx)
        ctx.say(STOPPED)
        return
    if answer == "service":
        navigation.reopen(ctx, "service")
    for name in [name for name in ctx.answers if name.startswith("screening.")]:
        if answer == "service" or name == f"screening.{found[0].id}":
            navigation.reopen(ctx, name)
    raise AnswersForOtherSteps


def _has_enough(ctx: Context) -> bool:
    """Whether another appointment for the service would be refused: better said at once."""
    if "time" in ctx.answers or "channel" not in ctx.answers:
        return False
    if "enough" not in ctx.cache:
        try:
            check_citizen(ctx.session, current_offer(ctx), ctx.now, ctx.actor.citizen_id)
            ctx.cache["enough"] = None
        except BookingRefused as refusal:
            ctx.cache["enough"] = refusal.text
    return ctx.cache["enough"] is not None


def _ask_enough(ctx: Context) -> Prompt:
    return Prompt(
        ctx.cache["enough"],
        [
            Choice("bookings", ctx.dialogs["bookings"].label, command=True),
            Choice("change:service", _("Pick another service"), command=True),
            Choice("end", _("End here")),
        ],
        expected=_("Please pick one of the answers below."),
    )


def _end(ctx: Context, _answer: str) -> None:
    navigation.end_dialog(ctx)
    ctx.say(STOPPED)


def rejected_step() -> Step:
    """Say why an answer stops the booking, and what can be done instead."""
    return Step(
        "stopped",
        _("End"),
        _ask_stopped,
        applies=lambda ctx: _stopper(ctx) is not None,
        effect=_after_stop,
        automatic=False,
    )


def limit_reached_step() -> Step:
    """Say that the citizen has as many appointments for the service as one may."""
    return Step("enough", _("End"), _ask_enough, applies=_has_enough, effect=_end, automatic=False)
