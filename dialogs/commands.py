"""What can be said at any step, by word or by button."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from core.bookings import service as bookings
from core.catalogue.model import Municipality
from core.i18n import TextTemplate, _, lines
from dialogs.booking.alternatives import existing_booking
from dialogs.engine import navigation
from dialogs.engine.steps import Context, always
from dialogs.menu import set_zone, stop, switch_to
from dialogs.messages.appointment import about_service, contact_lines, link_lines
from dialogs.nlu.lexicon import HELLO
from dialogs.nlu.matching import inflected
from dialogs.nlu.normalize import normalize

NOTHING = TextTemplate("")

FIRST = ("book", "menu")
"""The tasks that begin a conversation: there is nothing before their first question."""


@dataclass(frozen=True, kw_only=True)
class Command:
    """Something to do at any step. `words` pick it, with commas between them.

    Its button is shown always, after "help" only, or by some prompts, and only where it `applies`;
    its words are understood wherever it is `typed`. One that `yields` gives way to a choice of
    that name. More words may follow those of a command that `knows` them.
    """

    name: str
    label: TextTemplate = NOTHING
    words: TextTemplate = NOTHING
    act: Callable[[Context, str], None]
    shown: Literal["always", "help", "never"] = "help"
    applies: Callable[[Context], bool] = always
    typed: Callable[[Context], bool] = always
    yields: bool = False
    knows: Callable[[Context, str], bool] | None = None


def run(ctx: Context, name: str, rest: str) -> None:
    """Do a command; the open question is asked again after it."""
    next(command for command in COMMANDS if command.name == name).act(ctx, rest)


def run_by_name(ctx: Context, name: str) -> None:
    """Do a command by its name instead of its words."""
    found = (each for each in COMMANDS if each.name == name and each.words is not NOTHING)
    command = next((each for each in found if each.typed(ctx)), None)
    if command:
        command.act(ctx, "")
    else:
        ctx.say(_("I don't know that command. Write “help” to see what I can do."))


def buttons(ctx: Context) -> list[Command]:
    """The commands that have a button now."""
    help_wanted = ctx.state.view.get("help")
    return [
        command
        for command in COMMANDS
        if (command.shown == "always" or (help_wanted and command.shown == "help"))
        and command.applies(ctx)
    ]


def _back(ctx: Context, rest: str) -> None:
    if ctx.state.aside is not None:
        ctx.state.aside = None
    elif navigation.back(ctx):
        return
    elif ctx.state.dialog in FIRST:
        ctx.say(_("This is the first question."))
    else:
        navigation.end_dialog(ctx)


def _start_over(ctx: Context, rest: str) -> None:
    dialog = ctx.state.dialog
    navigation.start(ctx, "book" if dialog == "menu" else dialog)
    ctx.say(_("Let's start from the beginning."))


def _stop(ctx: Context, rest: str) -> None:
    """Leave the running task, asking first."""
    if ctx.state.aside == {"ask": "stop"}:
        stop(ctx, "yes")
    elif ctx.state.aside is not None:
        ctx.state.aside = None
    elif ctx.state.path:
        ctx.state.aside = {"ask": "stop"}
    elif ctx.state.dialog in FIRST:
        ctx.say(_("All right. Write to me again whenever you need an appointment."))
    else:
        navigation.end_dialog(ctx)


def _cancel(ctx: Context, rest: str) -> None:
    """Between two tasks, cancel an appointment; in the middle of one, leave it."""
    if ctx.state.dialog in FIRST and not ctx.state.path and ctx.state.aside is None:
        navigation.start(ctx, "cancel")
    else:
        _stop(ctx, rest)


def _help(ctx: Context, rest: str) -> None:
    ctx.state.view = {**ctx.state.view, "help": True}
    ctx.say(
        _(
            "Pick an answer by tapping it, or write its number or its name. "
            "You can also write at any time: “back”, “start over”, “cancel”, “about the service”, "
            "“useful links”, “human”, “my bookings”, “language”, “time zone”."
        )
    )


def _language(ctx: Context, rest: str) -> None:
    ctx.language = "en" if ctx.language == "el" else "el"
    ctx.say(_("From now on I speak English."))


def _to_language(language: str) -> Callable[[Context, str], None]:
    def act(ctx: Context, rest: str) -> None:
        ctx.language = language
        ctx.say(_("From now on I speak English."))

    return act


def _about(ctx: Context, rest: str) -> None:
    body, service = ctx.municipality, ctx.service
    if body is None or service is None:
        ctx.say(_("Pick a service first, and I'll tell you about it."))
    else:
        ctx.say(about_service(body, service, ctx.answers.get("channel")))


def _links(ctx: Context, rest: str) -> None:
    body, service = ctx.municipality, ctx.service
    links = (body.links if body else ()) + (service.links if service else ())
    if links:
        ctx.say(lines(_("Useful links:"), *link_lines(links)))
    else:
        ctx.say(_("Pick a municipality first, and I'll show you its links."))


def _human(ctx: Context, rest: str) -> None:
    body = ctx.municipality or _booked_at(ctx)
    if body is None:
        ways = [lines(m.name, m.contact.phone) for m in ctx.registry.municipalities[:8]]
        ctx.say(lines(_("You can talk to an employee:"), *ways))
        return
    branch = ctx.answers.get("branch")
    own = next((b.contact for b in body.branches if b.id == branch), None)
    ctx.say(
        lines(
            _("You can talk to an employee:"),
            body.name,
            *contact_lines(own or body.contact),
        )
    )


def _booked_at(ctx: Context) -> Municipality | None:
    """The municipality of the booking that is changed, or else of the citizen's next one."""
    booking = existing_booking(ctx)
    if booking is None:
        booking = next(iter(bookings.upcoming(ctx.session, ctx.actor.citizen_id, ctx.now)), None)
    return ctx.registry[booking.municipality_id].body if booking else None


