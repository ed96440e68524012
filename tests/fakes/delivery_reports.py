"""Reports of mail servers on e-mails that they took, as different ones write them (RFC 3464)."""

from collections.abc import Mapping

from tests.fakes.smtp_server import Received

GONE = "smtp; 550 5.1.1 <{to}>: Recipient address rejected: User unknown"

HEADERS, WHOLE, NOTHING = "text/rfc822-headers", "message/rfc822", ""


def report_on(
    got: Received,
    *,
    status: str = "5.1.1",
    action: str = "failed",
    diagnostic: str = GONE,
    returned: str = WHOLE,
    **more: str,
) -> bytes:
    """Return the report on an e-mail to its sender, which returns all of it, or its headers."""
    (to,) = got.recipients
    head, _blank, _body = got.content.partition(b"\r\n\r\n")
    copy = {WHOLE: got.content, HEADERS: head + b"\r\n", NOTHING: b""}[returned]
    fields = {
        "Final-Recipient": f"rfc822; {to}",
        "Action": action,
        "Status": status,
        "Remote-MTA": "dns; mx.example.gr",
        "Diagnostic-Code": diagnostic.format(to=to),
    } | {name.replace("_", "-"): value for name, value in more.items()}
    return report(got.sender, fields, returned, copy)


def report(to: str, fields: Mapping[str, str], returned: str = "", copy: bytes = b"") -> bytes:
    """Return a report to an address, with the fields of its recipient."""
    said = "\r\n".join(f"{name}: {value}" for name, value in fields.items() if value)
    parts = [
        "Content-Type: text/plain; charset=utf-8\r\n\r\n"
        f"Το μήνυμά σας δεν παραδόθηκε.\r\n\r\n{said}\r\n".encode(),
        "Content-Type: message/delivery-status\r\n\r\n"
        f"Reporting-MTA: dns; mail.my-town.gr\r\n\r\n{said}\r\n".encode(),
    ]
    if returned:
        parts.append(f"Content-Type: {returned}\r\n\r\n".encode() + copy)
    body = b"".join(b"--=_x\r\n" + part + b"\r\n" for part in parts)
    head = (
        "From: Mail Delivery System <MAILER-DAEMON@mail.my-town.gr>\r\n"
        f"To: {to}\r\nSubject: Undelivered Mail Returned to Sender\r\n"
        "Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="=_x"\r\n\r\n'
    )
    return head.encode() + body + b"--=_x--\r\n"


ABSENCE = (
    "From: maria@example.gr\r\nTo: rantevou@town.gr\r\nSubject: Απουσιάζω\r\n"
    "Auto-Submitted: auto-replied\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
    "Επιστρέφω τη Δευτέρα.\r\n"
).encode()
"""A mail that is no report."""
