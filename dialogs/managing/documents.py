"""The dialog in which citizens tick the documents that they have ready for an appointment."""

from collections.abc import Iterator

from core.bookings.visits import documents_key, is_ready
from core.i18n import _
from dialogs.context import Context, Dialog, Step, refusable
from dialogs.engine import navigation
from dialogs.engine.outcomes import AnswersForOtherSteps, EffectOutcome
from dialogs.engine.prompts import Choice, Prompt
from dialogs.managing.find import documents_of, find_steps, leave_ended, picked_booking
from dialogs.messages.appointment import ALL_READY, one_line
from dialogs.messages.blocks import Paragraph, message

DONE = "done"


def _ask_document(ctx: Context) -> Prompt:
    booking = picked_booking(ctx)
    documents = documents_of(ctx, booking)
    left = [each for each in documents if not is_ready(booking, each)]
    asked = (
        _("Which of these do you have ready?")
        if documents
        else _("This appointment needs no documents.")
    )
    return Prompt(
        message(
            Paragraph(one_line(ctx.office.of_booking(booking), booking, ctx.zone)),
            Paragraph(asked),
        ),
        [
            *(
                Choice(documents_key([each]), each if each in left else _("✓ {item}", item=each))
                for each in documents
            ),
            *([Choice(documents_key(documents), _("I have them all"))] if len(left) > 1 else []),
            Choice(DONE, _("That's all for now")),
        ],
        expected=_("Please pick one of the documents below."),
    )


@refusable
def _tick(ctx: Context, value: str) -> EffectOutcome:
    """Tick a document, or take its tick back, and ask on while any is left."""
    booking = picked_booking(ctx)
    documents = documents_of(ctx, booking)
    if value == DONE:
        navigation.end_dialog(ctx)
        ctx.say(_("All right, I have noted it."))
        return None
    choices = [*([each] for each in documents), documents]
    shown = next((each for each in choices if documents_key(each) == value), None)
    if shown is None:
        ctx.say(_("The list of documents has changed in the meantime."))
        return AnswersForOtherSteps()
    ready = len(shown) > 1 or not is_ready(booking, shown[0])
    ctx.office.visits.set_ready(booking, shown, ready=ready)
    if all(is_ready(booking, each) for each in documents):
        navigation.end_dialog(ctx)
        ctx.say(ALL_READY)
        return None
    return AnswersForOtherSteps()  # so that it is asked again, and no answer recorded


def _steps(ctx: Context) -> Iterator[Step]:
    yield from find_steps()
    yield Step("document", _("Documents"), _ask_document, effect=_tick, automatic=False)


DOCUMENTS = Dialog("documents", _("My documents"), _steps, before_turn=leave_ended)
