"""A turn: one inbound message and its replies, in one transaction."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy.orm import Session

from bot import calls, conversation_state
from bot.context import (
    AlreadyBegun,
    Services,
    UnknownConversation,
    build_context,
    earlier_prompt,
    load_conversation,
    open_prompt,
)
from bot.conversation_state import TransportState
from bot.i18n.translator import Translator
from bot.messages import LINK_CHOICE, Inbound, Reply, Sender
from bot.ordering import is_double_tap, is_of_answered_album, is_overtaken, missed_question
from bot.parting import leave_dialogs
from bot.platforms.base import Platform
from bot.platforms.push_layout import adapt_replies, previous_question
from bot.replies import build_replies, build_reply
from bot.text_turns import answer_no_more, payer
from bot.to_office import said_to_office
from bot.turn_records import outbox_messages, record
from bot.views.call import tell
from bot.views.notification import is_news
from bot.views.open_question import with_question
from core.db.events import record_event
from core.db.models import Citizen
from core.errors import RetryTransaction
from core.i18n import Text
from core.messaging import arrival_order, conversations, outbox
from core.messaging.conversations import StoredConversation
from core.messaging.reminders import forget_preferences
from core.messaging.text_budget import MOST_FROM_A_DAY, count_received
from core.staff import alerts, relay_upkeep
from dialogs import relay
from dialogs.booking.for_caller import CALLER
from dialogs.context import Context
from dialogs.engine import navigation
from dialogs.engine.engine import EARLY, Result, advance
from dialogs.engine.inputs import (
    CommandInput,
    Input,
    LinkInput,
    OpenedInput,
    TapInput,
    TextInput,
    UnreadableInput,
)
from dialogs.engine.state import State
from dialogs.nlu.fields import parse_phone
from dialogs.nlu.parsed import ParseFailure

KEEP_CALLERS = timedelta(days=1)
"""The time for which the answers of a caller are kept in the conversation of a member of staff."""


def receive(
    session: Session, services: Services, inbound: Inbound, came: datetime | None = None
) -> list[Reply]:
    """Answer a message; for one that came before, return the stored replies, changing nothing.

    On a platform that pushes, the replies go into the outbox. `came` is when the message arrived,
    where it may have waited since. Raises UnknownConversation, AlreadyBegun, RetryTransaction.
    """
    now = services.clock()
    if inbound.call:
        inbound = calls.with_own_address(session, inbound, now)
    account, address, message_id = inbound.account, inbound.address, inbound.message_id
    found = conversations.find(session, account, address, message_id, lock=True)
    if inbound.hung_up:
        if found:
            calls.hang_up(session, inbound, found, now + services.keep_answers)
        return []
    if found is None:
        if not inbound.may_create_contact:
            raise UnknownConversation
        if conversations.has_ended(session, account, address):
            raise AlreadyBegun
        found = conversations.create(session, account, address, now)
    if found.inbound_id is not None:
        if inbound.number:
            arrival_order.clear(session, found.id, inbound.number)
        record_event(session, "turn", inbound.platform, "repeated")
        return [Reply.model_validate(reply) for reply in found.replies or []]
    if inbound.starts_conversation and found.state:
        raise AlreadyBegun
    if inbound.number and not arrival_order.is_next(session, found.id, inbound.number, now):
        raise RetryTransaction
    services.registry.refresh(session)
    state, transport = conversation_state.load(found.state, found.language, found.timezone)
    if is_double_tap(transport, inbound, now) or is_of_answered_album(transport, inbound):
        record(session, found, inbound, None, [], now)
        record_event(session, "turn", inbound.platform, "repeated")
        return []
    if inbound.from_phone:
        count = count_received(session, services.registry, inbound.address, now)
        if count > MOST_FROM_A_DAY:
            is_first = count == MOST_FROM_A_DAY + 1
            return answer_no_more(session, services, inbound, found, is_first=is_first)
    return _answer(session, services, inbound, found, state, transport, came)


def _answer(
    session: Session,
    services: Services,
    inbound: Inbound,
    found: StoredConversation,
    state: State,
    transport: TransportState,
    came: datetime | None,
) -> list[Reply]:
    """Advance the conversation by a message that is new and in order."""
    platform = services.platforms.get(inbound.account)
    found = _store_proof(session, services, inbound, found)
    state, transport = _apply_stated(state, transport, inbound)
    if inbound.begins:
        state = calls.begin(state, transport, services.clock())
    ctx = build_context(session, services, inbound, found, transport, state, came)
    ctx.open_prompt, now = open_prompt(session, found, state), ctx.now
    said, missed, state = said_to_office(ctx, inbound), None, ctx.state
    if said is not None:
        if brief := _brief_answer(session, services, inbound, found, ctx, transport, said):
            return brief
        ctx.say(said)
        received: Input = OpenedInput()
    elif inbound.tells is not None:
        received = tell(session, services, inbound, ctx)
    else:
        missed = missed_question(session, services, transport, inbound, came)
        received = _engine_input(session, found, inbound, state, missed)
    result = advance(state, received, ctx)
    for name, *kinds in result.events:
        record_event(session, name, *kinds)

    language = result.state.language
    replies = build_replies(_texts_of(services, ctx), result.messages, result.question, language)
    replaced: Mapping[int, int] = {}
    if platform:
        tapped = result.tapped if _is_of_prompt(inbound, state) else None
        before = None
        if platform.can_edit and transport.asked_by:
            before = previous_question(session, transport.asked_by)
        replies, replaced = adapt_replies(
            session,
            services.registry,
            services.texts,
            platform,
            before,
            replies,
            tapped=tapped,
            same=result.same_question,
        )
        replies = [transport.fit(reply) for reply in replies]
        if inbound.from_phone:
            town = payer(ctx.office, result.state, state) or inbound.municipality_id
            replies = [reply.model_copy(update={"payer": town}) for reply in replies]
    if ctx.office.joining.has_parted:
        leave_dialogs(session, found.citizen_id)
    if ctx.office.left_caller:
        conversations.erase_messages(session, [found.contact_id])
    _store_prompt(session, found.id, result, now)
    number = record(session, found, inbound, result.tapped, replies, now)
    transport = _next_transport(services, transport, inbound, state, result, number, missed)
    conversations.save(
        session,
        found,
        language=result.state.language,
        timezone=result.state.timezone,
        state=conversation_state.dump(result.state, transport),
        forget_at=now + _kept_for(services, result.state),
    )
    if platform and not inbound.reply_in_response:
        messages = outbox_messages(inbound, found, number, replies, replaced, now)
        outbox.enqueue(session, services.registry.accounts, messages, now)
    record_event(session, "turn", inbound.platform, "answered")
    return replies


def _texts_of(services: Services, ctx: Context) -> Translator:
    """Return the texts as they are written, or said on the telephone."""
    return services.spoken if ctx.spoken else services.texts


def _brief_answer(
    session: Session,
    services: Services,
    inbound: Inbound,
    found: StoredConversation,
    ctx: Context,
    transport: TransportState,
    said: Text,
) -> list[Reply]:
    """Answer a message that is for the office, and leave the open question as it is.

    Where a chat keeps its buttons above, nothing else is said. Elsewhere the answer has those of
    the open question, for a later message hides them. Where it has to be asked, return nothing.
    """
    if relay.question_is_lost(ctx):
        return []
    state, now = ctx.state, ctx.now
    platform = services.platforms.get(inbound.account)
    reply = build_reply(services.texts, [said], state.language)
    if platform is None or not platform.can_edit:
        if (asked := with_question(session, services, ctx, found, reply)) is None:
            return []
        reply = asked
    elif not state.number:
        return []
    reply = transport.fit(reply)
    number = record(session, found, inbound, None, [reply], now, relay.MAX_TEXT)
    if inbound.number and not is_overtaken(transport, inbound, now):
        transport = replace(transport, last_number=inbound.number, last_number_at=now.timestamp())
    conversations.save(
        session,
        found,
        language=state.language,
        timezone=state.timezone,
        state=conversation_state.dump(state, replace(transport, tapped="", tapped_at=0)),
        forget_at=now + _kept_for(services, state),
    )
    if platform and not inbound.reply_in_response:
        messages = outbox_messages(inbound, found, number, [reply], {}, now)
        outbox.enqueue(session, services.registry.accounts, messages, now)
    record_event(session, "turn", inbound.platform, "relayed")
    return [reply]


def _kept_for(services: Services, state: State) -> timedelta:
    """Return how long a conversation's answers are kept after its last message."""
    is_for_caller = state.dialog == CALLER.name
    return min(services.keep_answers, KEEP_CALLERS) if is_for_caller else services.keep_answers


