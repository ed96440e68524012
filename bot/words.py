"""What is owed, put into words when it is sent."""

from sqlalchemy.orm import Session

from bot.appointments import appointment
from bot.conversation import House, context_of, opened
from bot.replies import Reply, Sender
from core.conversations import Found
from core.errors import Refusal
from core.notices import ADDRESSES, REPLY
from core.tables import Booking, Contact, InboundRow, Outgoing
from dialogs.notices import notice
from dialogs.step import Context


def told(ctx: Context, kind: str, booking: Booking, *, plainly: bool = False) -> Reply | None:
    """Say what a message of that kind says of a booking now; None where that is no longer true."""
    said = notice(ctx, kind, booking, plainly=plainly)
    if said is None:
        return None
    return Reply(
        text=ctx.texts.say(said, ctx.language),
        language=ctx.language,
        booking=booking.id if kind != "cancelled" else None,
    )


def worded(session: Session, house: House, row: Outgoing) -> tuple[str, Reply] | None:
    """Give the address that a message goes to, and the message; None where it is owed no more."""
    booking = session.get(Booking, row.booking_id) if row.booking_id else None
    if row.contact_id is None:
        address = booking.details.get(ADDRESSES[row.platform]) if booking else None
        if not booking or not address:
            return None
        reply = told(_attendee(session, house, row, booking), row.kind, booking, plainly=True)
    else:
        address = session.get_one(Contact, row.contact_id).address
        if row.kind == REPLY:
            reply = _reply(session, row)
            if reply and reply.file:
                reply = _filled(session, house, row, address, reply)
        else:
            sender = Sender(platform=row.platform, account=row.account, address=address)
            known = opened(session, house, sender)
            reply = told(known[1], row.kind, booking) if known and booking else None
    return (address, reply) if reply else None


def _reply(session: Session, row: Outgoing) -> Reply | None:
    inbound = session.get(InboundRow, row.inbound_id)
    if inbound is None or row.position is None or row.position >= len(inbound.replies):
        return None  # the citizen has had it erased meanwhile
    return Reply.model_validate(inbound.replies[row.position])


def _filled(
    session: Session, house: House, row: Outgoing, address: str, reply: Reply
) -> Reply | None:
    """A file with its content as it is now; None where the appointment is off by now."""
    sender = Sender(platform=row.platform, account=row.account, address=address)
    try:
        found = appointment(session, house, sender, reply.booking or 0)
    except Refusal:
        return None
    return reply.model_copy(update={"content": found.file}) if found else None


def _attendee(session: Session, house: House, row: Outgoing, booking: Booking) -> Context:
    """What words for somebody need who has no conversation: the language they booked in."""
    nobody = Found(0, 0, booking.citizen_id, booking.language, booking.timezone, {}, None, {})
    sender = Sender(platform=row.platform, account=row.account, address="")
    return context_of(session, house, sender, nobody)
