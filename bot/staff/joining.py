"""A chat becomes a room, an account a member's: by a code. What is said to whoever is neither."""

from datetime import timedelta

from bot.staff.turn import StaffTurn
from bot.staff_messages import StaffAnswer, StaffCommand
from bot.views.staff_alert import area_of
from core.db.models import StaffMember
from core.i18n import _
from core.messaging import conversations
from core.staff import codes, links, rooms

STRANGERS_ANSWERED_EVERY = timedelta(hours=1)
"""The time in which a room has one line at most for people who aren't linked."""

SHOW_YOURSELF = _(
    "I can't see who you are, for you write in the group's name. Please switch off “Remain "
    "anonymous” in your rights as an admin, and write it again."
)
NOT_BOUND = _(
    "No appointments come to this chat any more. To have them come again, ask your manager for a "
    "code, and write here: /bind and the code."
)
STRANGER = _(
    "That is for colleagues who are linked. Ask your manager for a code, and write me here: /link "
    "and the code."
)
STRANGER_IN_ROOM = _(
    "That is for colleagues who are linked. Ask your manager for a code, tap my name, and write me "
    "there: /link and the code."
)
BIND_IN_GROUP = _("Please write that in the group or topic that is to get the appointments.")
LINK_PRIVATELY = _(
    "Please write /link and the code to me privately, never here: tap my name. A code that was "
    "written here is void; please ask for a new one."
)
HOW_TO_BIND = _("Write /bind and the code of twelve digits that you were given.")
HOW_TO_LINK = _("Write /link and the code of twelve digits that you were given.")


JOINING = (StaffCommand.BIND, StaffCommand.LINK)
"""The commands whose code makes a chat a room, or a member known: of whoever isn't known yet."""


def join_by_code(turn: StaffTurn, command: StaffCommand, argument: str) -> StaffAnswer:
    """Bind the chat or link the account by a code. Raises StaffRefused: invalid."""
    bind = command is StaffCommand.BIND
    if turn.inbound.is_private and bind:
        return turn.here(BIND_IN_GROUP)
    if not turn.inbound.is_private and not bind:
        # Others could read it: it must not make one of them a colleague.
        codes.spoil(turn.session, turn.registry, argument, turn.now)
        return turn.here(LINK_PRIVATELY)
    if turn.inbound.address is None:
        return turn.here(SHOW_YOURSELF)
    if not _is_code(argument):
        return turn.here(HOW_TO_BIND if bind else HOW_TO_LINK)
    return _bind(turn, argument) if bind else _link(turn, argument, turn.inbound.address)


def answer_stranger(turn: StaffTurn) -> StaffAnswer:
    """Answer a command in a room of whoever is no member there: privately, where that is possible.

    Else by one line an hour, so that nobody floods the room.
    """
    address, account, room = turn.inbound.address, turn.inbound.account, turn.room
    if address is None:
        return turn.here(SHOW_YOURSELF)
    knows_us = conversations.find(turn.session, account, address) or links.find_member(
        turn.session, turn.registry, account, address
    )
    if knows_us:
        return turn.privately(STRANGER)
    if room is None:
        return turn.silent()
    rooms.lock_chat(turn.session, account, room.chat)
    answered = room.strangers_answered_at
    if answered is not None and turn.now < answered + STRANGERS_ANSWERED_EVERY:
        return turn.silent()
    room.strangers_answered_at = turn.now
    return turn.here(STRANGER_IN_ROOM)


def _is_code(argument: str) -> bool:
    return any(sign.isdigit() for sign in argument)


def _bind(turn: StaffTurn, code: str) -> StaffAnswer:
    inbound = turn.inbound
    room = rooms.bind(
        turn.session,
        turn.registry,
        code,
        turn.now,
        account=inbound.account,
        chat=inbound.chat,
        topic=inbound.topic,
        by=turn.staff,
    )
    what = area_of(turn.registry, room)
    return turn.here(_("Done. Appointments come here from now on: {what}. /help", what=what))


def _link(turn: StaffTurn, code: str, address: str) -> StaffAnswer:
    account = turn.inbound.account
    staff = links.link(
        turn.session, turn.registry, code, turn.now, account=account, address=address
    )
    name = turn.session.get_one(StaffMember, staff.member_id).name
    return turn.here(
        _("Done, {name}: what you tap and write in your chat of appointments counts.", name=name)
    )
