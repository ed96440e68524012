"""The policy for messages that may have arrived, for all platforms.

It is so where the platform took too long, the connection broke, or the answer states neither that
the message was taken nor that it wasn't. Where the answer says that it was, it counts as sent.
What a worker was sending when it died is sent again, whatever it is: `outbox.claim`.
"""

from datetime import timedelta
from enum import StrEnum, auto

from bot.messages import Reply
from core.messaging.keys import MessageKind

PAUSE = timedelta(seconds=30)
"""Before the one further try. The messages of the same turn wait for it, those after don't."""


class Part(StrEnum):
    """The part that a message plays in a conversation."""

    QUESTION = auto()
    CLOSING = auto()
    ATTACHMENT = auto()
    APPOINTMENT = auto()
    NOTIFICATION = auto()
    REMARK = auto()


SEND_AGAIN = {
    # Without it the conversation stops. Its buttons act once, whichever copy is tapped.
    Part.QUESTION: True,
    # It edits a message: twice is as once.
    Part.CLOSING: True,
    # The file and the map repeat what the text says.
    Part.ATTACHMENT: False,
    # Who doesn't know that they have an appointment, or that it was moved, misses it.
    Part.APPOINTMENT: True,
    Part.NOTIFICATION: True,
    # A greeting, help, or a list: the question follows it, and can be answered without it.
    Part.REMARK: False,
}
"""True where a double does less harm than silence. So a message is sent twice at most.

More often only where processes die: `core.messaging.outbox.claim`.
"""


def part_of(kind: str, reply: Reply) -> Part:
    """Return what a message of that kind is to its reader."""
    if kind != MessageKind.REPLY:
        return Part.NOTIFICATION
    if reply.closing:
        return Part.CLOSING
    if reply.file or reply.venue:
        return Part.ATTACHMENT
    if reply.step:
        return Part.QUESTION
    return Part.APPOINTMENT if reply.booking else Part.REMARK
