"""The open question, under what is said beside it: its buttons, as they are now."""

from sqlalchemy.orm import Session

from bot.context import Services
from bot.messages import Reply, ReplyChoice
from core.messaging import conversations
from core.messaging.conversations import StoredConversation
from dialogs import relay
from dialogs.context import Context
from dialogs.engine.command import visible_commands


def with_question(
    session: Session, services: Services, ctx: Context, found: StoredConversation, reply: Reply
) -> Reply | None:
    """Return a reply with the buttons of the open question; None once that is erased."""
    asked = open_question(session, services, ctx, found)
    update = {
        "text": reply.text,
        "blocks": reply.blocks,
        "brief": "",
        "spoken": "",
        "booking": None,
    }
    return asked.model_copy(update=update) if asked else None


def open_question(
    session: Session, services: Services, ctx: Context, found: StoredConversation
) -> Reply | None:
    """Return the open question with the buttons that apply now; None once it is erased."""
    last = conversations.last_replies(session, found.id)
    return with_thread_buttons(services, ctx, Reply.model_validate(last[-1])) if last else None


def with_thread_buttons(services: Services, ctx: Context, asked: Reply) -> Reply:
    """Return the open question with those buttons of a thread that apply now.

    It was asked before the office opened the thread, or closed it.
    """
    prefix = f"{ctx.state.number}."
    if not any(choice.id.startswith(prefix) for choice in asked.choices):
        return asked  # it isn't open any more
    own = {f"{prefix}{command.name}" for command in relay.COMMANDS}
    choices = [choice for choice in asked.choices if choice.id not in own]
    shown = {f"{prefix}{command.name}" for command in visible_commands(ctx)}
    place = next((i for i, each in enumerate(choices) if each.id in shown), len(choices))
    choices[place:place] = [
        ReplyChoice(
            id=f"{prefix}{command.name}", label=services.texts.say(command.label, asked.language)
        )
        for command in relay.COMMANDS
        if command.applies(ctx)
    ]
    return asked.model_copy(update={"choices": choices})
