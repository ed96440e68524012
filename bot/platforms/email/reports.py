"""Reads the reports of mail servers on e-mails that they took (RFC 3464, RFC 3461).

Anybody can write one. With VERP, only those count that go to the tag of their message, which mail
servers alone are told. Else they count by its Message-ID, within the copy that they return. Whoever
was sent an answer to the message, or got it forwarded, knows that, too: so they prove nothing.
"""

import re
from collections.abc import Sequence
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import Compat32
from typing import Literal

from aiosmtplib import SMTPResponseException

from bot.platforms.email.refusals import STATUS, refusal
from bot.platforms.email.settings import EmailAccount
from bot.platforms.email.verp import tag_in
from bot.platforms.webhook import Receipt

LONGEST_HEADER = 1000
"""The most characters of a header that are looked at. A longer one is nobody's, and some patterns,
among them the library's for parameters, take a time that grows with the square of its length."""


class Shortened(Compat32):
    """The policy of headers of which only the beginning is kept."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        """Return name and value of a header."""
        name, value = super().header_source_parse(sourcelines)
        return name, value[:LONGEST_HEADER]


HEADERS = BytesHeaderParser(policy=Shortened())
"""Parses headers, and leaves what follows as it is. A parser of whole mails takes eight seconds for
one of 128 kB that somebody nested deeply."""

MOST = 20
"""The most parts, or recipients, that are looked at: a report has three parts."""

Action = Literal["failed", "delayed"]

ACTIONS: Sequence[Action] = ("failed", "delayed")
"""The actions that are acted on, the most important first: an address may stand for several.

"delivered" isn't: what one of them took may have failed for another, whose report comes later.
"""

DIAGNOSTIC = re.compile(r"\s*smtp\s*;\s*(\d{3})\b[ -]?(.*)", re.IGNORECASE | re.DOTALL)
"""Matches the answer (code, text) of the mail server that refused."""

MESSAGE_ID = re.compile(r"<[0-9a-f]{40}@[\w.-]+>", re.ASCII)
"""Matches a Message-ID of ours. Others have signs that no database takes, such as a zero byte."""


def read_report(content: bytes, settings: EmailAccount) -> Receipt | None:
    """Return the receipt that a mail has, from its beginning at least; None where it has none.

    Its address is that to which the message couldn't be delivered. What is malformed may raise any
    error.
    """
    mail = HEADERS.parsebytes(content)
    if mail.get_content_type() != "multipart/report":
        return None
    parts = _parts(mail)
    found = _recipient(parts.get("message/delivery-status", Message()))
    message = _by_tag(mail, settings) if settings.verp else _by_copy(parts)
    if found is None or message is None:
        return None
    action, fields = found
    named = _words(fields, "Final-Recipient") or _words(fields, "Original-Recipient")
    address = named.partition(";")[2].strip(" <>")
    if action != "failed":
        return Receipt(address, message, action, is_proven=settings.verp)
    refused = refusal("report", _answer(fields))
    return Receipt(
        address, message, action, refused.why, refused.unreachable, is_proven=settings.verp
    )


def _parts(mail: Message) -> dict[str, Message]:
    """Return the first parts of a report by their types."""
    boundary = mail.get_boundary("").encode(errors="surrogateescape")
    delimiter = rb"^--" + re.escape(boundary) + rb"(?:--)?[ \t]*(?:\r?\n|\Z)"
    pieces = re.split(delimiter, _content(mail), maxsplit=MOST, flags=re.MULTILINE)[1:]
    parts = [HEADERS.parsebytes(piece) for piece in pieces]
    return {part.get_content_type(): part for part in reversed(parts)}


def _recipient(status: Message) -> tuple[Action, Message] | None:
    """Return the most important action of a status, and the fields of its recipient."""
    groups = re.split(rb"(?:\r?\n){2,}", _content(status).strip(), maxsplit=MOST)
    by_action = {
        _words(fields, "Action").lower(): fields
        for fields in map(HEADERS.parsebytes, reversed(groups))
    }
    return next(((each, by_action[each]) for each in ACTIONS if each in by_action), None)


def _content(part: Message) -> bytes:
    """Return what follows the headers of a part, decoded."""
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _by_tag(mail: Message, settings: EmailAccount) -> str | None:
    """Return the sender of the message that a report is about, to which the report goes."""
    recipients = " ".join(
        str(value)
        for name in ("To", "Delivered-To", "X-Original-To", "Envelope-To")
        for value in mail.get_all(name, ())
    )
    tag = tag_in(recipients, settings.reports_to)
    return settings.envelope_sender(tag) if tag else None


def _by_copy(parts: dict[str, Message]) -> str | None:
    """Return the Message-ID of the message of which a report returns a copy, or its headers."""
    returned = parts.get("message/rfc822") or parts.get("text/rfc822-headers") or Message()
    found = MESSAGE_ID.search(_words(HEADERS.parsebytes(_content(returned)), "Message-ID"))
    return found[0] if found else None


def _answer(fields: Message) -> SMTPResponseException:
    """Return the answer of the mail server that refused, with the status that the report gives.

    That may be a general one, such as 5.0.0, where the answer itself says more.
    """
    status = STATUS.search(_words(fields, "Status"))
    answer = DIAGNOSTIC.match(_words(fields, "Diagnostic-Code"))
    code, text = (int(answer[1]), answer[2]) if answer else (0, "")
    if status and not (answer and status[0].endswith(".0.0")):
        text = f"{status[0]} {text}"
    if status and code // 100 != int(status[0][0]):
        code = int(status[0][0]) * 100 + 50
    return SMTPResponseException(code, text)


def _words(fields: Message, name: str) -> str:
    """Return the value of a field in one line; "" where there is none."""
    return " ".join(str(fields.get(name, "")).split())
