"""The answers of a mail server (SMTP, RFC 5321 and 3463), and what they mean for a message."""

import re
from typing import Literal

from aiosmtplib import SMTPResponseException

from core.errors import DeliveryError

STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}\b")
"""Matches the status at the beginning of an answer's text. The rest may name the address."""

SENDERS_FAULT = ("5.1.7", "5.1.8")
"""The statuses of 5.1, of addresses, that are about the sender's."""

NO_SUCH_MAILBOX = (550, 551, 553)
"""The codes for a recipient that isn't there, where an answer has no status."""

Stage = Literal["server", "sender", "recipient", "message", "report"]
"""The stage of a refusal: connecting and signing in, an address, the e-mail; or it came later, in a
report to us, from another mail server."""


def answer_of(refused: SMTPResponseException) -> str:
    """Return code and status of an answer, such as "550, 5.1.1"; without a comma, it would be
    taken for a telephone number, which isn't logged."""
    found = STATUS.match(refused.message.strip())
    return f"{refused.code}, {found[0]}" if found else str(refused.code)


def refusal(stage: Stage, refused: SMTPResponseException) -> DeliveryError:
    """Return what a refusal says of a message: 4xx and what isn't its fault are tried again."""
    why = f"{stage} {answer_of(refused)}"
    if stage in ("server", "sender") or refused.code < 500:
        return DeliveryError(why)
    return DeliveryError(why, for_good=True, unreachable=_is_dead(stage, refused))


def _is_dead(stage: Stage, refused: SMTPResponseException) -> bool:
    """Return whether the address is dead, so that nothing else need be sent there.

    A mail server that isn't meant for us refuses every address; Exim does so without a status.
    """
    text = refused.message.strip()
    if found := STATUS.match(text):
        return found[0] == "5.2.1" or (
            found[0].startswith("5.1.") and found[0] not in SENDERS_FAULT
        )
    is_of_address = stage in ("recipient", "report") and refused.code in NO_SUCH_MAILBOX
    return is_of_address and "relay" not in text.lower()
