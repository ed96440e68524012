"""One message in, its replies out, in one transaction."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from bot.context import AlreadyBegun, Services, UnknownConversation, build_context, load_context
from bot.messages import Inbound, Reply, Sender
from bot.ordering import is_overtaken, missed_question
from bot.platforms.push_layout import adapt_replies, previous_question
from core.db.events import record_event
from core.db.models import Citizen
from core.errors import RetryTransaction
from core.messaging import arrival_order, conversations, outbox
from core.messaging.notifications import REPLY
from dialogs.engine import navigation
from dialogs.engine.engine import EARLY, LATE, advance
from dialogs.engine.interpreter import MAX_TEXT
from dialogs.engine.state import State
from dialogs.nlu.normalize import clean

DOUBLE_TAP = timedelta(seconds=5)
"""Within which the same button is tapped twice by mistake, where we answer later."""


def receive(
    session: Session, services: Services, inbound: Inbound, came: datetime | None = None
) -> list[Reply]:
    """Answer a message. One that came before gets the same replies, and changes nothing.

    What a platform that pushes is answered is owed to it. `came` is when the message did, where it
    may have waited since. Raises UnknownConversation, AlreadyBegun, LostRace.
    """
    now = services.clock()
    account, address, message_id = inbound.account, inbound.address, inbound.message_id
    found = conversations.find(session, account, address, message_id, lock=True)
    if found is None:
        if not inbound.opens:
            raise UnknownConversation
        found = conversations.create(session, account, address, now)
    if found.replies is not None:
        if inbound.number:
            arrival_order.clear(session, found.id, inbound.number)
        record_event(session, "turn", inbound.platform, "repeated")
        return [Reply.model_validate(reply) for reply in found.replies]
    if inbound.begins and found.state:
        raise AlreadyBegun
    if inbound.number and not arrival_order.is_next(session, found.id, inbound.number, now):
        raise RetryTransaction
    return _turn(session, services, inbound, found, came)


def _turn(
    session: Session,
    services: Services,
    inbound: Inbound,
    found: conversations.StoredConversation,
    came: datetime | None,
) -> list[Reply]:
    """Take a message that is new and whose turn it is."""
    now, account = services.clock(), inbound.account
    services.registry.refresh(session)
    state = State.model_validate(found.state)
    lately = now.timestamp() < state.tapped_at + DOUBLE_TAP.total_seconds()
    if inbound.choice and inbound.choice == state.tapped and lately:
        # A finger that came down twice: what it wanted is on its way.
        _noted(session, found, inbound, None, [], now)
        record_event(session, "turn", inbound.platform, "repeated")
        return []
    language, timezone = _of_the_page(services, state, inbound, found)
    ctx = build_context(session, services, inbound, found, state, language, timezone)
    platform = services.platforms.get(account)
    before = None
    if platform and platform.edits and state.asked_by:
        before = previous_question(session, state.asked_by)
    of_before = inbound.choice is not None and inbound.choice.startswith(f"{state.number}.")
    overtaken = is_overtaken(state, inbound, now)
    missed = None
    if inbound.text is not None:
        missed = LATE if overtaken else missed_question(session, services, state, inbound, came)
    question = advance(
        ctx,
        inbound.text,
        inbound.choice,
        missed=missed,
        unread=inbound.unread,
        link=inbound.link,
        command=inbound.command,
    )
    replies = services.texts.replies(ctx.said, question, ctx.language, ctx.shown)
    replaced: Mapping[int, int] = {}
    if platform:
        tapped, same = ctx.heard if of_before else None, state.open_since is not None
        replies, replaced = adapt_replies(ctx, platform, before, replies, tapped=tapped, same=same)
    number = _noted(session, found, inbound, ctx.heard, replies, now)
    if inbound.number and not overtaken:
        state.heard, state.heard_at = inbound.number, now.timestamp()
    if platform and platform.edits:
        state.asked_by = number
    state.tapped = inbound.choice or "" if platform and of_before else ""
    state.tapped_at = now.timestamp() if state.tapped else 0
    # What missed its question is as if asked anew: clocks that differ refuse nobody for ever.
    if state.open_since is None or missed == EARLY:
        state.open_since, state.opened_by = services.clock().timestamp(), number
    conversations.save(
        session,
        found.id,
        language=ctx.language,
        timezone=ctx.timezone,
        state=state.model_dump(exclude_defaults=True),
        forget_at=now + services.keep_answers,
    )
    if platform and not inbound.at_once:
        owed = _owed(inbound, found, number, replies, replaced, now)
        outbox.enqueue(session, services.registry, owed, now)
    record_event(session, "turn", inbound.platform, "answered")
    return replies


def _of_the_page(
    services: Services, state: State, inbound: Inbound, found: conversations.StoredConversation
) -> tuple[str, str]:
    """Language and time zone; what the page or the app says of them counts when it changes."""
    if state.number == 0 or inbound.account in services.platforms:
        state.home = inbound.home  # a bot may have become a municipality's own since
    language, timezone = found.language, found.timezone
    # The citizen may have asked for another since.
    if inbound.language and inbound.language != state.client_language:
        state.client_language = language = inbound.language
    if inbound.timezone and inbound.timezone != state.client_timezone:
        state.client_timezone = timezone = inbound.timezone
    return language, timezone


def _noted(
    session: Session,
    found: conversations.StoredConversation,
    inbound: Inbound,
    heard: str | None,
    replies: Sequence[Reply],
    now: datetime,
) -> int:
    """Record the message with its replies; its number."""
    stored = [reply.model_dump(mode="json", exclude_defaults=True) for reply in replies]
    # Kept only where a page shows the talk again.
    said = None
    if inbound.platform == "webchat":
        said = heard or clean(inbound.text or "")[:MAX_TEXT]
    return conversations.record_inbound(
        session, found, inbound.account, inbound.message_id, said, stored, now
    )


def _owed(
    inbound: Inbound,
    found: conversations.StoredConversation,
    number: int,
    replies: Sequence[Reply],
    replaced: Mapping[int, int],
    now: datetime,
) -> list[outbox.OutboxMessage]:
    recipient = f"contact {found.contact_id}"
    return [
        outbox.OutboxMessage(
            inbound.account,
            REPLY,
            recipient,
            now,
            f"reply {number}.{position} {recipient}",
            contact_id=found.contact_id,
            booking_id=reply.booking,
            inbound_id=number,
            position=position,
            replaces_id=replaced.get(position),
        )
        for position, reply in enumerate(replies)
    ]


def forget(session: Session, services: Services, sender: Sender) -> None:
    """Erase what was said in a conversation; bookings stay."""
    known = load_context(session, services, sender, lock=True)
    if known is None:
        return
    found, ctx = known
    navigation.end_dialog(ctx)
    conversations.erase_messages(session, found.citizen_id)
    session.get_one(Citizen, found.citizen_id).details = {}
    conversations.save(
        session,
        found.id,
        language=found.language,
        timezone=found.timezone,
        state=ctx.state.reset().model_dump(exclude_defaults=True),
        forget_at=None,
    )
