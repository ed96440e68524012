"""The messages to a chat about another, joined or parted; the page of a link to join."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.context import Services
from bot.messages import LinkItem, Reply
from bot.platforms import webchat
from bot.replies import build_reply
from core.bookings.joining.citizen_joining import LINK_PREFIX
from core.bookings.joining.requests import opened
from core.bookings.service import upcoming
from core.db.models import Contact, Conversation, OutboxRow
from core.messaging.keys import Cause, MessageKind
from core.messaging.outbox import platform_of
from core.messaging.routes import account_for
from dialogs.messages import joining as texts
from dialogs.messages.platforms import name_of


def render_joining(
    session: Session, services: Services, row: OutboxRow, language: str
) -> Reply | None:
    """Return the news; None where the chats were parted again before it was told."""
    number = Cause.parse(row.dedupe_key, row.recipient).number
    own, other = session.get_one(Contact, row.contact_id), session.get_one(Contact, number)
    platform = platform_of(other.account)
    if row.kind == MessageKind.PARTED:
        chat = select(Conversation.timezone).where(Conversation.contact_id == own.id)
        zone = ZoneInfo(session.scalars(chat).one())
        kept = [
            (services.registry[each.municipality_id], each)
            for each in upcoming(session, own.citizen_id, services.clock())
        ]
        return build_reply(services.texts, [texts.parted_there(platform, kept, zone)], language)
    if own.citizen_id != other.citizen_id:
        return None
    return build_reply(services.texts, [texts.joined(platform)], language)


@dataclass(frozen=True)
class JoinPage:
    """A link to join two chats as its page shows it: where the first one is, and goes on.

    That is the `app`; the page itself for None.
    """

    language: str
    timezone: str
    municipality_id: str | None
    said: str
    app: LinkItem | None


def join_page(session: Session, services: Services, token: str, app: str = "") -> JoinPage | None:
    """Return the page of a link to an `app`, or to the page; None where it leads nowhere.

    Such is one that isn't valid any more. Nothing is changed.
    """
    request = opened(session, token, services.clock())
    if request is None:
        return None
    services.registry.refresh_without_lock(session)
    first = session.get_one(Contact, request.contact_id)
    chat = session.scalars(select(Conversation).where(Conversation.contact_id == first.id)).one()
    here, language = platform_of(first.account), chat.language
    body = request.municipality_id
    if body is not None and body not in services.registry:
        body = None
    if here == (app or webchat.ACCOUNT):
        return None
    link = None
    if app:
        account = account_for(services.registry, app, body or "")
        platform = services.platforms.get(account or "")
        url = platform.chat_link(f"{LINK_PREFIX}{token}") if platform else None
        if url is None:
            return None
        link = LinkItem(label=services.texts.say(name_of(app), language), url=url)
    said = services.texts.say(texts.on_page(here), language)
    return JoinPage(language, chat.timezone, body, said, link)
