"""One message in, its replies out, in one transaction."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from bot.platforms.platform import Platform
from bot.replies import Inbound, Reply, Sender
from bot.shaping import shaped, standing
from bot.texts import Texts
from core import conversations, outbox, waiting
from core.actor import Actor
from core.errors import LostRace
from core.notices import REPLY
from core.office import Office
from core.tables import Citizen
from core.tally import note
from core.text import Phrase
from dialogs import flow
from dialogs.engine import DIALOGS, EARLY, LATE, turn
from dialogs.fold import clean
from dialogs.hear import LONGEST
from dialogs.state import State
from dialogs.step import Context

OVERTAKEN = timedelta(hours=1)
"""How much later a message may come than one written after it. Platforms may count anew."""


DOUBLE_TAP = timedelta(seconds=5)
"""Within which the same button is tapped twice by mistake, where we answer later."""


class UnknownConversation(Exception):
    """No conversation has that address."""


class AlreadyBegun(Exception):
    """The message that began a conversation came again, too late for its replies to be known."""


@dataclass(frozen=True)
class House:
    """What a turn needs besides the message: all of it passed in, so that stories replay.

    `platforms` are those that push, by account.
    """

    office: Office
    texts: Texts
    clock: Callable[[], datetime]
    choose: Callable[[Sequence[str]], str]
    keep_answers: timedelta = timedelta(days=30)
    platforms: Mapping[str, Platform] = field(default_factory=dict)


def receive(
    session: Session, house: House, inbound: Inbound, came: datetime | None = None
) -> list[Reply]:
    """Answer a message. One that came before gets the same replies, and changes nothing.

    What a platform that pushes is answered is owed to it. `came` is when the message did, where it
    may have waited since. Raises UnknownConversation, AlreadyBegun, LostRace.
    """
    now = house.clock()
    account, address, message_id = inbound.account, inbound.address, inbound.message_id
    found = conversations.find(session, account, address, message_id, lock=True)
    if found is None:
        if not inbound.opens:
            raise UnknownConversation
        found = conversations.open_new(session, account, address, now)
    if found.replies is not None:
        if inbound.number:
            waiting.over(session, found.id, inbound.number)
        note(session, "turn", inbound.platform, "repeated")
        return [Reply.model_validate(reply) for reply in found.replies]
    if inbound.begins and found.state:
        raise AlreadyBegun
    if inbound.number and not waiting.is_next(session, found.id, inbound.number, now):
        raise LostRace
    return _turn(session, house, inbound, found, came)


def _turn(
    session: Session,
    house: House,
    inbound: Inbound,
    found: conversations.Found,
    came: datetime | None,
) -> list[Reply]:
    """Take a message that is new and whose turn it is."""
    now, account = house.clock(), inbound.account
    house.office.refresh(session)
    state = State.model_validate(found.state)
    lately = now.timestamp() < state.tapped_at + DOUBLE_TAP.total_seconds()
    if inbound.choice and inbound.choice == state.tapped and lately:
        # A finger that came down twice: what it wanted is on its way.
        _noted(session, found, inbound, None, [], now)
        note(session, "turn", inbound.platform, "repeated")
        return []
    language, timezone = _of_the_page(house, state, inbound, found)
    ctx = _context(session, house, inbound, found, state, language, timezone)
    platform = house.platforms.get(account)
    before = None
    if platform and platform.edits and state.asked_by:
        before = standing(session, state.asked_by)
    of_before = inbound.choice is not None and inbound.choice.startswith(f"{state.number}.")
    overtaken = _overtaken(state, inbound, now)
    missed = None
    if inbound.text is not None:
        missed = LATE if overtaken else _missed(session, house, state, inbound, came)
    question = turn(
        ctx,
        inbound.text,
        inbound.choice,
        missed=missed,
        unread=inbound.unread,
        link=inbound.link,
        command=inbound.command,
    )
    replies = house.texts.replies(ctx.said, question, ctx.language, ctx.shown)
    replaced: Mapping[int, int] = {}
    if platform:
        tapped, same = ctx.heard if of_before else None, state.open_since is not None
        replies, replaced = shaped(ctx, platform, before, replies, tapped=tapped, same=same)
    number = _noted(session, found, inbound, ctx.heard, replies, now)
    if inbound.number and not overtaken:
        state.heard, state.heard_at = inbound.number, now.timestamp()
    if platform and platform.edits:
        state.asked_by = number
    state.tapped = inbound.choice or "" if platform and of_before else ""
    state.tapped_at = now.timestamp() if state.tapped else 0
    # What missed its question is as if asked anew: clocks that differ refuse nobody for ever.
    if state.open_since is None or missed == EARLY:
        state.open_since, state.opened_by = house.clock().timestamp(), number
    conversations.keep(
        session,
        found.id,
        language=ctx.language,
        timezone=ctx.timezone,
        state=state.model_dump(exclude_defaults=True),
        forget_at=now + house.keep_answers,
    )
    if platform and not inbound.at_once:
        owed = _owed(inbound, found, number, replies, replaced, now)
        outbox.post(session, house.office, owed, now)
    note(session, "turn", inbound.platform, "answered")
    return replies


def _of_the_page(
    house: House, state: State, inbound: Inbound, found: conversations.Found
) -> tuple[str, str]:
    """Language and time zone; what the page or the app says of them counts when it changes."""
    if state.number == 0 or inbound.account in house.platforms:
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
    found: conversations.Found,
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
        said = heard or clean(inbound.text or "")[:LONGEST]
    return conversations.answered(
        session, found, inbound.account, inbound.message_id, said, stored, now
    )


def _overtaken(state: State, inbound: Inbound, now: datetime) -> bool:
    """Whether a message that was written later was taken already."""
    lately = now.timestamp() < state.heard_at + OVERTAKEN.total_seconds()
    return bool(inbound.number and inbound.number < state.heard and lately)


def _missed(
    session: Session, house: House, state: State, inbound: Inbound, came: datetime | None
) -> Phrase | None:
    """Why a text is no answer to the question that is open now, if it isn't. Raises LostRace."""
    if came and state.open_since and came.timestamp() < state.open_since:
        return EARLY
    if inbound.account not in house.platforms:  # an answer is seen as soon as it is given
        return None
    seen = outbox.was_before(session, state.opened_by, inbound.in_chat, house.clock())
    return None if seen else EARLY


