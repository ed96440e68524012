"""Talking to an employee: which office, whose a typed text is, and how it ends."""

from core.catalogue.model import Municipality
from core.i18n import Text, _
from dialogs import calls
from dialogs.booking.selection import LINK, existing_booking, municipality, service
from dialogs.context import Command, Context, Step
from dialogs.engine import interpreter, navigation
from dialogs.engine.inputs import TextInput
from dialogs.engine.outcomes import EffectOutcome
from dialogs.engine.prompts import Choice, Prompt
from dialogs.engine.state import Interruption
from dialogs.messages import relay as texts
from dialogs.messages.appointment import contact_facts, office_phones
from dialogs.messages.blocks import Heading, Paragraph, message
from dialogs.nlu.lexicon import POLITE
from dialogs.nlu.matching import find_phrase
from dialogs.nlu.normalize import normalize

MAX_TEXT = 3500
"""The longest text for the office, in UTF-16 units: with what it is about, it is one message of
Telegram, which can be answered."""

HUMAN = _("You can talk to an employee:")

OFFICE = "office"
WHOSE = "whose"

_MODE = "relay"
"""The name under which the running dialog stores for whom the citizen writes, see `_mode`."""

TO_DIALOG = frozenset(
    {
        *("end_talk", "to_task", "back", "start_over", "stop", "cancel", "human", "bookings"),
        *("book", "language", "el", "en", "zone", "help", "move", "cancel_booking", "edit"),
        *("withdraw", "caller", "code", "accept_offer", "decline_offer", "other_offer"),
        "preferences",
        *("join", "join_telegram", "join_viber", "join_webchat", "part"),
    }
)
"""The commands that are obeyed while the citizen writes to an office."""


def talk_to_human(ctx: Context, _argument: str) -> None:
    """Open a thread with the office, or ask which; where nobody can answer, tell whom to call."""
    body = municipality(ctx) or _municipality_of_booking(ctx)
    offered = ctx.office.offered_municipalities
    if body is None and len(offered) == 1:
        body = offered[0]
    if ctx.spoken:
        calls.put_through(ctx, body)
    elif ctx.office.is_for_caller:
        _show_contacts(ctx, body)
    elif body is not None:
        _talk_to(ctx, body)
    elif ctx.office.relay.reachable(offered):
        ctx.update(interruption=Interruption(OFFICE))
    else:
        _show_contacts(ctx, None)


def _talk_to(ctx: Context, body: Municipality) -> None:
    """Open a thread with an office, and say so; where nobody can answer there, tell whom to call.

    It is about the appointment in question, or the service under way; not about one that is known
    by a link alone, which may have reached a stranger.
    """
    relay, chosen = ctx.office.relay, service(ctx)
    booking = None if LINK in ctx.answers else existing_booking(ctx)
    if booking is None and chosen is None:
        upcoming = ctx.office.upcoming()
        booking = next((each for each in upcoming if each.municipality_id == body.id), None)
    former = relay.office() if relay.is_open else None
    if not relay.open(body, chosen.id if chosen else None, booking):
        _show_contacts(ctx, body)
        return
    if former is not None and former.id != body.id:
        ctx.say(texts.left_office(former))
    branch = booking.branch if booking else ctx.answers.get("branch")
    closure = relay.closure_today(body, branch)
    if ctx.definition.is_entry(ctx.state.dialog) and not ctx.state.answered_by_citizen:
        navigation.end_dialog(ctx)  # its first question would ask for something else
    only_next = _in_task(ctx) and _mode(ctx) != "office"
    if only_next:
        _set_mode(ctx, f"next {_open_question(ctx)}")
    opens_at = relay.opens_at(body, branch)
    ctx.say(texts.opened(body, opens_at, ctx.now, closure, only_next=only_next))


def _ask_office(ctx: Context) -> Prompt:
    return Prompt(
        _("With which office would you like to talk?"),
        [Choice(body.id, body.name) for body in ctx.office.offered_municipalities],
        expected=_("Please pick one of the offices below."),
    )


def _take_office(ctx: Context, answer: str) -> None:
    ctx.update(interruption=None)
    loaded = ctx.office.find(answer)
    if loaded is not None:
        _talk_to(ctx, loaded.body)


