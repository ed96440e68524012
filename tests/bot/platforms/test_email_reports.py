"""Reports on e-mails that were taken and not delivered, as mail servers write them."""

import time
from base64 import b64encode

import pytest

from bot.platforms.email.reports import read_report
from bot.platforms.email.settings import EmailAccount
from bot.platforms.webhook import Receipt
from tests.fakes.delivery_reports import ABSENCE, GONE, HEADERS, NOTHING, WHOLE, report_on
from tests.fakes.smtp_server import Received

FROM, TO = "rantevou@my-town.gr", "maria@example.gr"
TAG = "0a1b2c3d4e" * 4
ID = f"<{TAG}@my-town.gr>"
SENT = (
    f"From: =?utf-8?b?zpQ=?= <{FROM}>\r\nMessage-ID:\r\n {ID}\r\n"
    f"In-Reply-To: <thread@my-town.gr>\r\nTo: {TO}\r\n\r\nΤο ραντεβού σας\r\n"
).encode()
GOT = Received(FROM, [TO], SENT)


def account(**given: object) -> EmailAccount:
    return EmailAccount.model_validate({"host": "127.0.0.1", "from": FROM, **given})


@pytest.mark.parametrize("returned", [WHOLE, HEADERS])
def test_what_is_quoted_tells_which_message_it_is(returned: str) -> None:
    found = read_report(report_on(GOT, returned=returned), account())
    assert found == Receipt(TO, ID, "failed", "report 550, 5.1.1", True, is_proven=False)


CODES = [
    ("5.1.1", GONE, "report 550, 5.1.1", True),
    ("5.1.2", "X-Postfix; no such domain", "report 550, 5.1.2", True),
    ("5.1.8", "smtp; 550 5.1.8 Bad sender", "report 550, 5.1.8", False),
    ("5.2.1", "smtp; 550 5.2.1 The account is disabled", "report 550, 5.2.1", True),
    ("5.2.2", "smtp; 552 5.2.2 Mailbox full", "report 552, 5.2.2", False),
    ("5.7.1", "smtp; 554 5.7.1 Spam", "report 554, 5.7.1", False),
    ("5.4.4", "X-Postfix; Host or domain name not found", "report 550, 5.4.4", False),
    # Given up by the mail server after days.
    ("4.4.1", "X-Postfix; connection timed out", "report 450, 4.4.1", False),
    ("4.2.2 (over quota)", "smtp; 452 4.2.2 Over quota", "report 452, 4.2.2", False),
    # A general status, as by Exim: what the other mail server answered says more.
    ("5.0.0", "smtp; 550 No such user here", "report 550", True),
    ("5.0.0", "smtp; 550-5.1.1 The account doesn't exist\r\n 550 5.1.1", "report 550, 5.1.1", True),
    ("5.0.0", "smtp; 550 relay not permitted", "report 550", False),
    ("5.0.0", "", "report 550, 5.0.0", False),
    ("", "SMTP;550 5.1.10 RESOLVER.ADR.RecipientNotFound", "report 550, 5.1.10", True),
    ("", "", "report 0", False),
]


@pytest.mark.parametrize(("status", "diagnostic", "why", "unreachable"), CODES)
def test_a_status_says_the_same_as_in_an_answer(
    status: str, diagnostic: str, why: str, unreachable: bool
) -> None:
    found = read_report(report_on(GOT, status=status, diagnostic=diagnostic), account())
    assert found
    assert (found.status, found.why, found.unreachable) == ("failed", why, unreachable)


def test_the_address_that_failed_may_be_another() -> None:
    given = {"Final-Recipient": "RFC822;<anna@else.example>", "Original-Recipient": f"rfc822;{TO}"}
    found = read_report(report_on(GOT, **given), account())
    assert found
    assert found.address == "anna@else.example"
    found = read_report(report_on(GOT, **given | {"Final-Recipient": ""}), account())
    assert found
    assert found.address == TO


def test_a_message_that_is_delayed_has_not_failed() -> None:
    found = read_report(report_on(GOT, action="delayed", status="4.4.1"), account())
    assert found == Receipt(TO, ID, "delayed", is_proven=False)


def test_what_was_delivered_may_fail_after_all() -> None:
    """An address may stand for two mailboxes, of which one took it. We ask for no such reports."""
    for action in ("delivered", "relayed"):
        assert read_report(report_on(GOT, action=action, status="2.0.0"), account()) is None