def _owed(
    inbound: Inbound,
    found: conversations.Found,
    number: int,
    replies: Sequence[Reply],
    replaced: Mapping[int, int],
    now: datetime,
) -> list[outbox.Owed]:
    recipient = f"contact {found.contact_id}"
    return [
        outbox.Owed(
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


def forget(session: Session, house: House, sender: Sender) -> None:
    """Erase what was said in a conversation; bookings stay."""
    known = opened(session, house, sender, lock=True)
    if known is None:
        return
    found, ctx = known
    flow.leave(ctx)
    conversations.forget_said(session, found.citizen_id)
    session.get_one(Citizen, found.citizen_id).details = {}
    conversations.keep(
        session,
        found.id,
        language=found.language,
        timezone=found.timezone,
        state=ctx.state.emptied().model_dump(exclude_defaults=True),
        forget_at=None,
    )


def opened(
    session: Session, house: House, sender: Sender, *, lock: bool = False
) -> tuple[conversations.Found, Context] | None:
    """The sender's conversation as it stands, if there is one; locked by whoever changes it."""
    found = conversations.find(session, sender.account, sender.address, lock=lock)
    if found is None:
        return None
    house.office.refresh(session)
    return found, context_of(session, house, sender, found)


def context_of(
    session: Session, house: House, sender: Sender, found: conversations.Found
) -> Context:
    """What the dialogs work in, as the conversation was left."""
    state = State.model_validate(found.state)
    return _context(session, house, sender, found, state, found.language, found.timezone)


def _context(
    session: Session,
    house: House,
    sender: Sender,
    found: conversations.Found,
    state: State,
    language: str,
    timezone: str,
) -> Context:
    return Context(
        session=session,
        office=house.office,
        texts=house.texts,
        now=house.clock(),
        actor=Actor(
            citizen_id=found.citizen_id,
            platform=sender.platform,
            language=language,
            timezone=timezone,
            network=sender.network,
            contact_id=found.contact_id,
            account=sender.account,
        ),
        state=state,
        language=language,
        timezone=timezone,
        conversation_id=found.id,
        sources=[f"contact {found.contact_id}", *([sender.network] if sender.network else [])],
        known=found.known,
        choose=house.choose,
        dialogs=DIALOGS,
    )