def _show_contacts(ctx: Context, body: Municipality | None) -> None:
    if body is None:
        ctx.say(message(Heading(HUMAN), *office_phones(ctx.office.municipalities)))
        return
    branch = ctx.answers.get("branch")
    own = next((b.contact for b in body.branches if b.id == branch), None)
    contact = contact_facts(own or body.contact)
    ctx.say(message(Heading(HUMAN), Paragraph(body.name), *contact))


def _municipality_of_booking(ctx: Context) -> Municipality | None:
    """Return the municipality of the dialog's booking, or of the citizen's next one."""
    booking = existing_booking(ctx) or next(iter(ctx.office.upcoming()), None)
    return ctx.office.of_booking(booking).body if booking else None


# Whose a text is


def _in_task(ctx: Context) -> bool:
    """Return whether a task was begun, whose open question a text may answer as well.

    A talk may last longer than what was asked is kept: by its answers, the task is begun still.
    """
    if ctx.state.dialog == ctx.definition.idle:
        return False
    return ctx.open_prompt is not None or bool(ctx.state.answered_by_citizen)


def question_is_lost(ctx: Context) -> bool:
    """Return whether the question of a begun task was erased, so that it is to be asked again."""
    return ctx.open_prompt is None and _in_task(ctx)


def _open_question(ctx: Context) -> str:
    return str(navigation.prompt_key(ctx, navigation.open_step(ctx)))


def _mode(ctx: Context) -> str | None:
    """Return for whom the citizen writes within a task; None where they have to be asked.

    It is the office's while the same question is open, and the task's until the office writes. Who
    has asked for an employee writes the `next` text to the office.
    """
    kind, _space, since = ctx.state.data.get(_MODE, "").partition(" ")
    if kind in ("office", "next"):
        return kind if since == _open_question(ctx) else None
    if kind == "task" and since == str(ctx.office.relay.last_answer()):
        return kind
    return None


def _set_mode(ctx: Context, mode: str) -> None:
    ctx.update(data={**ctx.state.data, _MODE: mode})


def _write_to_office(ctx: Context) -> None:
    _set_mode(ctx, f"office {_open_question(ctx)}")


def _write_to_task(ctx: Context) -> None:
    _set_mode(ctx, f"task {ctx.office.relay.last_answer()}")


def _is_for_dialog(ctx: Context, text: str) -> bool:
    """Return whether a text is a command, or the whole label of a button that is shown."""
    normalized = normalize(text) or text
    shown = ctx.open_prompt.choices if ctx.open_prompt else ()
    if text.startswith("/") or any(
        normalized == normalize(label) for choice in shown for label in choice.labels.values()
    ):
        return True
    polite = ctx.lexicon.words(POLITE)
    return any(
        find_phrase(text, ctx.lexicon.words(command.words), polite)
        for command in ctx.definition.commands
        if command.name in TO_DIALOG and command.words and command.typed(ctx)
    )


def pass_on(ctx: Context, text: str) -> Text | None:
    """Return what is said to a text that goes to the office alone; None for the dialog's.

    The open question stays as it is; where none is, and nothing was answered, no task's is asked
    afterwards.
    """
    if not is_for_office(ctx) or _is_for_dialog(ctx, text):
        return None
    if refusal := _refusal(ctx, text):
        return refusal
    office = ctx.office.relay.office()
    if office is None:
        return None
    begun = ctx.open_prompt is not None or _in_task(ctx)
    if not begun and ctx.definition.is_entry(ctx.state.dialog):
        navigation.end_dialog(ctx)  # the conversation was forgotten, or the office wrote first
    if _mode(ctx) == "next":
        _set_mode(ctx, "")
    return texts.to_office(office) if ctx.office.relay.send(text) else texts.not_sent(office)


def hears_no_file(ctx: Context) -> bool:
    """Return whether a file, a voice message or such would be for the office, if it could be."""
    return is_for_office(ctx)


def is_for_office(ctx: Context) -> bool:
    """Return whether a text that is typed now is the office's."""
    if not ctx.office.relay.is_open or ctx.office.is_for_caller or ctx.state.interruption:
        return False
    return not _in_task(ctx) or _mode(ctx) in ("office", "next")


def is_next_alone(ctx: Context) -> bool:
    """Return whether the next text alone is the office's, and then the task goes on."""
    return _in_task(ctx) and _mode(ctx) == "next"