def preview(session: Session, services: Services, inbound: Inbound) -> list[Reply]:
    """Return the replies that a conversation's first message would get; write nothing."""
    found = conversations.NOT_STORED
    state, transport = conversation_state.load(found.state, found.language, found.timezone)
    state, transport = _apply_stated(state, transport, inbound)
    ctx = build_context(session, services, inbound, found, transport, state)
    result = advance(state, _engine_input(session, found, inbound, state, None), ctx)
    return build_replies(services.texts, result.messages, result.question, result.state.language)


def _store_proof(
    session: Session, services: Services, inbound: Inbound, found: StoredConversation
) -> StoredConversation:
    """Store that the sender has proven to have the number that the message is, or is from."""
    if not inbound.proves_phone and (not inbound.from_phone or found.proven_phone):
        return found
    own = parse_phone((inbound.text or "") if inbound.proves_phone else inbound.address)
    if isinstance(own, ParseFailure):
        return found
    return conversations.prove_phone(session, found, services.registry.keyed_hash(own.value))


def _apply_stated(
    state: State, transport: TransportState, inbound: Inbound
) -> tuple[State, TransportState]:
    """Return both states with the language, time zone and so on that the message states."""
    # A browser visits the pages of several; a bot may have become a municipality's own since.
    if transport.municipality_id != inbound.municipality_id:
        transport = replace(transport, municipality_id=inbound.municipality_id)
    if inbound.app_version and inbound.app_version != transport.app_version:
        transport = replace(transport, app_version=inbound.app_version)
    if inbound.unicode is not None:
        transport = replace(transport, unicode=inbound.unicode)
    if inbound.language and inbound.language != transport.stated_language:
        transport = replace(transport, stated_language=inbound.language)
        state = replace(state, language=inbound.language)
    if inbound.timezone and inbound.timezone != transport.stated_timezone:
        transport = replace(transport, stated_timezone=inbound.timezone)
        state = replace(state, timezone=inbound.timezone)
    return state, transport