def _zone(ctx: Context, rest: str) -> None:
    found = ctx.texts.zone_called(rest) if rest else None
    if found:
        set_zone(ctx, found)
    else:
        ctx.state.aside = {"ask": "zone"}


def _step_called(ctx: Context, name: str) -> str | None:
    """The answered step that is meant, by its name or label; the shortest label that fits."""
    wanted = set(normalize(name).split()) - ctx.texts.words(ARTICLES)
    found: list[tuple[int, str]] = []
    for step in navigation.current_dialog(ctx).steps(ctx):
        if step.name not in ctx.answers:
            continue
        if step.name == name:
            return name
        labels = {normalize(ctx.texts.say(step.label, code)) for code in ("el", "en")}
        for label in labels | ctx.texts.words(step.words):
            if _means(wanted, label.split()):
                found.append((len(label.split()), step.name))
    return min(found)[1] if found else None


def _means(wanted: set[str], label: list[str]) -> bool:
    """Whether each word is one of the label's, whatever its ending: ώρα, ώρας; ημέρα, ημέρας."""
    return bool(wanted) and all(any(_same(word, part) for part in label) for word in wanted)


def _same(word: str, part: str) -> bool:
    return word[:4] == part[:4] or inflected(word, part)


ARTICLES = _("the, my")


def _change(ctx: Context, rest: str) -> None:
    """Ask an earlier answer again; what doesn't depend on it stays."""
    if rest and (name := _step_called(ctx, rest)):
        navigation.reopen(ctx, name)
    else:
        ctx.state.view = {"changing": True}


def _can_change(ctx: Context) -> bool:
    return ctx.state.aside is None and bool(ctx.state.path)


def _set(ctx: Context, rest: str) -> None:
    """Give earlier steps other answers, such as a channel and a day on which it is free."""
    for pair in rest.split("&"):
        name, _equals, value = pair.partition("=")
        if step := navigation.step_named(ctx, name):
            navigation.reopen(ctx, name)
            navigation.answer(ctx, step, value)


def _view(key: str) -> Callable[[Context, str], None]:
    def act(ctx: Context, rest: str) -> None:
        value: str | int = int(rest) if rest.isdigit() else rest
        ctx.state.view = {key: value} if value != "" else {}

    return act


def _go(dialog: str) -> Callable[[Context, str], None]:
    return lambda ctx, rest: switch_to(ctx, dialog)


def _can_go_back(ctx: Context) -> bool:
    state = ctx.state
    return state.aside is not None or bool(state.path) or state.dialog not in FIRST


def _in_a_task(ctx: Context) -> bool:
    return ctx.state.aside is not None or ctx.state.dialog != "menu"


