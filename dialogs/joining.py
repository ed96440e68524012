"""Going on in another app: two chats of one person are joined, and parted again.

The first chat gives a link, and asks for the number that the other shows. The other asks whether to
join, and shows it. These questions interrupt what is under way, which goes on afterwards. Why it is
so is said in `core/bookings/joining/requests.py`.
"""

import re
from collections.abc import Callable, Mapping

from core.bookings.joining.citizen_joining import Opened
from core.bookings.joining.requests import Written
from core.i18n import TextTemplate, _
from dialogs.booking.for_caller import CALLER
from dialogs.booking.selection import existing_booking, municipality
from dialogs.context import Command, Context, Step
from dialogs.engine import navigation
from dialogs.engine.inputs import Input, TapInput, TextInput
from dialogs.engine.outcomes import EffectOutcome, InvalidAnswer, TakeOutcome
from dialogs.engine.prompts import Choice, Prompt, yes_no_choices
from dialogs.engine.state import Interruption
from dialogs.messages import joining as texts
from dialogs.messages.platforms import name_of
from dialogs.nlu.lexicon import NO, POLITE, YES
from dialogs.nlu.matching import find_phrase

WHERE, NUMBER, SURE, PARTING = "join_where", "join_number", "join_sure", "join_part"

KEEPS = frozenset({"book", CALLER.name, "menu"})
"""The dialogs that are about no booking made before, and go on in chats that are parted."""

_NOT_DIGITS = re.compile(r"[\s.·-]")


def _accounts(ctx: Context) -> Mapping[str, str]:
    """Return the accounts in which this citizen can go on, by platform."""
    if ctx.office.is_for_caller:
        return {}
    body = municipality(ctx)
    booking = existing_booking(ctx) or next(iter(ctx.office.upcoming()), None)
    if body is not None:
        return ctx.office.joining.accounts(body.id)
    return ctx.office.joining.accounts(booking.municipality_id if booking else None)


def _go_on(platform: str | None = None) -> Callable[[Context, str], None]:
    """Return the command to go on in a platform's app, or in one that is asked for."""

    def run(ctx: Context, _argument: str) -> None:
        found = _accounts(ctx)
        wanted = [each for each in found if platform in (None, each)]
        if ctx.office.is_for_caller:
            ctx.say(texts.NOT_FOR_CALLER)
        elif len(wanted) == 1:
            _give_link(ctx, wanted[0])
        elif wanted:
            ctx.update(interruption=Interruption(WHERE))
        else:
            ctx.say(texts.NOT_THERE if found else texts.NOWHERE)

    return run


def _ask_where(ctx: Context) -> Prompt:
    return Prompt(
        texts.ASK_WHERE,
        [Choice(each, name_of(each)) for each in _accounts(ctx)],
        expected=_("Please pick one of the answers below."),
    )


def _give_link(ctx: Context, platform: str) -> None:
    """Give a link to that platform's app, and ask for the number that is shown there."""
    account = _accounts(ctx).get(platform)
    url = ctx.office.joining.ask(account) if account else None
    if url is None:
        ctx.update(interruption=None)
        ctx.say(texts.NOT_THERE)
        return
    ctx.update(interruption=Interruption(NUMBER, answers={"platform": platform}))
    ctx.say(texts.link_there(platform, url))


def _ask_number(ctx: Context) -> Prompt:
    interruption = ctx.state.interruption
    platform = interruption.answers["platform"] if interruption else ""
    return Prompt(texts.ask_number(platform), free=True, names="whole")


def _take_number(_ctx: Context, text: str) -> TakeOutcome:
    digits = _NOT_DIGITS.sub("", text)
    return digits if re.fullmatch(r"[0-9]{6}", digits) else InvalidAnswer(texts.EXPECTED)


def _write_number(ctx: Context, number: str) -> EffectOutcome:
    written, platform = ctx.office.joining.write_number(number)
    if written is Written.NOT_SHOWN:
        return InvalidAnswer(texts.NOT_SHOWN)
    if written is Written.WRONG:
        return InvalidAnswer(texts.wrong_number(ctx.office.joining.tries_left()))
    ctx.update(interruption=None)
    if written is Written.RIGHT:
        ctx.say(texts.joined(platform))
    else:
        ctx.say(texts.SPENT if written is Written.SPENT else texts.OVER)
    return None


def leave_when_over(ctx: Context, received: Input) -> None:
    """End the question for the number, or whether to join, once it is of no use.

    Say so; but of the latter only to who answers it, as it may be days ago.
    """
    interruption, joining = ctx.state.interruption, ctx.office.joining
    if _asks_number(interruption) and not joining.is_waiting():
        joining.end()
        ctx.update(interruption=None)
        ctx.say(texts.OVER)
    elif interruption and interruption.step == SURE:
        state, _first = joining.opened(_token(ctx))
        if state is not Opened.CAN_JOIN:
            ctx.update(interruption=None)
            if _says_yes_or_no(ctx, received):
                ctx.say(texts.REFUSALS[state])