def _engine_input(
    session: Session,
    found: StoredConversation,
    inbound: Inbound,
    state: State,
    missed: Text | None,
) -> Input:
    """Return the engine's input for a message; a tap on an older prompt brings that prompt."""
    if inbound.choice is not None and inbound.choice.startswith(LINK_CHOICE):
        return LinkInput(inbound.choice.removeprefix(LINK_CHOICE))
    if inbound.choice is not None:
        number = inbound.choice.partition(".")[0]
        old = None
        known = number.isascii() and number.isdigit() and len(number) < 10
        if known and int(number) != state.number:
            old = earlier_prompt(session, found, int(number))
        return TapInput(inbound.choice, old)
    is_contact = inbound.proves_phone or inbound.unread == "contact"
    if is_contact and state.dialog == CALLER.name:
        return UnreadableInput("callers_contact")
    if inbound.text is not None:
        return TextInput(inbound.text, missed, early=missed == EARLY)
    if inbound.unread is not None:
        return UnreadableInput(inbound.unread)
    if inbound.link is not None:
        return LinkInput(inbound.link)
    if inbound.command is not None:
        return CommandInput(inbound.command)
    return OpenedInput(begins=inbound.begins)


def _is_of_prompt(inbound: Inbound, state: State) -> bool:
    """Return whether the message is a tap on a button of the open question."""
    return inbound.choice is not None and inbound.choice.startswith(f"{state.number}.")


def _store_prompt(session: Session, conversation_id: int, result: Result, now: datetime) -> None:
    asked = result.question.stored
    choices = [choice.dump() for choice in asked.choices]
    conversations.add_prompt(session, conversation_id, asked.number, str(asked.key), choices, now)


def _next_transport(
    services: Services,
    transport: TransportState,
    inbound: Inbound,
    before: State,
    result: Result,
    number: int,
    missed: Text | None,
) -> TransportState:
    """Return the transport's state after this turn; `number` is the inbound row's."""
    at = (now := services.clock()).timestamp()
    platform: Platform | None = services.platforms.get(inbound.account)
    if inbound.number and not is_overtaken(transport, inbound, now):
        transport = replace(transport, last_number=inbound.number, last_number_at=at)
    if inbound.call:
        transport = replace(transport, call=inbound.call, called_at=at)
    if inbound.album:
        transport = replace(transport, album=inbound.album)
    if platform and platform.can_edit:
        transport = replace(transport, asked_by=number)
    if platform and inbound.choice and _is_of_prompt(inbound, before):
        transport = replace(transport, tapped=inbound.choice, tapped_at=at)
    elif transport.tapped:
        transport = replace(transport, tapped="", tapped_at=0)
    # After a text that came too early the question counts as new, so that clocks which differ
    # can't refuse every answer.
    if transport.open_since is None or not result.same_question:
        transport = replace(transport, open_since=at, opened_by=number, asked_again_by=0)
    elif missed == EARLY:
        transport = replace(transport, open_since=at, asked_again_by=number)
    return transport


def forget(session: Session, services: Services, sender: Sender) -> None:
    """Erase a conversation's messages, answers, known details and preferences, and end it.

    Its address leads to nothing from then on. Chats that are joined with it go on, with bookings,
    which stay in any case, and preferences.
    """
    loaded = load_conversation(session, services, sender, lock=True)
    if loaded is None:
        return
    found, registry, now = loaded.found, services.registry, services.clock()
    navigation.end_dialog(loaded.ctx)
    loaded.ctx.office.joining.end()
    if not loaded.ctx.office.joining.others():
        forget_preferences(session, registry, found.citizen_id, now)
    conversations.erase_messages(session, [found.contact_id])
    relay_upkeep.erase_of_contacts(session, registry, [found.contact_id], now)
    session.get_one(Citizen, found.citizen_id).details = {}
    state, language, zone = conversation_state.reset(found.state), found.language, found.timezone
    conversations.save(
        session, found, language=language, timezone=zone, state=state, forget_at=None
    )
    conversations.end(session, found.id, now)
    news = partial(is_news, session, services)
    alerts.redirect_or_call(session, registry, found.citizen_id, now, news)