def _with_code(ctx: Context, rest: str) -> None:
    """Find an appointment that was made elsewhere."""
    navigation.reopen(ctx, "booking")
    ctx.answers["way"] = "code"


def _hello(ctx: Context, rest: str) -> None:
    ctx.say(_("Hello again!"))


def _thanks(ctx: Context, rest: str) -> None:
    ctx.say(_("You're welcome. Take care!"))


COMMANDS = (
    Command(
        name="back",
        label=_("Back"),
        words=_("back, go back, previous, previous question"),
        act=_back,
        shown="always",
        applies=_can_go_back,
    ),
    Command(
        name="start_over",
        label=_("Start over"),
        words=_("start over, start again, restart, from the beginning, from the start"),
        act=_start_over,
        applies=_in_a_task,
    ),
    Command(
        name="stop",
        label=_("Stop"),
        words=_("stop, quit, exit, leave, end"),
        act=_stop,
        yields=True,
        applies=_in_a_task,
    ),
    Command(name="cancel", words=_("cancel"), act=_cancel, shown="never", yields=True),
    Command(
        name="about",
        label=_("About this service"),
        words=_(
            "about, about the service, about this service, documents, what documents do i need, "
            "what do i need, instructions, info"
        ),
        act=_about,
        yields=True,
        applies=lambda ctx: ctx.service is not None,
    ),
    Command(
        name="links",
        label=_("Useful links"),
        words=_("links, useful links"),
        act=_links,
        yields=True,
    ),
    Command(
        name="human",
        label=_("Talk to a human"),
        words=_(
            "human, person, employee, contact, agent, talk to a human, talk to a person, "
            "talk to an employee, talk to someone, speak to someone"
        ),
        act=_human,
        yields=True,
    ),
    Command(
        name="bookings",
        label=_("My bookings"),
        words=_("my bookings, my appointments, my appointment, see my appointment"),
        act=_go("bookings"),
    ),
    Command(
        name="book",
        label=_("New booking"),
        words=_("new booking, new appointment, book, book an appointment"),
        act=_go("book"),
        applies=lambda ctx: ctx.state.dialog != "book",
    ),
    Command(
        name="language",
        label=_("Change language"),
        words=_("language, change language"),
        act=_language,
    ),
    Command(
        name="zone",
        label=_("Time zone"),
        words=_("time zone, timezone, change time zone"),
        act=_zone,
        knows=lambda ctx, rest: ctx.texts.zone_called(rest) is not None,
    ),
    Command(
        name="help",
        label=_("Help"),
        words=_("help, ?, what can i do, options, menu"),
        act=_help,
        shown="always",
    ),
    Command(name="english", words=_("english, in english"), act=_to_language("en"), shown="never"),
    Command(name="greek", words=_("greek, in greek"), act=_to_language("el"), shown="never"),
    Command(name="hello", words=HELLO, act=_hello, shown="never", yields=True),
    Command(
        name="thanks", words=_("thank you, thanks, bye"), act=_thanks, shown="never", yields=True
    ),
    Command(
        name="move",
        words=_("move, move appointment, reschedule, change appointment"),
        act=_go("move"),
        shown="never",
        yields=True,
    ),
    Command(
        name="cancel_booking",
        words=_("cancel appointment, cancel my appointment, cancel booking, cancel my booking"),
        act=_go("cancel"),
        shown="never",
    ),
    Command(
        name="edit",
        words=_("edit, edit details, change details, change my details"),
        act=_go("edit"),
        shown="never",
        yields=True,
    ),
    Command(
        name="withdraw",
        words=_("withdraw consent, withdraw my consent"),
        act=_go("withdraw"),
        shown="never",
    ),
    Command(
        name="change",
        label=_("Change an answer"),
        words=_("change, correct, change an answer, another"),
        act=_change,
        shown="never",
        typed=_can_change,
        yields=True,
        knows=lambda ctx, rest: _step_called(ctx, rest) is not None,
    ),
    Command(name="code", label=_("With a code"), act=_with_code, shown="never"),
    Command(name="set", act=_set, shown="never"),
    Command(name="page", act=_view("page"), shown="never"),
    Command(name="month", act=_view("month"), shown="never"),
    Command(name="all", act=_view("all"), shown="never"),
)