def test_a_tag_tells_which_message_it_is_where_nothing_is_quoted() -> None:
    settings = account(verp=True, bounces="Bounces@my-town.gr")
    sender = settings.envelope_sender(TAG)
    assert sender == f"Bounces+{TAG}@my-town.gr"
    for to in (sender, sender.upper(), f"<{sender.lower()}>"):
        tagged = Received(to, [TO], SENT)
        found = read_report(report_on(tagged, returned=NOTHING), settings)
        assert found
        assert found.message == sender
        assert found.is_proven
    for to in (f"bounces+{TAG}0@my-town.gr", f"bounces+{TAG[1:]}@my-town.gr", "x@my-town.gr"):
        assert read_report(report_on(Received(to, [TO], SENT)), settings) is None
    # Without the setting, the sender is the same for all, and a tag means nothing.
    assert account(bounces="bounces@my-town.gr").envelope_sender(TAG) == "bounces@my-town.gr"
    untagged = account(bounces="bounces@my-town.gr")
    assert read_report(report_on(Received(sender, [TO], b""), returned=NOTHING), untagged) is None


def test_a_report_that_answers_the_message_need_not_be_of_its_mail_server() -> None:
    content = report_on(GOT, returned=NOTHING)
    for name in ("In-Reply-To", "References"):
        assert read_report(f"{name}: {ID}\r\n".encode() + content, account()) is None


def test_other_mails_are_no_reports() -> None:
    content = report_on(GOT)
    for other in (
        b"",
        ABSENCE,
        SENT,
        content.replace(b"multipart/report", b"multipart/mixed"),
        content.replace(b"message/delivery-status", b"message/disposition-notification"),
        content.replace(b"Action:", b"Aktion:"),
        content.replace(ID.encode(), b"<>"),
        content.replace(ID.encode(), b"<1@my-town.gr>"),
        content.replace(ID.encode(), f"<{TAG}@my\0town.gr>".encode()),
        content[: content.index(b"message/delivery-status")],
    ):
        assert read_report(other, account()) is None
    # Of a long one, only the beginning is known.
    assert read_report(content[: content.index(ID.encode()) + len(ID)], account()) is not None


UNENDING = b"<" + b"@" * 20_000
"""A seventh of what is read of a report. A time that grows with its square is seconds by then."""

SLOW = {
    "answered": b"In-Reply-To: " + UNENDING + b"\r\n" + report_on(GOT, returned=NOTHING),
    "parameters": report_on(GOT).replace(b"/report;", b'/report; x="' + b";" * 40_000),
    "quoted": report_on(GOT, returned=NOTHING).replace(
        b"--=_x--",
        b"--=_x\r\nContent-Type: text/rfc822-headers\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + b64encode(b"Message-ID: " + UNENDING + b"\r\n\r\n")
        + b"\r\n--=_x--",
    ),
}


@pytest.mark.parametrize("made_up", SLOW.values(), ids=SLOW)
def test_what_is_made_up_is_read_at_once(made_up: bytes) -> None:
    began = time.process_time()
    read_report(made_up, account())
    assert time.process_time() - began < 0.5


WRONG: list[dict[str, object]] = [
    {"imap_host": "mail.my-town.gr"},
    {"imap_host": "mail.my-town.gr", "imap_user": "bounces"},
    {"imap_folder": "Reports"},
    {"imap_host": "", "user": "rantevou", "password": "secret"},
    {"verp": True, "bounces": "undelivered-appointments@my-town.gr"},
]


@pytest.mark.parametrize("wrong", WRONG)
def test_wrong_settings_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        account(**wrong)


def test_a_mailbox_is_that_of_the_mail_server_s_user_unless_it_has_its_own() -> None:
    given = {"user": "rantevou", "password": "one", "imap_host": "mail.my-town.gr"}
    mailbox = account(**given).mailbox
    assert mailbox
    assert (mailbox.port, mailbox.user, mailbox.folder) == (993, "rantevou", "INBOX")
    own = {"imap_user": "b", "imap_password": "two", "imap_tls": "starttls"}
    mailbox = account(**given, **own).mailbox
    assert mailbox
    assert (mailbox.port, mailbox.user, mailbox.password.get_secret_value()) == (143, "b", "two")
    assert account().mailbox is None