def _says_yes_or_no(ctx: Context, received: Input) -> bool:
    if isinstance(received, TapInput):
        return received.id in (f"{ctx.state.number}.yes", f"{ctx.state.number}.no")
    if not isinstance(received, TextInput):
        return False
    words, polite = ctx.lexicon.words(YES) | ctx.lexicon.words(NO), ctx.lexicon.words(POLITE)
    shown = ctx.open_prompt.choices if ctx.open_prompt else ()
    labels = {label for each in shown if not each.action for label in each.labels.values()}
    return received.text in labels or find_phrase(received.text, words, polite) is not None


def tell_of_left(ctx: Context, left: Interruption) -> None:
    """End the request of a question for the number that was left otherwise, and say so."""
    if _asks_number(left) and not _asks_number(ctx.state.interruption):
        if ctx.office.joining.is_waiting():
            ctx.say(texts.LEFT)
        ctx.office.joining.end()


def _asks_number(interruption: Interruption | None) -> bool:
    return interruption is not None and interruption.step == NUMBER


def follow_join(ctx: Context, token: str) -> None:
    """Ask whether to join this chat with the one that a link comes from, if that is possible."""
    if ctx.office.is_for_caller:
        ctx.say(texts.NOT_FOR_CALLER)
        return
    state, _first = ctx.office.joining.opened(token)
    if state is Opened.CAN_JOIN:
        ctx.update(interruption=Interruption(SURE, answers={"token": token}))
    else:
        ctx.say(texts.REFUSALS[state])


def _token(ctx: Context) -> str:
    return ctx.state.interruption.answers["token"] if ctx.state.interruption else ""


def _ask_to_join(ctx: Context) -> Prompt:
    _state, first = ctx.office.joining.opened(_token(ctx))
    return Prompt(
        texts.ask_to_join(first, ctx.zone) if first else texts.REFUSALS[Opened.OVER],
        yes_no_choices(_("Yes, that chat is mine"), _("No, don't join them")),
        names="whole",
    )


def _answer_to_join(ctx: Context, answer: str) -> None:
    token = _token(ctx)
    ctx.update(interruption=None)
    if answer == "no":
        ctx.say(texts.NOT_JOINED)
        return
    _state, first = ctx.office.joining.opened(token)
    state, number = ctx.office.joining.show_number(token)
    if number and first:
        ctx.say(texts.show_number(number, first.platform))
    else:
        ctx.say(texts.REFUSALS[state])


def _part(ctx: Context, _argument: str) -> None:
    if ctx.office.is_for_caller:
        ctx.say(texts.NOT_FOR_CALLER)
    elif ctx.office.joining.others():
        ctx.update(interruption=Interruption(PARTING))
    else:
        ctx.say(texts.IS_ALONE)


def _ask_to_part(ctx: Context) -> Prompt:
    return Prompt(
        texts.ask_to_part(ctx.office.joining.others()),
        yes_no_choices(_("Yes, part them"), _("No, leave them joined")),
        names="whole",
    )


def _answer_to_part(ctx: Context, answer: str) -> None:
    ctx.update(interruption=None)
    if answer == "no":
        ctx.say(texts.NOT_PARTED)
    elif not ctx.office.joining.part():  # the others were parted from it meanwhile
        ctx.say(texts.IS_ALONE)
    else:
        if ctx.state.dialog not in KEEPS:
            navigation.end_dialog(ctx)  # it may be about an appointment that stays there
        kept = [(ctx.office.of_booking(each), each) for each in ctx.office.upcoming()]
        ctx.say(texts.parted_here(kept, ctx.zone))


def _can_go_on(ctx: Context) -> bool:
    return bool(_accounts(ctx))


def _words(platform: str) -> TextTemplate:
    """Return the words by which to go on in the app of a platform."""
    words = {
        "telegram": _("continue in telegram, continue on telegram, go on in telegram"),
        "viber": _("continue in viber, continue on viber, go on in viber"),
        "webchat": _("continue on the page, continue on the website, continue in the web chat"),
    }
    return words[platform]


COMMANDS = (
    Command(
        name="join",
        label=texts.CONTINUE,
        words=_(
            "continue elsewhere, continue in another app, go on in another app, join chats, "
            "join my chats, join the chats"
        ),
        run=_go_on(),
        applies=_can_go_on,
        yields=True,
    ),
    *(
        Command(
            name=f"join_{platform}",
            words=_words(platform),
            run=_go_on(platform),
            shown="never",
            yields=True,
        )
        for platform in ("telegram", "viber", "webchat")
    ),
    Command(
        name="part",
        label=texts.PART,
        words=_("part, part chats, part the chats, part this chat, separate the chats"),
        run=_part,
        applies=lambda ctx: bool(ctx.office.joining.others()),
        yields=True,
    ),
)

STEPS = (
    Step(WHERE, _("App"), _ask_where, effect=_give_link, automatic=False),
    Step(NUMBER, _("Number"), _ask_number, _take_number, effect=_write_number, automatic=False),
    Step(SURE, _("Join the chats"), _ask_to_join, effect=_answer_to_join, automatic=False),
    Step(PARTING, _("Part the chats"), _ask_to_part, effect=_answer_to_part, automatic=False),
)
"""The questions that interrupt a dialog."""