def _refusal(ctx: Context, text: str) -> Text | None:
    if not text:  # of blanks alone, as a page's form may be
        return interpreter.EMPTY
    if len(text.encode("utf-16-le", "replace")) > 2 * MAX_TEXT:
        return texts.too_long(MAX_TEXT)
    return None if ctx.office.relay.may_write() else texts.TOO_FAST


def ask_whose(ctx: Context, text: str) -> bool:
    """Ask whose a text is that was typed in the middle of a task; return False where it is clear.

    It is kept with the thread, where it is erased with the others.
    """
    if not ctx.office.relay.is_open or ctx.office.is_for_caller or ctx.state.interruption:
        return False
    if not _in_task(ctx) or _mode(ctx) is not None or _is_for_dialog(ctx, text):
        return False
    if refusal := _refusal(ctx, text):
        ctx.say(refusal)
        return True
    kept = ctx.office.relay.keep(text)
    if kept is not None:
        ctx.update(interruption=Interruption(WHOSE, answers={"text": str(kept)}))
    return kept is not None


def _ask_whose(_ctx: Context) -> Prompt:
    return Prompt(
        _("Is what you wrote for an employee, or the answer to my question?"),
        [
            Choice("office", _("For an employee"), _("office, employee")),
            Choice("task", _("Answer to the question"), _("this, here, task, answer")),
        ],
        expected=_(
            "Please say first for whom your message before is. I haven't taken this one yet."
        ),
    )


def _take_whose(ctx: Context, answer: str) -> EffectOutcome:
    relay, interruption = ctx.office.relay, ctx.state.interruption
    number = int(interruption.answers["text"]) if interruption else 0
    ctx.update(interruption=None)
    if answer == "office":
        office = relay.office()
        if office is None or not relay.send_kept(number):
            relay.drop_kept(number)
            ctx.say(texts.CLOSED_MEANWHILE)
            return None
        _write_to_office(ctx)
        ctx.say(texts.to_office(office))
        return None
    text = relay.take_kept(number)
    if text is None:
        return None
    _write_to_task(ctx)
    ctx.open_prompt = None  # whose buttons aren't those of the question that it answers
    return interpreter.on_text(ctx, TextInput(text), new=False, stale=False)


def tell_of_kept(ctx: Context, left: Interruption) -> None:
    """Tell the citizen of a text that was kept, where they left the question whose it is."""
    if left.step == WHOSE and ctx.office.relay.drop_kept(int(left.answers["text"])):
        ctx.say(texts.NOT_TAKEN)


def end_talk(ctx: Context, _argument: str) -> None:
    """End the conversation with the office, and say so."""
    office = ctx.office.relay.office()
    ctx.office.relay.close()
    if ctx.state.interruption and ctx.state.interruption.step == WHOSE:
        ctx.update(interruption=None)
    ctx.say(texts.ended(office) if office else texts.CLOSED_ALREADY)


def _to_task(ctx: Context, _argument: str) -> None:
    _write_to_task(ctx)
    ctx.say(
        _("What you write from now on is for: {task}", task=navigation.current_dialog(ctx).label)
    )


def _writes_to_office(ctx: Context) -> bool:
    return ctx.office.relay.is_open and _in_task(ctx) and _mode(ctx) in ("office", "next")


END_TALK = Command(
    name="end_talk",
    label=_("End the conversation with the office"),
    words=_("menu, main menu, end, end the conversation, end conversation"),
    run=end_talk,
    shown="always",
    applies=lambda ctx: ctx.office.relay.is_open,
    typed=lambda ctx: ctx.office.relay.is_open,
)
TO_TASK = Command(
    name="to_task",
    label=_("Go on with this here"),
    words=_("go on, continue"),
    run=_to_task,
    shown="always",
    applies=_writes_to_office,
    typed=_writes_to_office,
)
COMMANDS = (END_TALK, TO_TASK)
"""The commands of an open thread."""

STEPS = (
    Step(OFFICE, _("Office"), _ask_office, effect=_take_office, automatic=False),
    Step(WHOSE, _("For whom"), _ask_whose, effect=_take_whose, automatic=False),
)
"""The questions that interrupt a dialog."""
